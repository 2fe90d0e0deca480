//! The words of a finding: templates, written straight into the two texts that leave. Only whole numbers, texts and
//! truths are put into them here; how anything else is written the interpreter says.

use std::fmt::Write;

use rhai::{Expr, Stmt};
use yujing_base::language::Bilingual;

use super::compiler::{Compiler, Names};
use super::node::{Frame, Node};
use super::value::Value;
use crate::rule::engine::Limits;

/// What `because` gives.
#[derive(Debug)]
pub(super) enum Words {
    /// A map of two texts.
    Texts {
        zh: Template,
        en: Template,
    },
    /// Behind statements that name values.
    Behind(Box<[Node]>, Box<Words>),
    If(Node, Box<[Words; 2]>),
}

/// A text with values in it.
#[derive(Debug)]
pub(super) struct Template(Box<[Part]>);

#[derive(Debug)]
enum Part {
    Written(Box<str>),
    Value(Node),
    If(Node, [Template; 2]),
}

impl Words {
    /// Both texts; nothing if the interpreter has to say.
    pub(super) fn texts<'a>(&'a self, frame: &mut Frame<'a>) -> Option<Bilingual> {
        match self {
            Self::Texts { zh, en } => {
                let texts = Bilingual { zh: zh.text(frame)?, en: en.text(frame)? };
                let is_small = texts.zh.len() + texts.en.len() <= Limits::SHIPPED.text_bytes;
                is_small.then_some(texts)
            }
            Self::Behind(statements, words) => {
                for statement in statements {
                    statement.value(frame)?;
                }
                words.texts(frame)
            }
            Self::If(condition, branches) => {
                let [then, otherwise] = &**branches;
                if condition.truth(frame)? { then.texts(frame) } else { otherwise.texts(frame) }
            }
        }
    }
}

impl Template {
    fn text<'a>(&'a self, frame: &mut Frame<'a>) -> Option<String> {
        let mut text = String::with_capacity(256);
        self.write(frame, &mut text)?;
        Some(text)
    }

    fn write<'a>(&'a self, frame: &mut Frame<'a>, text: &mut String) -> Option<()> {
        for part in &self.0 {
            match part {
                Part::Written(words) => text.push_str(words),
                Part::Value(node) => match node.value(frame)? {
                    Value::Int(whole) => write!(text, "{whole}").ok()?,
                    Value::Text(value) => text.push_str(value),
                    Value::Bool(truth) => write!(text, "{truth}").ok()?,
                    Value::Unit | Value::Float(_) => return None,
                },
                Part::If(condition, [then, otherwise]) => {
                    let branch = if condition.truth(frame)? { then } else { otherwise };
                    branch.write(frame, text)?;
                }
            }
        }
        Some(())
    }
}

impl Compiler<'_> {
    /// The words that a block of statements gives; nothing if they are no templates.
    pub(super) fn words(&mut self, statements: &[Stmt], names: &mut Names) -> Option<Words> {
        self.count(statements.len());
        let (last, before) = statements.split_last()?;
        let before: Box<[Node]> = before.iter().map(|statement| self.statement(statement, names)).collect();
        let words = match last {
            Stmt::Expr(expression) => self.texts(expression, names)?,
            Stmt::If(branches, _) => {
                let condition = self.expression(&branches.expr, names);
                let mut branch = |block: &rhai::StmtBlock| {
                    self.within(names, |compiler, names| compiler.words(block.statements(), names))
                };
                Words::If(condition, Box::new([branch(&branches.body)?, branch(&branches.branch)?]))
            }
            _ => return None,
        };
        Some(if before.is_empty() { words } else { Words::Behind(before, Box::new(words)) })
    }

    fn texts(&mut self, expression: &Expr, names: &mut Names) -> Option<Words> {
        let Expr::Map(map, _) = expression else { return None };
        let [(first, zh), (second, en)] = map.0.as_slice() else { return None };
        if (first.as_str(), second.as_str()) != ("zh", "en") {
            return None;
        }
        Some(Words::Texts { zh: self.template(zh, names)?, en: self.template(en, names)? })
    }

    fn template(&mut self, expression: &Expr, names: &mut Names) -> Option<Template> {
        let mut parts = Vec::new();
        self.parts(expression, names, &mut parts)?;
        Some(Template(parts.into()))
    }

    /// Adds the parts of what gives a text, and nothing else.
    fn parts(&mut self, expression: &Expr, names: &mut Names, parts: &mut Vec<Part>) -> Option<()> {
        self.count(1);
        match expression {
            Expr::StringConstant(words, _) => parts.push(Part::Written(words.as_str().into())),
            Expr::InterpolatedString(segments, _) => {
                for segment in segments {
                    match segment {
                        Expr::StringConstant(words, _) => parts.push(Part::Written(words.as_str().into())),
                        value => parts.push(Part::Value(self.expression(value, names))),
                    }
                }
            }
            Expr::FnCall(call, _) if call.name == "+" && call.args.len() == 2 => {
                for side in &call.args {
                    self.parts(side, names, parts)?;
                }
            }
            Expr::Stmt(block) => {
                let [Stmt::If(branches, _)] = block.statements() else { return None };
                let condition = self.expression(&branches.expr, names);
                let mut branch = |block: &rhai::StmtBlock| match block.statements() {
                    [Stmt::Expr(text)] => self.template(text, names),
                    _ => None,
                };
                parts.push(Part::If(condition, [branch(&branches.body)?, branch(&branches.branch)?]));
            }
            _ => return None,
        }
        Some(())
    }
}
