//! What decided a rule: the comparisons that made its `when` come out as it did, each with the values it saw and how
//! far it was from turning. Every part of the condition is evaluated by the engine that evaluates the rule.
//!
//! - here: the condition taken apart, part by part
//! - `render`: an expression as the analyst would write it
//! - `constants`: the values at which a rule may turn
//! - `divisors`: the features that it divides by

mod constants;
mod divisors;
mod render;

use rhai::{AST, Dynamic, Engine, Expr, FnCallExpr, Scope, Stmt};
use serde::Serialize;

use self::render::render;
use super::engine::KNOWN;
use super::syntax_tree::{Function, functions};
use crate::feature::FeatureValue;

pub(super) use constants::constants;
pub(super) use divisors::divisors;

/// Helpers within helpers that a condition is followed into.
const MAX_HELPER_DEPTH: usize = 8;

/// One part of a condition that decided it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// As the rule writes it, for example `op.rodent_episodes_7d >= 1`.
    pub text: String,
    pub holds: bool,
    /// The value of its left side; what is neither number, text nor truth stands as text.
    pub left: FeatureValue,
    /// The value of its right side; nothing for a part that compares nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<FeatureValue>,
    /// By how much the left side would have to change for it to turn; only between numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<f64>,
}

/// The parts that decided `when`: of an *and* that fails the first that fails, of one that holds all; of an *or* the
/// other way round. Nothing if the function is more than a condition, or fails.
pub(super) fn decision(engine: &Engine, ast: &AST, op: &Dynamic) -> Option<Decision> {
    let functions = functions(ast).functions;
    let trace = Trace { engine, ast, functions: &functions };
    let when = functions.iter().find(|function| function.name == "when")?;
    let mut scope = Scope::new();
    scope.push_dynamic(when.parameters.first()?.clone(), op.clone());
    trace.body(&when.body, scope, 0)
}

/// How a condition came out.
#[derive(Debug)]
pub(super) struct Decision {
    pub holds: bool,
    /// The parts that decided it.
    pub comparisons: Vec<Comparison>,
}

impl Decision {
    /// Decided by one part.
    fn by(comparison: Comparison) -> Self {
        Self { holds: comparison.holds, comparisons: vec![comparison] }
    }
}

struct Trace<'a> {
    engine: &'a Engine,
    ast: &'a AST,
    functions: &'a [Function],
}

