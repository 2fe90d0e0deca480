//! The comments before a column: `-- @zh`, `-- @en` and `-- @missing`.

use datafusion::sql::sqlparser::tokenizer::{Location, Span, Token, Whitespace};
use yujing_base::diagnostic::Diagnostics;
use yujing_base::diagnostic::suggest::nearest;
use yujing_base::language::{Bilingual, say};

use crate::feature::catalogue::Missing;
use crate::feature::syntax::sql_source::SqlSource;

const KEYS: [&str; 3] = ["zh", "en", "missing"];

/// What the comments before one column say, and where the column begins.
#[derive(Debug, Default)]
pub struct Annotations {
    pub zh: Option<String>,
    pub en: Option<String>,
    pub missing: Option<Missing>,
    /// The column's first token.
    pub begin: Option<Span>,
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
pub fn before_column(sql: &SqlSource, previous_end: Location, problems: &mut Diagnostics) -> Annotations {
    let mut found = Annotations::default();
    let mut behind_comma = false;
    for token in sql.tokens_from(previous_end) {
        match &token.token {
            Token::Comma if !behind_comma => behind_comma = true,
            Token::Whitespace(space) => {
                let Some(annotation) = annotation(space, token.span).filter(|_| behind_comma) else { continue };
                found.taken.push(token.span.start);
                if let Err(problem) = found.take(sql, &annotation) {
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
pub fn refuse_strays(sql: &SqlSource, columns: &[Annotations], problems: &mut Diagnostics) {
    for token in sql.tokens() {
        let Token::Whitespace(space) = &token.token else { continue };
        let Some(annotation) = annotation(space, token.span) else { continue };
        if !columns.iter().any(|column| column.taken.contains(&annotation.span.start)) {
            let key = annotation.key;
            let message = say!("`@{key}` 没有对应的列", "`@{key}` stands before no column");
            let help = Bilingual::new(
                "请单独写一行，放在逗号之后、所说明的列之前",
                "write it on a line of its own, behind the comma and before the column it describes",
            );
            problems.push(sql.at("feature/comment", annotation.span, message).with_help(help));
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
    fn take(&mut self, sql: &SqlSource, annotation: &Annotation<'_>) -> Result<(), Diagnostics> {
        let refuse = |message: Bilingual| sql.at("feature/comment", annotation.span, message);
        let Annotation { key, value, .. } = *annotation;
        if !KEYS.contains(&key) {
            let help = nearest(key, KEYS).map_or_else(
                || Bilingual::new("每列写 `@zh`、`@en`、`@missing`", "a column has `@zh`, `@en` and `@missing`"),
                |meant| say!("是否应为 `@{meant}`？", "did you mean `@{meant}`?"),
            );
            return Err(refuse(say!("没有 `@{key}` 这种注释", "unknown annotation `@{key}`")).with_help(help).into());
        }
        if value.is_empty() {
            let message = say!("`@{key}` 后面没有内容", "`@{key}` says nothing");
            let help = say!("请写 `-- @{key} …`", "write `-- @{key} …`");
            return Err(refuse(message).with_help(help).into());
        }
        let again = match key {
            "zh" => self.zh.replace(value.to_owned()).is_some(),
            "en" => self.en.replace(value.to_owned()).is_some(),
            _ => {
                let missing = match value {
                    "0" => Missing::Zero,
                    "unknown" => Missing::Unknown,
                    other => {
                        let help = Bilingual::new(
                            "`@missing 0`：没有上报即视为没有发生；`@missing unknown`：没有上报即视为不了解情况",
                            "`@missing 0`: nothing reported means none happened; `@missing unknown`: nothing reported means \
                             nothing known",
                        );
                        let message = say!(
                            "`@missing {other}` 应为 `0` 或者 `unknown`",
                            "`@missing {other}` is neither `0` nor `unknown`"
                        );
                        let problem = refuse(message);
                        return Err(problem.with_help(help).into());
                    }
                };
                self.missing.replace(missing).is_some()
            }
        };
        if again {
            let message = say!("同一列写了两次 `@{key}`", "`@{key}` is given twice for one column");
            return Err(refuse(message).with_help(Bilingual::new("请保留一处", "keep one")).into());
        }
        Ok(())
    }
}
