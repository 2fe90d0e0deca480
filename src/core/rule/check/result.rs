//! The last expressions of the four functions, as far as the text alone shows what they give.

use rhai::{Expr, Position, Stmt};
use yujing_base::diagnostic::suggest::{did_you_mean, listed};
use yujing_base::language::{Bilingual, say};

use super::{Checker, LEVEL};
use crate::rule::definition::MAX_POINTS;
use crate::rule::level::Level;

/// Something a function gives.
enum ReturnValue {
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
            for value in given {
                self.result(name, &value);
            }
        }
    }

    fn result(&mut self, function: &str, given: &ReturnValue) {
        let value = match given {
            ReturnValue::Nothing(place) => return self.no_value(function, *place),
            ReturnValue::Value(value) => value,
        };
        let span = self.at(value.start_position());
        let lowest = self.lowest();
        match (function, value) {
            ("points", Expr::FloatConstant(..)) => {
                let message = Bilingual::new("分值应为整数", "points are whole numbers");
                let help = Bilingual::new("请写 20，不写 20.0", "write 20, not 20.0");
                self.problem("rule/result", self.extent(value), message, Some(help));
            }
            ("points", Expr::IntegerConstant(points, _)) if !(lowest..=MAX_POINTS).contains(points) => {
                let message = say!(
                    "{points} 分：规则只能给 {lowest} 至 {MAX_POINTS} 分",
                    "{points} points: a rule gives {lowest} to {MAX_POINTS}"
                );
                let help = (*points < 0).then(Self::how_to_lower);
                self.problem("rule/result", span, message, help);
            }
            (LEVEL, Expr::StringConstant(word, _)) if Level::parse(word).is_none() => {
                let levels = Level::ALL.map(Level::as_str);
                let help = did_you_mean(word, levels).unwrap_or_else(|| {
                    let levels = listed(levels);
                    Bilingual::new(format!("等级有 {}", levels.zh), format!("levels are {}", levels.en))
                });
                let span = span.start..span.start + word.len() + 2;
                let message = say!("没有等级 `{word}`", "there is no level `{word}`");
                self.problem("rule/unknown-level", span, message, Some(help));
            }
            ("because", Expr::Map(parts, _)) => {
                let keys: Vec<_> = parts.0.iter().map(|(key, _)| key.name.as_str()).collect();
                for key in ["zh", "en"].into_iter().filter(|key| !keys.contains(key)) {
                    let message = say!("理由缺少 `{key}`", "the reason has no `{key}`");
                    let help = Bilingual::new(
                        "理由须有两种语言：#{ zh: `…`, en: `…` }",
                        "the reason is given in both languages: #{ zh: `…`, en: `…` }",
                    );
                    self.problem("rule/result", span.clone(), message, Some(help));
                }
            }
            ("when", Expr::IntegerConstant(..) | Expr::FloatConstant(..) | Expr::StringConstant(..))
            | ("points", Expr::StringConstant(..) | Expr::InterpolatedString(..) | Expr::BoolConstant(..))
            | (LEVEL, Expr::IntegerConstant(..) | Expr::FloatConstant(..) | Expr::BoolConstant(..))
            | ("because", Expr::StringConstant(..) | Expr::InterpolatedString(..)) => {
                let wanted = self.wanted_of(function);
                let message = Bilingual::new(
                    format!("`{function}` 应给出 {}", wanted.zh),
                    format!("`{function}` gives {}", wanted.en),
                );
                self.problem("rule/result", span, message, None);
            }
            _ => (),
        }
    }

    /// Reports a function of which some way ends without a value.
    fn no_value(&mut self, function: &str, place: Position) {
        let message = say!("`{function}` 有时不给出结果", "`{function}` does not always give a value");
        let help = match function {
            "when" => Bilingual::new("请以条件或者 `false` 结尾", "end it with a condition, or `false`"),
            "points" => {
                Bilingual::new("请以数字结尾，或者加上 `else { 0 }`", "end it with a number, or add `else { 0 }`")
            }
            LEVEL => Bilingual::new(
                "请以等级结尾，或者加上 `else { \"none\" }`",
                "end it with a level, or add `else { \"none\" }`",
            ),
            _ => Bilingual::new("请以 #{ zh: `…`, en: `…` } 结尾", "end it with #{ zh: `…`, en: `…` }"),
        };
        self.problem("rule/result", self.at(place), message, Some(help));
    }

    /// What a function must give.
    fn wanted_of(&self, function: &str) -> Bilingual {
        let lowest = self.lowest();
        match function {
            "when" => Bilingual::new("true 或者 false", "true or false"),
            "points" => say!("{lowest} 至 {MAX_POINTS} 的整数", "a whole number from {lowest} to {MAX_POINTS}"),
            LEVEL => Bilingual::from("\"none\", \"blue\", \"yellow\", \"orange\", \"red\""),
            _ => Bilingual::from("#{ zh: `…`, en: `…` }"),
        }
    }
}

/// What the last statement of a block gives.
fn last_of(block: &[Stmt], place: Position, given: &mut Vec<ReturnValue>) {
    let last = block.iter().rev().find(|statement| !statement.is_noop());
    match last {
        None => given.push(ReturnValue::Nothing(place)),
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
                given.push(ReturnValue::Nothing(*place));
            }
        }
        Some(Stmt::Var(_, _, place)) => given.push(ReturnValue::Nothing(*place)),
        Some(Stmt::Assignment(parts)) => given.push(ReturnValue::Nothing(parts.0.position())),
        // Returns are collected apart, loops and calls give what only running shows.
        Some(_) => (),
    }
}

fn value_of(expression: &Expr, given: &mut Vec<ReturnValue>) {
    match expression {
        Expr::Stmt(block) => last_of(block.statements(), block.position(), given),
        value => given.push(ReturnValue::Value(value.clone())),
    }
}

/// The values of `return` statements, however deep.
fn returned(statement: &Stmt, given: &mut Vec<ReturnValue>) {
    statement.walk(&mut Vec::new(), &mut |path| {
        if let Some(rhai::ASTNode::Stmt(Stmt::Return(value, flags, place))) = path.last()
            && !flags.contains(rhai::ASTFlags::BREAK)
        {
            match value {
                Some(value) => value_of(value, given),
                None => given.push(ReturnValue::Nothing(*place)),
            }
        }
        true
    });
}
