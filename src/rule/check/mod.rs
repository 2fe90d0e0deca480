//! What the syntax tree of a rule shows before it ever runs.
//!
//! - here: the functions that a rule has, top-level statements, and what a check finds out
//! - `tree`: the functions' bodies, taken out of Rhai's tree
//! - `walk`: every expression: features that exist, values that may be unknown, calls, assignments
//! - `facts`: which features are known where a condition holds
//! - `results`: the last expressions of the four functions

mod facts;
mod results;
pub(in crate::rule) mod tree;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use rhai::{AST, Position};

use self::facts::Facts;
use self::tree::Function;
use super::code;
use super::suggest::did_you_mean;
use crate::diagnostic::{Diagnostic, Diagnostics, offset_of};
use crate::feature::Feature;

/// The functions that a rule must have.
const REQUIRED: [(&str, &str); 3] = [
    ("when", "fn when(op) { op.… >= 1 }"),
    ("points", "fn points(op) { 20 }"),
    ("because", "fn because(op) { #{ zh: `…`, en: `…` } }"),
];
/// The function that it may have besides.
const LEVEL: &str = "level";

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

/// Checks a compiled rule against the catalogue.
pub(super) fn check(file: &Path, text: &str, ast: &AST, features: &[Feature]) -> Result<Checked, Diagnostics> {
    let tree = tree::functions(ast);
    let mut checker = Checker {
        file,
        text,
        code: code::characters(text),
        features,
        places: features.iter().enumerate().map(|(place, feature)| (feature.name.as_str(), place)).collect(),
        functions: &tree.functions,
        checked: Checked::default(),
        problems: Diagnostics::default(),
        told: BTreeSet::new(),
        walked: BTreeSet::new(),
        open_calls: Vec::new(),
    };
    if let Some(stray) = tree.stray {
        checker.problem(
            "rule/top-level",
            checker.at(stray),
            "a statement outside a function would never run",
            Some("put it into `when`, `points`, `level` or `because`"),
        );
    }
    checker.signatures();
    if checker.problems.has_errors() {
        return Err(checker.problems);
    }
    let known_when_fired = checker.entry("when", Facts::new(), true);
    checker.entry("points", known_when_fired.clone(), true);
    if checker.function(LEVEL).is_some() {
        checker.entry(LEVEL, known_when_fired.clone(), true);
        checker.checked.has_level = true;
    }
    checker.entry("because", known_when_fired, false);
    checker.other_functions();
    checker.results();
    checker.problems.into_result(checker.checked)
}

/// A check under way.
struct Checker<'a> {
    file: &'a Path,
    text: &'a str,
    code: Vec<(usize, char)>,
    features: &'a [Feature],
    places: BTreeMap<&'a str, usize>,
    functions: &'a [Function],
    checked: Checked,
    problems: Diagnostics,
    /// Where something was said already: a helper can be walked more than once.
    told: BTreeSet<(usize, &'static str)>,
    /// Functions walked with these parameters as the operator and these features known.
    walked: BTreeSet<(usize, Vec<usize>, Facts)>,
    /// Functions being walked, from the entry inwards.
    open_calls: Vec<usize>,
}

impl Checker<'_> {
    fn function(&self, name: &str) -> Option<usize> {
        self.functions.iter().position(|function| function.name == name)
    }

    fn problem(&mut self, code: &'static str, span: Range<usize>, message: impl Into<String>, help: Option<&str>) {
        if !self.told.insert((span.start, code)) {
            return;
        }
        let problem = Diagnostic::at(code, self.file, self.text, span, message);
        self.problems.push(match help {
            Some(help) => problem.with_help(help),
            None => problem,
        });
    }

    /// The byte at a place of the tree; 0 for a place that the parser did not keep.
    fn offset(&self, position: Position) -> usize {
        match (position.line(), position.position()) {
            (Some(line), Some(column)) => offset_of(self.text, line, column.max(1)),
            _ => 0,
        }
    }

    /// The word or sign at a place of the tree.
    fn at(&self, position: Position) -> Range<usize> {
        let start = self.offset(position);
        let rest = &self.text[start..];
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let first = rest.chars().next().map_or(0, char::len_utf8);
        start..start + word.max(first)
    }

    /// The name in a function's definition, which stands before the `{` that the parser keeps.
    fn name_of(&self, function: &Function) -> Range<usize> {
        let brace = self.offset(function.start);
        let start =
            self.text[..brace].rfind(&format!("fn {}", function.name)).map_or(brace, |found| found + "fn ".len());
        start..start + function.name.len()
    }

    /// The functions are there, under their names, with one parameter each.
    fn signatures(&mut self) {
        let functions = self.functions;
        for function in functions {
            let required = REQUIRED.iter().any(|(name, _)| *name == function.name) || function.name == LEVEL;
            if required && function.parameters.len() != 1 {
                let message = format!("`{}` takes one parameter, the operator", function.name);
                let help = format!("fn {}(op) {{ … }}", function.name);
                self.problem("rule/parameters", self.name_of(function), message, Some(&help));
            }
            if function.name == super::engine::KNOWN {
                let help = "give your function another name";
                self.problem("rule/built-in", self.name_of(function), "`known` is built in", Some(help));
            }
        }
        for (name, example) in REQUIRED {
            if self.function(name).is_some() {
                continue;
            }
            let others = functions.iter().map(|function| function.name.as_str());
            let mut free =
                others.filter(|other| REQUIRED.iter().all(|(required, _)| required != other) && *other != LEVEL);
            let near = free.find(|other| did_you_mean(name, std::iter::once(*other)).is_some());
            let near = near.and_then(|near| functions.iter().find(|function| function.name == near));
            let (span, help) = match near {
                Some(near) => (self.name_of(near), format!("is `{}` meant? Then write {example}", near.name)),
                None => (self.text.len()..self.text.len(), format!("write {example}")),
            };
            let problem =
                Diagnostic::at("rule/function", self.file, self.text, span, format!("the rule has no `{name}`"));
            self.problems.push(problem.with_help(help));
        }
    }

    /// Walks one of the rule's own functions; gives the features known when it gives true.
    fn entry(&mut self, name: &str, known: Facts, is_evidence: bool) -> Facts {
        let Some(function) = self.function(name) else { return known };
        let before = std::mem::take(&mut self.checked.touches);
        let outcome = self.function_body(function, &[0], known);
        if is_evidence {
            self.checked.reads.extend(&self.checked.touches);
        }
        self.checked.touches.extend(before);
        outcome.unwrap_or_default()
    }

    /// Helpers that are not handed the operator are walked for what they call.
    fn other_functions(&mut self) {
        for function in 0..self.functions.len() {
            if !self.walked.iter().any(|(walked, _, _)| *walked == function) {
                self.function_body(function, &[], Facts::new());
            }
        }
    }
}
