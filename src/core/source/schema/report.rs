//! Everything found wrong in one schema file, and the readers of keyword values that find it.

use std::path::Path;

use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};

use super::json::{Member, Node, Span};

/// A value that a keyword cannot have.
pub(super) const WRONG_VALUE: &str = "schema/wrong-value";
/// Two things in the file that cannot both hold.
pub(super) const CONTRADICTION: &str = "schema/contradiction";
/// A keyword that is not in the subset.
pub(super) const UNKNOWN_KEYWORD: &str = "schema/unknown-keyword";
/// A keyword of the subset that means nothing where it stands.
pub(super) const MISPLACED_KEYWORD: &str = "schema/misplaced-keyword";
/// A keyword that must be there.
pub(super) const MISSING_KEYWORD: &str = "schema/missing-keyword";

/// The findings of one file.
#[derive(Debug)]
pub(super) struct SchemaReport<'t> {
    file: &'t Path,
    text: &'t str,
    pub diagnostics: Diagnostics,
}

impl<'t> SchemaReport<'t> {
    pub fn new(file: &'t Path, text: &'t str) -> Self {
        Self { file, text, diagnostics: Diagnostics::default() }
    }

    pub fn at(&mut self, code: &'static str, span: &Span, message: impl Into<Bilingual>) {
        self.diagnostics.push(Diagnostic::at(code, self.file, self.text, span.clone(), message));
    }

    pub fn at_with_help(
        &mut self,
        code: &'static str,
        span: &Span,
        message: impl Into<Bilingual>,
        help: impl Into<Bilingual>,
    ) {
        let diagnostic = Diagnostic::at(code, self.file, self.text, span.clone(), message);
        self.diagnostics.push(diagnostic.with_help(help));
    }

    /// An error about a keyword's value; gives `None` to return.
    fn wrong<T>(&mut self, member: &Member<'_>, zh: &str, en: &str) -> Option<T> {
        let key = &member.key;
        self.at(WRONG_VALUE, &member.node.span, say!("`{key}` 应为{zh}", "`{key}` must be {en}"));
        None
    }

    /// The members of an object; another value or a repeated key is reported.
    pub fn object<'n, 'v>(&mut self, (zh, en): (&str, &str), node: &'n Node<'v>) -> Option<Keywords<'n, 'v>> {
        let Some(members) = node.object() else {
            self.at(WRONG_VALUE, &node.span, say!("{zh}应为对象", "{en} must be an object"));
            return None;
        };
        for (place, member) in members.iter().enumerate() {
            if members[..place].iter().any(|earlier| earlier.key == member.key) {
                let key = &member.key;
                self.at(
                    "schema/duplicate-key",
                    &member.key_span,
                    say!("`{key}` 重复出现", "`{key}` stands here twice"),
                );
            }
        }
        Some(Keywords { members, span: node.span.start..node.span.start + 1 })
    }

    pub fn text<'n>(&mut self, member: &'n Member<'_>) -> Option<&'n str> {
        match member.node.text() {
            Some(text) if !text.is_empty() => Some(text),
            _ => self.wrong(member, "非空文本", "a string that is not empty"),
        }
    }

    pub fn texts<'n>(&mut self, member: &'n Member<'_>) -> Option<Vec<&'n str>> {
        match member.node.texts() {
            Some(texts) if !texts.is_empty() => Some(texts),
            _ => self.wrong(member, "非空的文本列表", "a list of strings that is not empty"),
        }
    }

    pub fn bool(&mut self, member: &Member<'_>) -> Option<bool> {
        match member.node.bool() {
            Some(value) => Some(value),
            None => self.wrong(member, " true 或 false", "true or false"),
        }
    }

    /// A keyword that only ever says true, such as `x-personal`.
    pub fn must_be_true(&mut self, member: &Member<'_>) {
        if member.node.bool() != Some(true) {
            self.wrong::<()>(member, " true，否则省略", "true, or be left out");
        }
    }

    pub fn count(&mut self, member: &Member<'_>) -> Option<usize> {
        match member.node.raw.parse() {
            Ok(count) => Some(count),
            Err(_) => self.wrong(member, "不小于0的整数", "a whole number from 0"),
        }
    }
}

/// The keywords of one object of the file.
#[derive(Debug, Clone)]
pub(super) struct Keywords<'n, 't> {
    pub members: &'n [Member<'t>],
    /// The brace that opens the object, to point at when something is missing in it.
    pub span: Span,
}

impl<'n, 't> Keywords<'n, 't> {
    pub fn get(&self, key: &str) -> Option<&'n Member<'t>> {
        self.members.iter().find(|member| member.key == key)
    }

    /// A keyword that must be there.
    pub fn need(&self, key: &str, report: &mut SchemaReport<'_>) -> Option<&'n Member<'t>> {
        let found = self.get(key);
        if found.is_none() {
            report.at(MISSING_KEYWORD, &self.span, say!("缺少 `{key}`", "`{key}` is missing"));
        }
        found
    }
}
