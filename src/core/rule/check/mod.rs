//! What the syntax tree of a rule shows before it ever runs.
//!
//! - here: the functions that a rule has, top-level statements, and what a check finds out
//! - `statement`, `expression`, `call`, `condition`, `feature_read`: every statement, expression and call with the
//!   values that it can have: features that exist, values that may be unknown, types that fit
//! - `rounding`: decimals in texts
//! - `values`, `comparison_operator`: what a value can be, and what comparisons make of it
//! - `state`, `narrowing`: what is known at a place, and what a condition adds to it
//! - `position`: places of the tree as bytes of the text
//! - `observation`: what only the whole walk shows: conditions that never hold, branches never reached, points
//! - `result`: the last expressions of the four functions

mod call;
mod comparison_operator;
mod condition;
mod expression;
mod feature_read;
mod narrowing;
mod observation;
mod position;
mod result;
mod rounding;
mod state;
mod statement;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use rhai::{AST, Engine};
use yujing_base::diagnostic::suggest::nearest;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};

use self::observation::Observations;
use self::state::{Evaluated, State};
use self::values::{BoolSet, ValueKind, ValueSet, in_words};
use super::syntax_tree::Function;
use super::{Family, code, syntax_tree};
use crate::feature::Feature;

/// The functions that a rule must have.
const REQUIRED: [(&str, &str); 3] = [
    ("when", "fn when(op) { op.… >= 1 }"),
    ("points", "fn points(op) { 20 }"),
    ("because", "fn because(op) { #{ zh: `…`, en: `…` } }"),
];
/// The function that it may have besides.
const LEVEL: &str = "level";

/// Functions that call each other: more than a rule may nest when it runs.
const MAX_CALL_DEPTH: usize = 16;
/// Expressions evaluated; an ordinary rule needs some hundreds.
const MAX_STEPS: usize = 50_000;
/// What depends on the values that an expression can have: it is not reported where the expression is never reached.
const OF_VALUES: [&str; 4] = ["rule/type", "rule/integer-division", "rule/endless-loop", "rule/unknown-value"];

/// What a rule is checked against.
#[derive(Debug, Clone, Copy)]
pub(super) struct CheckContext<'a> {
    pub engine: &'a Engine,
    pub features: &'a [Feature],
    pub families: &'a BTreeMap<String, Family>,
    /// The names of all rule files, without their ending.
    pub rules: &'a [&'a str],
}

/// What a sound rule reads.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// The features read by `when`, `points` and `level`.
    pub reads: BTreeSet<usize>,
    /// The features read by any function.
    pub touches: BTreeSet<usize>,
    pub has_level: bool,
    /// Warnings only.
    pub warnings: Diagnostics,
}

/// Checks a compiled rule against the catalogue and, where it is known, its family.
pub(super) fn check(
    file: &Path,
    text: &str,
    ast: &AST,
    context: &CheckContext<'_>,
    family: Option<&Family>,
) -> Result<Checked, Diagnostics> {
    let tree = syntax_tree::functions(ast);
    let places = context.features.iter().enumerate().map(|(place, feature)| (feature.name.as_str(), place));
    let mut checker = Checker {
        file,
        text,
        code: code::characters(text),
        engine: context.engine,
        features: context.features,
        rules: context.rules,
        family,
        places: places.collect(),
        functions: &tree.functions,
        checked: Checked::default(),
        problems: Diagnostics::default(),
        reported: BTreeSet::new(),
        walked: BTreeMap::new(),
        walked_as_dead: BTreeSet::new(),
        open_calls: Vec::new(),
        combinations: BTreeMap::new(),
        observed: Observations::default(),
    };
    if let Some(stray) = tree.stray {
        let message = Bilingual::new("函数之外的语句不会执行", "a statement outside a function would never run");
        let help = Bilingual::new(
            "请写进 `when`、`points`、`level` 或者 `because`",
            "put it into `when`, `points`, `level` or `because`",
        );
        checker.problem("rule/top-level", checker.at(stray), message, Some(help));
    }
    checker.signatures();
    if checker.problems.has_errors() {
        return Err(checker.problems);
    }
    checker.functions();
    if checker.problems.has_errors() {
        return Err(checker.problems);
    }
    checker.checked.warnings = checker.problems;
    Ok(checker.checked)
}

