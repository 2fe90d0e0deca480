//! What a rule says of one operator. Whatever a rule does, it ends, and what it does wrong is returned as a failure
//! (I6).

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rhai::{CallFnOptions, Dynamic, Engine, EvalAltResult, Map, Scope};
use yujing_base::language::Bilingual;

use super::level::Level;
use super::outcome::{Fired, RuleFailure, RuleOutcome};
use super::script::Script;
use crate::feature::{FeatureRow, FeatureValue};

/// The longest message of a failure, in characters: a rule can throw a text of any content.
const MAX_MESSAGE: usize = 300;

/// One feature as evaluation needs it.
#[derive(Debug)]
pub(super) struct Column {
    pub name: String,
    pub nullable: bool,
}

/// One operator as rules see it: built once, shared by all of them.
#[derive(Debug)]
pub(super) struct Operator {
    op: Dynamic,
    /// Features that rules need not expect to be unknown but that are, because their SQL failed; sorted.
    lost: Vec<usize>,
}

impl Operator {
    /// The features at `touched` places of the catalogue.
    pub(super) fn new(columns: &[Column], touched: &[usize], row: &FeatureRow) -> Self {
        let mut lost = Vec::new();
        let mut values = Map::new();
        for &feature in touched {
            let column = &columns[feature];
            let value = value_of(row.value(feature));
            if value.is_unit() && !column.nullable {
                lost.push(feature);
            }
            values.insert(column.name.as_str().into(), value);
        }
        // Shared, so that handing it to a rule's function copies a pointer; the check lets no rule change it.
        Self { op: Dynamic::from_map(values).into_shared(), lost }
    }

    /// The operator as a script sees it.
    pub(super) fn value(&self) -> &Dynamic {
        &self.op
    }
}

/// One value of a feature as Rhai sees it; unknown is `()`.
fn value_of(value: &FeatureValue) -> Dynamic {
    match value {
        FeatureValue::Unknown => Dynamic::UNIT,
        FeatureValue::Bool(truth) => (*truth).into(),
        FeatureValue::Int(whole) => (*whole).into(),
        FeatureValue::Float(number) => (*number).into(),
        FeatureValue::Text(text) => (&**text).into(),
    }
}

/// Asks one rule that is in force.
pub(super) fn ask(
    engine: &Engine,
    columns: &[Column],
    script: &Script,
    place: usize,
    operator: &Operator,
) -> RuleOutcome {
    if let Some(&lost) = script.touches.iter().find(|feature| operator.lost.binary_search(feature).is_ok()) {
        let message = format!("the feature `{}` could not be computed", columns[lost].name);
        return RuleOutcome::Failed(RuleFailure { rule: place, kind: "feature", message });
    }
    let call = Call { engine, script, operator };
    match catch_panic(|| call.answer(place)) {
        Ok(Ok(Some(fired))) => RuleOutcome::Fired(fired),
        Ok(Ok(None)) => RuleOutcome::Quiet,
        Ok(Err(Failure { kind, message })) => {
            RuleOutcome::Failed(RuleFailure { rule: place, kind, message: cut(&message) })
        }
        Err(panic) => RuleOutcome::Failed(RuleFailure { rule: place, kind: "panic", message: cut(&panic) }),
    }
}

/// Lets the interpreter work; if it panics, its words.
pub(super) fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panic_text(&*panic))
}

fn cut(message: &str) -> String {
    message.chars().take(MAX_MESSAGE).collect()
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the interpreter panicked: {}", text.unwrap_or("without a message"))
}

struct Failure {
    kind: &'static str,
    message: String,
}

impl Failure {
    fn wrong_type(function: &str, wanted: &str, got: &Dynamic) -> Self {
        let shown = if got.is_unit() { "nothing".to_owned() } else { format!("`{got}` ({})", type_word(got)) };
        Self { kind: "type", message: format!("`{function}` must give {wanted}, it gave {shown}") }
    }
}

fn type_word(value: &Dynamic) -> &'static str {
    match value.type_name() {
        "i64" => "whole number",
        "f64" => "decimal number",
        "string" => "text",
        "bool" => "true or false",
        "array" => "array",
        "map" => "map",
        _ => "another type",
    }
}

/// One rule and one operator.
struct Call<'a> {
    engine: &'a Engine,
    script: &'a Script,
    operator: &'a Operator,
}

impl Call<'_> {
    fn answer(&self, place: usize) -> Result<Option<Fired>, Failure> {
        let fires = self.call("when")?;
        let fires = fires.as_bool().map_err(|_| Failure::wrong_type("when", "true or false", &fires))?;
        if !fires {
            return Ok(None);
        }
        let points = self.call("points")?;
        let points = points.as_int().ok().filter(|points| self.script.points.contains(points)).ok_or_else(|| {
            let (least, most) = (self.script.points.start(), self.script.points.end());
            Failure::wrong_type("points", &format!("a whole number from {least} to {most}"), &points)
        })?;
        let floor = if self.script.rule.has_level { self.floor()? } else { None };
        Ok(Some(Fired { rule: place, points, floor, because: self.because()? }))
    }

    fn floor(&self) -> Result<Option<Level>, Failure> {
        let given = self.call("level")?;
        let level = given.read_lock::<rhai::ImmutableString>().and_then(|word| Level::parse(&word));
        match level {
            None => Err(Failure::wrong_type("level", "none, blue, yellow, orange or red", &given)),
            Some(Level::None) => Ok(None),
            Some(level) => Ok(Some(level)),
        }
    }

    fn because(&self) -> Result<Bilingual, Failure> {
        let given = self.call("because")?;
        let word = |key: &str| {
            let words = given.read_lock::<Map>()?;
            let text = words.get(key)?.clone().into_string().ok()?;
            Some(text).filter(|text| !text.trim().is_empty())
        };
        match (word("zh"), word("en")) {
            (Some(zh), Some(en)) => Ok(Bilingual { zh, en }),
            _ => Err(Failure::wrong_type("because", "a map of two texts, zh and en", &given)),
        }
    }

    fn call(&self, function: &str) -> Result<Dynamic, Failure> {
        let options = CallFnOptions::new().eval_ast(false);
        let arguments = (self.operator.op.clone(),);
        self.engine
            .call_fn_with_options::<Dynamic>(options, &mut Scope::new(), &self.script.ast, function, arguments)
            .map_err(|error| {
                let inner = error.unwrap_inner();
                Failure { kind: kind_of(inner), message: format!("`{function}`: {inner}") }
            })
    }
}

fn kind_of(error: &EvalAltResult) -> &'static str {
    match error {
        EvalAltResult::ErrorTooManyOperations(..)
        | EvalAltResult::ErrorTooManyVariables(..)
        | EvalAltResult::ErrorStackOverflow(..)
        | EvalAltResult::ErrorDataTooLarge(..) => "limit",
        // The check knows every name that is called, so a function not found is one for other types.
        EvalAltResult::ErrorFunctionNotFound(..)
        | EvalAltResult::ErrorMismatchDataType(..)
        | EvalAltResult::ErrorMismatchOutputType(..)
        | EvalAltResult::ErrorIndexingType(..) => "type",
        EvalAltResult::ErrorArithmetic(..) => "arithmetic",
        EvalAltResult::ErrorRuntime(..) => "thrown",
        _ => "other",
    }
}