impl Trace<'_> {
    /// The statements of a function, of which the last gives the answer and the others only name values.
    fn body(&self, statements: &[Stmt], mut scope: Scope<'_>, depth: usize) -> Option<Decision> {
        let (last, before) = statements.split_last()?;
        for statement in before {
            if !matches!(statement, Stmt::Var(..)) {
                return None;
            }
            let ast = AST::new([statement.clone()], self.ast.shared_lib().clone());
            self.engine.run_ast_with_scope(&mut scope, &ast).ok()?;
        }
        self.statement(last, &scope, depth)
    }

    fn statement(&self, statement: &Stmt, scope: &Scope<'_>, depth: usize) -> Option<Decision> {
        match statement {
            Stmt::Expr(expression) => self.condition(expression, scope, depth),
            Stmt::FnCall(call, position) => self.condition(&Expr::FnCall(call.clone(), *position), scope, depth),
            Stmt::Block(block) => self.body(block.statements(), scope.clone(), depth),
            Stmt::If(branches, _) => {
                let Decision { holds, mut comparisons } = self.condition(&branches.expr, scope, depth)?;
                let branch = if holds { &branches.body } else { &branches.branch };
                let inner = self.body(branch.statements(), scope.clone(), depth)?;
                comparisons.extend(inner.comparisons);
                Some(Decision { holds: inner.holds, comparisons })
            }
            _ => None,
        }
    }

    fn condition(&self, condition: &Expr, scope: &Scope<'_>, depth: usize) -> Option<Decision> {
        match condition {
            Expr::And(parts, _) => self.chain(parts, false, scope, depth),
            Expr::Or(parts, _) => self.chain(parts, true, scope, depth),
            Expr::Stmt(block) => self.body(block.statements(), scope.clone(), depth),
            Expr::FnCall(call, _) if call.name == "!" && call.args.len() == 1 => {
                let negated = self.condition(&call.args[0], scope, depth)?;
                Some(Decision { holds: !negated.holds, ..negated })
            }
            Expr::FnCall(call, _) if call.name == KNOWN && call.args.len() == 1 => {
                let value = self.value(&call.args[0], scope)?;
                Some(Decision::by(Comparison { left: shown(&value), ..alone(condition, !value.is_unit()) }))
            }
            Expr::FnCall(call, _) => match sides(call) {
                Some((left, right)) => self.comparison(condition, &call.name, left, right, scope),
                None => self.helper(call, condition, scope, depth),
            },
            _ => self.whole(condition, scope),
        }
    }

    /// `&&` ends at the first part that fails, `||` at the first that holds.
    fn chain(&self, parts: &[Expr], ends_at: bool, scope: &Scope<'_>, depth: usize) -> Option<Decision> {
        let mut all = Vec::new();
        for part in parts {
            let decision = self.condition(part, scope, depth)?;
            if decision.holds == ends_at {
                return Some(decision);
            }
            all.extend(decision.comparisons);
        }
        Some(Decision { holds: !ends_at, comparisons: all })
    }

    fn comparison(
        &self,
        whole: &Expr,
        operator: &str,
        left: &Expr,
        right: &Expr,
        scope: &Scope<'_>,
    ) -> Option<Decision> {
        let holds = self.value(whole, scope)?.as_bool().ok()?;
        let [left, right] = [self.value(left, scope)?, self.value(right, scope)?];
        let distance = distance(operator, holds, &left, &right);
        let sides = Comparison { left: shown(&left), right: Some(shown(&right)), distance, ..alone(whole, holds) };
        Some(Decision::by(sides))
    }

    /// A function of the rule itself is followed into.
    fn helper(&self, call: &FnCallExpr, condition: &Expr, scope: &Scope<'_>, depth: usize) -> Option<Decision> {
        let is_called = |function: &&Function| {
            function.name == *call.name && function.parameters.len() == call.args.len() && depth < MAX_HELPER_DEPTH
        };
        let Some(helper) = self.functions.iter().find(is_called) else { return self.whole(condition, scope) };
        let mut inner = Scope::new();
        for (parameter, argument) in helper.parameters.iter().zip(&call.args) {
            inner.push_dynamic(parameter.clone(), self.value(argument, scope)?);
        }
        self.body(&helper.body, inner, depth + 1).or_else(|| self.whole(condition, scope))
    }

    /// A part that is not taken apart any further.
    fn whole(&self, condition: &Expr, scope: &Scope<'_>) -> Option<Decision> {
        let holds = self.value(condition, scope)?.as_bool().ok()?;
        Some(Decision::by(alone(condition, holds)))
    }

    fn value(&self, expression: &Expr, scope: &Scope<'_>) -> Option<Dynamic> {
        let statement = Stmt::Expr(expression.clone().into());
        let ast = AST::new([statement], self.ast.shared_lib().clone());
        self.engine.eval_ast_with_scope(&mut scope.clone(), &ast).ok()
    }
}

fn alone(condition: &Expr, holds: bool) -> Comparison {
    Comparison { text: render(condition), holds, left: FeatureValue::Bool(holds), right: None, distance: None }
}

/// The two sides of a comparison as it is written; `in` stands in the tree as `contains` with its sides exchanged.
fn sides(call: &FnCallExpr) -> Option<(&Expr, &Expr)> {
    let [first, second] = call.args.as_slice() else { return None };
    match &*call.name {
        "==" | "!=" | "<" | "<=" | ">" | ">=" => Some((first, second)),
        "contains" => Some((second, first)),
        _ => None,
    }
}

/// By how much the left side must change for the comparison to come out the other way; whole numbers move by whole
/// steps.
fn distance(operator: &str, holds: bool, left: &Dynamic, right: &Dynamic) -> Option<f64> {
    let number = |value: &Dynamic| {
        let whole = value.as_int().ok().map(|whole| whole.to_string().parse::<f64>().unwrap_or(f64::NAN));
        whole.or_else(|| value.as_float().ok())
    };
    let gap = (number(left)? - number(right)?).abs();
    let step = if left.is_int() && right.is_int() { 1.0 } else { 0.0 };
    // On the limit itself the first three hold and the others do not.
    let turns_on_the_limit = match operator {
        "<=" | ">=" | "==" => !holds,
        "<" | ">" | "!=" => holds,
        _ => return None,
    };
    Some(if turns_on_the_limit { gap } else { gap + step })
}

fn shown(value: &Dynamic) -> FeatureValue {
    if value.is_unit() {
        FeatureValue::Unknown
    } else if let Ok(truth) = value.as_bool() {
        FeatureValue::Bool(truth)
    } else if let Ok(whole) = value.as_int() {
        FeatureValue::Int(whole)
    } else if let Ok(float) = value.as_float() {
        FeatureValue::Float(float)
    } else {
        FeatureValue::Text(value.to_string().into())
    }
}
