//! The text of one feature file with its tokens, and diagnostics that point into it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use datafusion::sql::sqlparser::ast::Statement;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};
use yujing_base::diagnostic::{Diagnostic, Diagnostics, offset_of, punctuation, text};
use yujing_base::language::{Bilingual, say};

use crate::feature::syntax::dialect::FeatureDialect;
use crate::feature::syntax::nesting;

/// One feature file as text.
#[derive(Debug)]
pub struct SqlSource {
    pub path: PathBuf,
    pub text: String,
    tokens: Vec<TokenWithSpan>,
}

impl SqlSource {
    /// Cuts a text into tokens.
    pub fn read(path: &Path, text: &str) -> Result<Self, Diagnostics> {
        if text.len() > nesting::MAX_BYTES {
            let most = nesting::MAX_BYTES / 1_024;
            let message = say!("SQL 超过 {most} KiB", "the SQL is longer than {most} KiB");
            let help = Bilingual::new("请分成几个文件", "divide it into several files");
            return Err(Diagnostic::file("file/too-long", path, message).with_help(help).into());
        }
        let full_width = punctuation::full_width(path, text, punctuation::sql_code(text), "'");
        if full_width.has_errors() {
            return Err(full_width);
        }
        let tokens = Tokenizer::new(&FeatureDialect, text).tokenize_with_location().map_err(|error| {
            let Location { line, column } = error.location;
            syntax(path, text, &error.message, Some((index(line), index(column))))
        })?;
        Ok(Self { path: path.to_owned(), text: text.to_owned(), tokens })
    }

    /// The file's statements.
    pub fn statements(&self) -> Result<Vec<Statement>, Diagnostics> {
        nesting::check(&self.tokens).map_err(|place| self.too_deep(place))?;
        let parsed = Parser::new(&FeatureDialect).with_tokens_with_locations(self.tokens.clone()).parse_statements();
        parsed.map_err(|error| {
            let (ParserError::ParserError(message) | ParserError::TokenizerError(message)) = error else {
                return self.too_deep(Span::empty()).into();
            };
            let (message, place) = split_position(&message);
            syntax(&self.path, &self.text, message, place).into()
        })
    }

    fn too_deep(&self, place: Span) -> Diagnostic {
        let message = Bilingual::new(
            "SQL 嵌套过深或者运算过长",
            "the SQL is nested too deeply, or a chain of operators too long",
        );
        let (levels, brackets) = (nesting::MAX_LEVELS, nesting::MAX_BRACKETS);
        let help = say!(
            "一个表达式至多 {levels} 层运算、{brackets} 层括号；多个取值请写 IN (...)，多段文本请用 concat(...)",
            "an expression has at most {levels} operators and {brackets} brackets within one another; write many values as IN \
             (...), many texts as concat(...)"
        );
        self.at("feature/too-deep", place, message).with_help(help)
    }

    /// A diagnostic about the file as a whole.
    pub fn whole(&self, code: &'static str, message: impl Into<Bilingual>) -> Diagnostic {
        Diagnostic::file(code, &self.path, message)
    }

    /// A diagnostic about a span of tokens.
    pub fn at(&self, code: &'static str, span: Span, message: impl Into<Bilingual>) -> Diagnostic {
        if span == Span::empty() {
            return self.whole(code, message);
        }
        Diagnostic::at(code, &self.path, &self.text, self.bytes(span), message)
    }

    /// A diagnostic about the last occurrence of a keyword, or about the whole file if it is not there.
    pub fn at_keyword(&self, code: &'static str, keyword: &str, message: impl Into<Bilingual>) -> Diagnostic {
        let found = self.tokens.iter().rev().find(
            |token| matches!(&token.token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(keyword)),
        );
        self.at(code, found.map_or(Span::empty(), |token| token.span), message)
    }

    pub fn tokens(&self) -> &[TokenWithSpan] {
        &self.tokens
    }

    /// The tokens from a location on.
    pub fn tokens_from(&self, location: Location) -> &[TokenWithSpan] {
        let first = self.tokens.partition_point(|token| token.span.start < location);
        &self.tokens[first..]
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        let start = offset_of(&self.text, index(span.start.line), index(span.start.column));
        let end = offset_of(&self.text, index(span.end.line), index(span.end.column));
        let next = self.text[start..].chars().next().map_or(start, |first| start + first.len_utf8());
        start..end.max(next)
    }
}

/// The line of a span, from 1.
pub fn line_of(span: Span) -> usize {
    index(span.start.line)
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Cuts the parser's ` at Line: 3, Column: 5` off a message.
fn split_position(message: &str) -> (&str, Option<(usize, usize)>) {
    let Some((text, place)) = message.rsplit_once(" at Line: ") else { return (message, None) };
    let Some((line, column)) = place.split_once(", Column: ") else { return (message, None) };
    match (line.parse(), column.parse()) {
        (Ok(line), Ok(column)) => (text, Some((line, column))),
        _ => (message, None),
    }
}

/// SQL that does not parse, with the parser's words at the place.
fn syntax(path: &Path, text: &str, words: &str, place: Option<(usize, usize)>) -> Diagnostic {
    let message = Bilingual::new("此处不是合法的 SQL", "this is not SQL");
    let is_at_the_end = words.contains("found: EOF");
    let (line, column) = match place {
        Some(place) => place,
        None if is_at_the_end => (text.lines().count().max(1), usize::MAX),
        None => return Diagnostic::file("feature/syntax", path, message).with_detail(words),
    };
    let found = Diagnostic::at_position("feature/syntax", path, text, line, column, message).with_detail(words);
    let is_open = words.starts_with("Unterminated");
    if is_open {
        found.with_help(Bilingual::new(
            "此处的引号没有成对：文本写在两个 `'` 之间",
            "this quotation mark is not closed: texts stand between two `'`",
        ))
    } else if is_at_the_end || text::is_at_the_end(text, offset_of(text, line, column)) {
        found.with_help(text::cut_off_help())
    } else {
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_cut_off_messages() {
        assert_eq!(
            split_position("Expected: ), found: x at Line: 3, Column: 5"),
            ("Expected: ), found: x", Some((3, 5)))
        );
        assert_eq!(split_position("no place"), ("no place", None));
    }
}
