//! The words of a finding: templates, written straight into the two texts that leave. Only whole numbers, texts and
//! truths are put into them here; how anything else is written the interpreter says.

use std::fmt::Write;

use rhai::{ASTFlags, Expr, Stmt};
use yujing_base::language::Bilingual;

use super::compiler::{Binding, Compiler, Names};
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
    /// Behind statements that name values and texts.
    Behind(Box<[Statement]>, Box<Words>),
    If(Node, Box<[Words; 2]>),
}

/// What stands before the words.
#[derive(Debug)]
pub(super) enum Statement {
    Value(Node),
    /// Names a text: it is the next of those named so far.
    Text(Template),
}

/// A text with values in it.
#[derive(Debug)]
pub(super) struct Template(Box<[Part]>);

#[derive(Debug)]
enum Part {
    Written(Box<str>),
    Value(Node),
    /// A text that was named, by its place among those.
    Named(usize),
    If(Node, [Template; 2]),
}

impl Words {
    /// Both texts; nothing if the interpreter has to say.
    pub(super) fn texts<'a>(&'a self, frame: &mut Frame<'a>) -> Option<Bilingual> {
        self.texts_behind(frame, &mut Vec::new())
    }

    /// `named` are the texts that have been named so far.
    fn texts_behind<'a>(&'a self, frame: &mut Frame<'a>, named: &mut Vec<String>) -> Option<Bilingual> {
        match self {
            Self::Texts { zh, en } => {
                let texts = Bilingual { zh: zh.text(frame, named)?, en: en.text(frame, named)? };
                // No text of the interpreter's is longer than all of them together.
                let bytes = named.iter().chain([&texts.zh, &texts.en]).map(String::len).sum::<usize>();
                (bytes <= Limits::SHIPPED.text_bytes).then_some(texts)
            }
            Self::Behind(statements, words) => {
                for statement in statements {
                    match statement {
                        Statement::Value(node) => {
                            node.value(frame)?;
                        }
                        Statement::Text(template) => {
                            let text = template.text(frame, named)?;
                            named.push(text);
                        }
                    }
                }
                words.texts_behind(frame, named)
            }
            Self::If(condition, branches) => {
                let [then, otherwise] = &**branches;
                let branch = if condition.truth(frame)? { then } else { otherwise };
                branch.texts_behind(frame, named)
            }
        }
    }
}

impl Template {
    fn text<'a>(&'a self, frame: &mut Frame<'a>, named: &[String]) -> Option<String> {
        let mut text = String::with_capacity(256);
        self.write(frame, named, &mut text)?;
        Some(text)
    }

    fn write<'a>(&'a self, frame: &mut Frame<'a>, named: &[String], text: &mut String) -> Option<()> {
        for part in &self.0 {
            match part {
                Part::Written(words) => text.push_str(words),
                Part::Value(node) => match node.value(frame)? {
                    Value::Int(whole) => write!(text, "{whole}").ok()?,
                    Value::Text(value) => text.push_str(value),
                    Value::Bool(truth) => write!(text, "{truth}").ok()?,
                    Value::Unit | Value::Float(_) => return None,
                },
                Part::Named(place) => text.push_str(named.get(*place)?),
                Part::If(condition, [then, otherwise]) => {
                    let branch = if condition.truth(frame)? { then } else { otherwise };
                    branch.write(frame, named, text)?;
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
        let before = before.iter().map(|statement| self.before_words(statement, names));
        let before: Box<[Statement]> = before.collect::<Option<_>>()?;
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

    /// A statement that stands before the words; nothing if the interpreter has to say what it does. It may name a text
    /// that is put together: what reads the name then has to be a part of the words.
    fn before_words(&mut self, statement: &Stmt, names: &mut Names) -> Option<Statement> {
        if let Stmt::Var(parts, flags, _) = statement
            && parts.2.is_none()
            && !flags.contains(ASTFlags::EXPORTED)
            && let Some(template) = self.text_of(&parts.1, names)
        {
            names.name_text(&parts.0.name, self.source.limits)?;
            return Some(Statement::Text(template));
        }
        Some(Statement::Value(self.statement(statement, names)))
    }

    /// The template that an expression is, if it is no value of a tree.
    fn text_of(&mut self, expression: &Expr, names: &mut Names) -> Option<Template> {
        let is_value = self.within(names, |compiler, names| compiler.expression(expression, names)).is_compiled();
        if is_value { None } else { self.within(names, |compiler, names| compiler.template(expression, names)) }
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
                        value => {
                            let part = named_text(value, names).map(Part::Named);
                            parts.push(part.unwrap_or_else(|| Part::Value(self.expression(value, names))));
                        }
                    }
                }
            }
            Expr::Variable(..) => parts.push(Part::Named(named_text(expression, names)?)),
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

/// The place of the text that an expression names, if it does. What is put into a text is a block.
fn named_text(expression: &Expr, names: &Names) -> Option<usize> {
    match expression {
        Expr::Variable(variable, ..) => match names.find(&variable.1)? {
            Binding::Text(place) => Some(place),
            Binding::Operator | Binding::Local(_) => None,
        },
        Expr::Stmt(block) => match block.statements() {
            [Stmt::Expr(only)] => named_text(only, names),
            _ => None,
        },
        _ => None,
    }
}
