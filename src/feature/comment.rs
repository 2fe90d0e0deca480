//! The comments before a column: `-- @zh`, `-- @en` and `-- @missing`.

use datafusion::sql::sqlparser::tokenizer::{Location, Span, Token, Whitespace};

use super::Missing;
use super::page::{Page, nearest};
use crate::diagnostic::Diagnostics;

const KEYS: [&str; 3] = ["zh", "en", "missing"];

/// What the comments before one column say, and where the column begins.
#[derive(Debug, Default)]
pub(super) struct Annotations {
    pub(super) zh: Option<String>,
    pub(super) en: Option<String>,
    pub(super) missing: Option<Missing>,
    /// The column's first token.
    pub(super) begin: Option<Span>,
    /// Where the annotations stand that were taken.
    taken: Vec<Location>,
}

/// One `-- @key value`.
struct Annotation<'a> {
    key: &'a str,
    value: &'a str,
    span: Span,
}

/// Reads the comments between the comma after `previous_end` and the column that follows it.
pub(super) fn before_column(page: &Page, previous_end: Location, problems: &mut Diagnostics) -> Annotations {
    let mut found = Annotations::default();
    let mut behind_comma = false;
    for token in page.tokens_from(previous_end) {
        match &token.token {
            Token::Comma if !behind_comma => behind_comma = true,
            Token::Whitespace(space) => {
                let Some(annotation) = annotation(space, token.span).filter(|_| behind_comma) else { continue };
                found.taken.push(token.span.start);
                if let Err(problem) = found.take(page, &annotation) {
                    problems.extend(problem);
                }
            }
            _ if behind_comma => {
                found.begin = Some(token.span);
                break;
            }
            _ => {}
        }
    }
    found
}

/// Refuses annotations that stand before no column: they would be lost in silence.
pub(super) fn refuse_strays(page: &Page, columns: &[Annotations], problems: &mut Diagnostics) {
    for token in page.tokens() {
        let Token::Whitespace(space) = &token.token else { continue };
        let Some(annotation) = annotation(space, token.span) else { continue };
        if !columns.iter().any(|column| column.taken.contains(&annotation.span.start)) {
            let message = format!("`@{}` stands before no column", annotation.key);
            let help = "write it on a line of its own, behind the comma and before the column it describes";
            problems.push(page.at("feature/comment", annotation.span, message).with_help(help));
        }
    }
}

fn annotation(space: &Whitespace, span: Span) -> Option<Annotation<'_>> {
    let (Whitespace::SingleLineComment { comment: text, .. } | Whitespace::MultiLineComment(text)) = space else {
        return None;
    };
    let text = text.trim().strip_prefix('@')?;
    let (key, value) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    Some(Annotation { key, value: value.trim(), span })
}

impl Annotations {
    fn take(&mut self, page: &Page, annotation: &Annotation<'_>) -> Result<(), Diagnostics> {
        let refuse = |message: String| page.at("feature/comment", annotation.span, message);
        let Annotation { key, value, .. } = *annotation;
        if !KEYS.contains(&key) {
            let help = nearest(key, KEYS).map_or_else(
                || "a column has `@zh`, `@en` and `@missing`".to_owned(),
                |meant| format!("did you mean `@{meant}`?"),
            );
            return Err(refuse(format!("unknown annotation `@{key}`")).with_help(help).into());
        }
        if value.is_empty() {
            return Err(refuse(format!("`@{key}` says nothing")).into());
        }
        let again = match key {
            "zh" => self.zh.replace(value.to_owned()).is_some(),
            "en" => self.en.replace(value.to_owned()).is_some(),
            _ => {
                let missing = match value {
                    "0" => Missing::Zero,
                    "unknown" => Missing::Unknown,
                    other => {
                        let help = "`@missing 0`: nothing reported means none happened; `@missing unknown`: nothing \
                                    reported means nothing known";
                        let problem = refuse(format!("`@missing {other}` is neither `0` nor `unknown`"));
                        return Err(problem.with_help(help).into());
                    }
                };
                self.missing.replace(missing).is_some()
            }
        };
        if again {
            return Err(refuse(format!("`@{key}` is given twice for one column")).into());
        }
        Ok(())
    }
}
