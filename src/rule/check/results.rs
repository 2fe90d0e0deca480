//! The last expressions of the four functions, as far as the text alone tells what they give.

use rhai::{Expr, Position, Stmt};

use super::super::suggest::did_you_mean;
use super::{Checker, LEVEL};
use crate::warning::Level;

/// Something a function gives.
enum Given {
    Value(Expr),
    /// The way ends without a value: an `if` without `else`, an empty body.
    Nothing(Position),
}

impl Checker<'_> {
    pub(super) fn results(&mut self) {
        for name in ["when", "points", LEVEL, "because"] {
            let Some(function) = self.function(name) else { continue };
            let functions = self.functions;
            let definition = &functions[function];
            let mut given = Vec::new();
            last_of(&definition.body, definition.start, &mut given);
            for statement in &definition.body {
                returned(statement, &mut given);
            }
            for given in given {
                self.result(name, &given);
            }
        }
    }

    fn result(&mut self, function: &str, given: &Given) {
        let value = match given {
            Given::Nothing(place) => {
                let message = format!("`{function}` does not always give a value");
                let help = match function {
                    "when" => "end it with a condition, or `false`",
                    "points" => "end it with a number, or add `else { 0 }`",
                    LEVEL => "end it with a level, or add `else { \"none\" }`",
                    _ => "end it with #{ zh: `…`, en: `…` }",
                };
                return self.problem("rule/result", self.at(*place), message, Some(help));
            }
            Given::Value(value) => value,
        };
        let span = self.at(value.start_position());
        match (function, value) {
            ("points", Expr::FloatConstant(..)) => {
                let is_number = |c: char| c.is_alphanumeric() || "._".contains(c);
                let digits = self.text[span.start..].chars().take_while(|c| is_number(*c)).count();
                let span = span.start..span.start + digits;
                self.problem("rule/result", span, "points are whole numbers", Some("write 20, not 20.0"));
            }
            ("points", Expr::IntegerConstant(points, _)) if !(0..=100).contains(points) => {
                self.problem("rule/result", span, format!("{points} points: a rule gives 0 to 100"), None);
            }
            (LEVEL, Expr::StringConstant(word, _)) if Level::parse(word).is_none() => {
                let levels = Level::ALL.map(Level::as_str);
                let help = did_you_mean(word, levels.into_iter())
                    .unwrap_or_else(|| format!("levels are {}", levels.map(|level| format!("\"{level}\"")).join(", ")));
                let span = span.start..span.start + word.len() + 2;
                self.problem("rule/unknown-level", span, format!("there is no level `{word}`"), Some(&help));
            }
            ("because", Expr::Map(parts, _)) => {
                let keys: Vec<_> = parts.0.iter().map(|(key, _)| key.name.as_str()).collect();
                for key in ["zh", "en"] {
                    if !keys.contains(&key) {
                        let help = "the reason is given in both languages: #{ zh: `…`, en: `…` }";
                        self.problem("rule/result", span.clone(), format!("the reason has no `{key}`"), Some(help));
                    }
                }
            }
            ("when", Expr::IntegerConstant(..) | Expr::FloatConstant(..) | Expr::StringConstant(..))
            | ("points", Expr::StringConstant(..) | Expr::InterpolatedString(..) | Expr::BoolConstant(..))
            | (LEVEL, Expr::IntegerConstant(..) | Expr::FloatConstant(..) | Expr::BoolConstant(..))
            | ("because", Expr::StringConstant(..) | Expr::InterpolatedString(..)) => {
                let wanted = match function {
                    "when" => "true or false",
                    "points" => "a whole number from 0 to 100",
                    LEVEL => "\"none\", \"blue\", \"yellow\", \"orange\" or \"red\"",
                    _ => "#{ zh: `…`, en: `…` }",
                };
                self.problem("rule/result", span, format!("`{function}` gives {wanted}"), None);
            }
            _ => (),
        }
    }
}

/// What the last statement of a block gives.
fn last_of(block: &[Stmt], place: Position, given: &mut Vec<Given>) {
    let last = block.iter().rev().find(|statement| !statement.is_noop());
    match last {
        None => given.push(Given::Nothing(place)),
        Some(Stmt::Expr(expression)) => value_of(expression, given),
        Some(Stmt::Block(block)) => last_of(block.statements(), block.position(), given),
        Some(Stmt::If(branches, place)) => {
            last_of(branches.body.statements(), branches.body.position().or_else(*place), given);
            last_of(branches.branch.statements(), branches.branch.position().or_else(*place), given);
        }
        Some(Stmt::Switch(parts, place)) => {
            let (_, cases) = &**parts;
            for case in &cases.expressions {
                value_of(&case.rhs, given);
            }
            if cases.def_case.is_none() {
                given.push(Given::Nothing(*place));
            }
        }
        Some(Stmt::Var(_, _, place)) => given.push(Given::Nothing(*place)),
        Some(Stmt::Assignment(parts)) => given.push(Given::Nothing(parts.0.position())),
        // Returns are collected apart, loops and calls give what only running shows.
        Some(_) => (),
    }
}

fn value_of(expression: &Expr, given: &mut Vec<Given>) {
    match expression {
        Expr::Stmt(block) => last_of(block.statements(), block.position(), given),
        value => given.push(Given::Value(value.clone())),
    }
}

/// The values of `return` statements, however deep.
fn returned(statement: &Stmt, given: &mut Vec<Given>) {
    statement.walk(&mut Vec::new(), &mut |path| {
        if let Some(rhai::ASTNode::Stmt(Stmt::Return(value, flags, place))) = path.last()
            && !flags.contains(rhai::ASTFlags::BREAK)
        {
            match value {
                Some(value) => value_of(value, given),
                None => given.push(Given::Nothing(*place)),
            }
        }
        true
    });
}