/// A call that was walked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct WalkedCall {
    function: usize,
    /// The places of the parameters that are the operator.
    operators: Vec<usize>,
    /// The values of all parameters.
    arguments: Vec<ValueSet>,
    known: State,
}

/// A check under way.
struct Checker<'a> {
    file: &'a Path,
    text: &'a str,
    code: Vec<(usize, char)>,
    engine: &'a Engine,
    features: &'a [Feature],
    rules: &'a [&'a str],
    family: Option<&'a Family>,
    places: BTreeMap<&'a str, usize>,
    functions: &'a [Function],
    checked: Checked,
    problems: Diagnostics,
    /// Where something was said already: a helper can be walked more than once.
    reported: BTreeSet<(usize, &'static str)>,
    walked: BTreeMap<WalkedCall, Evaluated>,
    walked_as_dead: BTreeSet<usize>,
    /// Functions being walked, from the entry inwards.
    open_calls: Vec<usize>,
    /// What operators give for values of two kinds.
    combinations: BTreeMap<(String, ValueKind, ValueKind), ValueSet>,
    observed: Observations,
}

impl Checker<'_> {
    fn function(&self, name: &str) -> Option<usize> {
        self.functions.iter().position(|function| function.name == name)
    }

    fn problem(&mut self, code: &'static str, span: Range<usize>, message: Bilingual, help: Option<Bilingual>) {
        if (self.is_dead_code() && OF_VALUES.contains(&code)) || !self.reported.insert((span.start, code)) {
            return;
        }
        let mut problem = Diagnostic::at(code, self.file, self.text, span, message);
        problem.help = help;
        self.problems.push(problem);
    }

    /// The functions are there, under their names, with one parameter each.
    fn signatures(&mut self) {
        let functions = self.functions;
        for function in functions {
            let name = &function.name;
            let required = REQUIRED.iter().any(|(required, _)| required == name) || name == LEVEL;
            if required && function.parameters.len() != 1 {
                let message = say!("`{name}` 只有一个参数，即监管对象", "`{name}` takes one parameter, the operator");
                let help = format!("fn {name}(op) {{ … }}");
                self.problem("rule/parameters", self.name_of(function), message, Some(help.into()));
            }
            if super::engine::FUNCTIONS.contains(&name.as_str()) {
                let help = Bilingual::new("请给自己的函数另取名称", "give your function another name");
                let message = say!("`{name}` 是内置函数", "`{name}` is built in");
                self.problem("rule/built-in", self.name_of(function), message, Some(help));
            }
        }
        for (name, example) in REQUIRED {
            if self.function(name).is_some() {
                continue;
            }
            let others = functions.iter().map(|function| function.name.as_str());
            let mut free =
                others.filter(|other| REQUIRED.iter().all(|(required, _)| required != other) && *other != LEVEL);
            let near = free.find(|other| nearest(name, [*other]).is_some());
            let near = near.and_then(|near| functions.iter().find(|function| function.name == near));
            let (span, help) = match near {
                Some(near) => {
                    let meant = &near.name;
                    let help = say!("`{meant}` 是否拼错？应写作 {example}", "is `{meant}` meant? Then write {example}");
                    (self.name_of(near), help)
                }
                None => (self.text.len()..self.text.len(), say!("请写 {example}", "write {example}")),
            };
            let message = say!("规则缺少 `{name}`", "the rule has no `{name}`");
            let problem = Diagnostic::at("rule/function", self.file, self.text, span, message);
            self.problems.push(problem.with_help(help));
        }
    }

    /// Walks all functions.
    fn functions(&mut self) {
        let fires = self.entry("when", State::default(), true);
        let read_by_when = !self.checked.reads.is_empty();
        let mut points = ValueSet::any();
        if let Some(fired) = &fires.yes {
            points = self.answers(&fired.of_features());
        } else {
            self.in_dead_code(|checker| checker.answers(&State::default()));
        }
        self.other_functions();
        self.results();
        self.points(&points);
        self.constants();
        self.fires(&fires.value, read_by_when);
    }

    /// Walks the functions that are asked when the rule fires, with what is known then; gives the points.
    fn answers(&mut self, fired: &State) -> ValueSet {
        let points = self.entry("points", fired.clone(), true);
        if self.function(LEVEL).is_some() {
            let level = self.entry(LEVEL, fired.clone(), true).value;
            self.level(&level);
            self.checked.has_level = true;
        }
        self.entry("because", fired.clone(), false);
        points.value
    }

    /// Walks one of the rule's own functions.
    fn entry(&mut self, name: &str, known: State, is_evidence: bool) -> Evaluated {
        let Some(function) = self.function(name) else { return Evaluated::plain(ValueSet::any(), &known) };
        let before = std::mem::take(&mut self.checked.touches);
        let gives = self.function_body(function, &[0], &[ValueSet::other()], known);
        if is_evidence {
            self.checked.reads.extend(&self.checked.touches);
        }
        self.checked.touches.extend(before);
        gives
    }

    /// Whether the rule can fire at all, and whether anything decides it.
    fn fires(&mut self, values: &ValueSet, reads_features: bool) {
        let Some(function) = self.function("when") else { return };
        let span = self.name_of(&self.functions[function]);
        if self.problems.has_errors() {
            return;
        }
        if !values.other && values.truths == BoolSet::NONE && !values.is_nothing() {
            let given = in_words(&values.kinds().unwrap_or_default());
            let message = Bilingual::new(
                format!("`when` 应给出 true 或者 false，这里是{}", given.zh),
                format!("`when` gives true or false, this gives {}", given.en),
            );
            let help = Bilingual::new("请以比较结尾，如 `… >= 1`", "end it with a comparison: `… >= 1`");
            self.problem("rule/result", span, message, Some(help));
        } else if !values.other && !values.truths.yes {
            let message = Bilingual::new("规则永远不会触发", "the rule can never fire");
            let help = Bilingual::new(
                "`when` 对任何监管对象都不会给出 true：请检查其中的条件",
                "`when` gives true for no operator: look at its conditions",
            );
            self.problem("rule/never-fires", span, message, Some(help));
        } else if *values == ValueSet::truths(BoolSet::only(true)) {
            let message = Bilingual::new("规则对任何监管对象都触发", "the rule fires for every operator");
            let help =
                Bilingual::new("`when` 恒为 true：请写明在什么情形下触发", "`when` is always true: say when it fires");
            self.problem("rule/always-fires", span, message, Some(help));
        } else if !reads_features {
            let message = Bilingual::new(
                "触发条件不涉及任何指标，无从列出依据记录",
                "`when` reads no feature, so there is no evidence to show",
            );
            let help = Bilingual::new("请用指标写触发条件", "let features decide");
            self.problem("rule/no-evidence", span, message, Some(help));
        }
    }

    /// A level is a text.
    fn level(&mut self, values: &ValueSet) {
        let Some(function) = self.function(LEVEL) else { return };
        let Some(kinds) = values.kinds().filter(|kinds| !kinds.is_empty() && !kinds.contains(&ValueKind::Text)) else {
            return;
        };
        if !self.problems.has_errors() {
            let given = in_words(&kinds);
            let message = Bilingual::new(
                format!("`level` 应给出等级，这里是{}", given.zh),
                format!("`level` gives a level, this gives {}", given.en),
            );
            let levels = Bilingual::from("\"none\", \"blue\", \"yellow\", \"orange\", \"red\"");
            self.problem("rule/result", self.name_of(&self.functions[function]), message, Some(levels));
        }
    }

    /// Functions that nothing calls are walked for what they call.
    fn other_functions(&mut self) {
        for function in 0..self.functions.len() {
            if self.walked.keys().any(|walked| walked.function == function) || self.walked_as_dead.contains(&function) {
                continue;
            }
            let definition = &self.functions[function];
            let name = &definition.name;
            let message = say!("函数 `{name}` 从未被调用", "the function `{name}` is never called");
            let help = Bilingual::new(
                "请删去，或者在四个函数中调用",
                "take it out, or call it from one of the four functions",
            );
            self.problem("rule/unreachable", self.name_of(definition), message, Some(help));
            let given = vec![ValueSet::any(); definition.parameters.len()];
            self.in_dead_code(|checker| checker.function_body(function, &[], &given, State::default()));
        }
    }
}
