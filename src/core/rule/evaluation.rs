//! What a rule says of one operator. Whatever a rule does, it ends, and what it does wrong is returned as a failure
//! (I6).

use std::any::Any;
use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rhai::{CallFnOptions, Dynamic, Engine, EvalAltResult, Map, Scope};
use yujing_base::language::Bilingual;

use super::level::Level;
use super::outcome::{Fired, RuleFailure, RuleOutcome};
use super::script::Script;
use crate::feature::{FeatureRow, FeatureValue};

/// The longest message of a failure, in characters: a rule can throw a text of any content.
const MAX_MESSAGE: usize = 300;

/// The operator as a script sees it: its features at `touched` places of the catalogue.
pub(super) fn operator(names: &[String], touched: &[usize], row: &FeatureRow) -> Dynamic {
    let value = |feature: &usize| (names[*feature].as_str().into(), value_of(row.value(*feature)));
    let values: Map = touched.iter().map(value).collect();
    // Shared, so that handing it to a rule's function copies a pointer; the check lets no rule change it.
    Dynamic::from_map(values).into_shared()
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

/// Asks one rule that is in force, by its place. `names` are those of the catalogue; `words` are those of its finding if they are known already.
pub(super) fn ask(
    engine: &Engine,
    names: &[String],
    script: &Script,
    place: usize,
    row: &FeatureRow,
    words: Option<&Arc<Bilingual>>,
) -> RuleOutcome {
    if let Some(lost) = script.required.iter().find(|feature| *row.value(**feature) == FeatureValue::Unknown) {
        let message = format!("the feature `{}` could not be computed", names[*lost]);
        return RuleOutcome::Failed(RuleFailure { rule: place, kind: "feature", message });
    }
    let call = Call { engine, names, script, row, operator: OnceCell::new(), words };
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

/// One rule and one operator. What decides is asked of the compiled rule, and of the interpreter where that has no
/// answer.
struct Call<'a> {
    engine: &'a Engine,
    names: &'a [String],
    script: &'a Script,
    row: &'a FeatureRow,
    /// The operator as the interpreter sees it, made when it is asked first.
    operator: OnceCell<Dynamic>,
    words: Option<&'a Arc<Bilingual>>,
}

impl Call<'_> {
    fn answer(&self, place: usize) -> Result<Option<Fired>, Failure> {
        if !self.fires()? {
            return Ok(None);
        }
        let points = self.points()?;
        let floor = if self.script.rule.has_level { self.floor()? } else { None };
        let because = match self.words {
            Some(words) => Arc::clone(words),
            None => Arc::new(self.because()?),
        };
        Ok(Some(Fired { rule: place, points, floor, because }))
    }

    fn fires(&self) -> Result<bool, Failure> {
        if let Some(fires) = self.script.compiled.fires(self.row) {
            return Ok(fires);
        }
        let fires = self.call("when")?;
        fires.as_bool().map_err(|_| Failure::wrong_type("when", "true or false", &fires))
    }

    fn points(&self) -> Result<i64, Failure> {
        let allowed = |points: &i64| self.script.points.contains(points);
        if let Some(points) = self.script.compiled.points(self.row).filter(allowed) {
            return Ok(points);
        }
        let points = self.call("points")?;
        points.as_int().ok().filter(allowed).ok_or_else(|| {
            let (least, most) = (self.script.points.start(), self.script.points.end());
            Failure::wrong_type("points", &format!("a whole number from {least} to {most}"), &points)
        })
    }

    fn floor(&self) -> Result<Option<Level>, Failure> {
        let level = match self.script.compiled.level(self.row) {
            Some(level) => level,
            None => self.level()?,
        };
        Ok(Some(level).filter(|level| *level != Level::None))
    }

    fn level(&self) -> Result<Level, Failure> {
        let given = self.call("level")?;
        let level = given.read_lock::<rhai::ImmutableString>().and_then(|word| Level::parse(&word));
        level.ok_or_else(|| Failure::wrong_type("level", "none, blue, yellow, orange or red", &given))
    }

    fn because(&self) -> Result<Bilingual, Failure> {
        let is_said = |text: &String| !text.trim().is_empty();
        let compiled = self.script.compiled.because(self.row);
        if let Some(words) = compiled.filter(|words| is_said(&words.zh) && is_said(&words.en)) {
            return Ok(words);
        }
        let given = self.call("because")?;
        let word = |key: &str| {
            let words = given.read_lock::<Map>()?;
            let text = words.get(key)?.clone().into_string().ok()?;
            Some(text).filter(is_said)
        };
        match (word("zh"), word("en")) {
            (Some(zh), Some(en)) => Ok(Bilingual { zh, en }),
            _ => Err(Failure::wrong_type("because", "a map of two texts, zh and en", &given)),
        }
    }

    fn call(&self, function: &str) -> Result<Dynamic, Failure> {
        let operator = self.operator.get_or_init(|| operator(self.names, &self.script.touches, self.row));
        let options = CallFnOptions::new().eval_ast(false);
        let arguments = (operator.clone(),);
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
