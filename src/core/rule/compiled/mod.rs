//! Rules as typed trees: their functions, compiled once from Rhai's syntax tree to what reads features by
//! their places, without maps and without memory of their own but for the words that leave.
//!
//! What comes out is exactly what the interpreter says, or nothing: whatever is no plain expression, and whatever would
//! be an error, is left to it, so that words and kinds of errors are its own. No tree is so large that the interpreter
//! could meet a limit where the tree gives an answer.
//!
//! - `value`, `operator`, `function`: values as rules see them, and what operators and built-in functions make of them
//! - `node`: the tree, and its evaluation
//! - `compiler`, `expression`, `switch`: from Rhai's tree to ours
//! - `thresholds`: the numbers at which a tree turns
//! - `words`: the templates of a finding's words

mod compiler;
mod expression;
mod function;
mod node;
mod operator;
mod switch;
mod thresholds;
mod value;
mod words;

use rhai::{AST, Engine};
use yujing_base::language::Bilingual;

use self::compiler::Compiler;
use self::node::{Frame, Node};
pub(super) use self::thresholds::Thresholds;
use self::value::Value;
use self::words::Words;
use super::engine::Limits;
use super::level::Level;
use super::syntax_tree;
use crate::feature::{Feature, FeatureRow};

/// What a rule is compiled from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub engine: &'a Engine,
    pub limits: &'a Limits,
    pub text: &'a str,
    pub ast: &'a AST,
    /// The catalogue.
    pub features: &'a [Feature],
}

/// The functions of a rule, as far as they can be compiled.
#[derive(Debug)]
pub(super) struct CompiledRule {
    when: Node,
    points: Node,
    level: Node,
    because: Option<Words>,
}

impl CompiledRule {
    pub(super) fn compile(source: &Source<'_>) -> Self {
        let tree = syntax_tree::functions(source.ast);
        // A function that belongs to a type is called otherwise than by its name and parameters.
        let has_methods = source.ast.iter_fn_def().any(|function| function.this_type.is_some());
        let functions = if has_methods { &[] } else { tree.functions.as_slice() };
        let function = |name: &str| Compiler::new(source, functions).function(name).unwrap_or(Node::Interpreted);
        let because = Compiler::new(source, functions).words_of("because");
        Self { when: function("when"), points: function("points"), level: function("level"), because }
    }

    /// What its condition compares these features with; nothing if it does more with one of them, or the interpreter may
    /// have to say.
    pub(super) fn thresholds_of_firing(&self, counters: &[usize]) -> Option<Thresholds> {
        Thresholds::of(&[&self.when], counters)
    }

    /// The same of all that it decides.
    pub(super) fn thresholds(&self, counters: &[usize], has_level: bool) -> Option<Thresholds> {
        let level = has_level.then_some(&self.level);
        let trees: Vec<&Node> = [&self.when, &self.points].into_iter().chain(level).collect();
        Thresholds::of(&trees, counters)
    }

    /// Whether the rule fires; nothing if the interpreter has to say.
    pub(super) fn fires(&self, features: &FeatureRow) -> Option<bool> {
        match answer(&self.when, features)? {
            Value::Bool(fires) => Some(fires),
            _ => None,
        }
    }

    /// How many points it gives; nothing if the interpreter has to say.
    pub(super) fn points(&self, features: &FeatureRow) -> Option<i64> {
        match answer(&self.points, features)? {
            Value::Int(points) => Some(points),
            _ => None,
        }
    }

    /// The lowest level while it fires; nothing if the interpreter has to say.
    pub(super) fn level(&self, features: &FeatureRow) -> Option<Level> {
        match answer(&self.level, features)? {
            Value::Text(word) => Level::parse(word),
            _ => None,
        }
    }

    /// What it says; nothing if the interpreter has to say.
    pub(super) fn because(&self, features: &FeatureRow) -> Option<Bilingual> {
        self.because.as_ref()?.texts(&mut Frame::new(features))
    }
}

fn answer<'a>(function: &'a Node, features: &'a FeatureRow) -> Option<Value<'a>> {
    function.value(&mut Frame::new(features))
}
