//! The SQL dialect of feature files: sqlparser's generic one, which DataFusion plans by default, with two differences.
//!
//! - Lambdas are read: `array_any_match(items, x -> x.result = 'no')`.
//! - `a IS DISTINCT FROM b AND c` means `(a IS DISTINCT FROM b) AND c`, as in PostgreSQL; sqlparser would take
//!   `b AND c` for the right side.

use std::any::TypeId;

use datafusion::sql::sqlparser::ast::{Expr, Statement};
use datafusion::sql::sqlparser::dialect::{Dialect, GenericDialect};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Span, TokenWithSpan, Tokenizer};

use super::depth;
use super::file::rewrite_lambda_fields;

/// What DataFusion's default dialect reads, with the differences above.
#[derive(Debug, Default)]
pub(super) struct FeatureDialect;

impl Dialect for FeatureDialect {
    fn dialect(&self) -> TypeId {
        TypeId::of::<GenericDialect>()
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        GenericDialect.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        GenericDialect.is_identifier_part(ch)
    }

    fn parse_infix(&self, parser: &mut Parser, left: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
        let combine = if parser.parse_keywords(&[Keyword::IS, Keyword::DISTINCT, Keyword::FROM]) {
            Expr::IsDistinctFrom
        } else if parser.parse_keywords(&[Keyword::IS, Keyword::NOT, Keyword::DISTINCT, Keyword::FROM]) {
            Expr::IsNotDistinctFrom
        } else {
            return None;
        };
        Some(parser.parse_subexpr(precedence).map(|right| combine(Box::new(left.clone()), Box::new(right))))
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }

    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn allow_extract_single_quotes(&self) -> bool {
        true
    }

    fn supports_dictionary_syntax(&self) -> bool {
        true
    }

    fn supports_nested_comments(&self) -> bool {
        true
    }

    fn supports_string_escape_constant(&self) -> bool {
        true
    }
}

/// One query in this dialect, for an analyst's SQL that is no feature.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse_query(text: &str) -> Result<Statement, String> {
    let tokens = bounded_tokens(text)?;
    let statements = Parser::new(&FeatureDialect).with_tokens_with_locations(tokens).parse_statements();
    let statements = statements.map_err(|error| match error {
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => message,
        ParserError::RecursionLimitExceeded => "the SQL is nested too deeply".to_owned(),
    })?;
    match <[Statement; 1]>::try_from(statements) {
        Ok([mut query @ Statement::Query(_)]) => {
            rewrite_lambda_fields(&mut query);
            Ok(query)
        }
        _ => Err("one SELECT is expected, and nothing else".to_owned()),
    }
}

/// The tokens of a query whose tree will not be too deep to be walked.
fn bounded_tokens(text: &str) -> Result<Vec<TokenWithSpan>, String> {
    if text.len() > depth::MAX_BYTES {
        return Err(format!("the SQL is longer than {} KiB", depth::MAX_BYTES / 1_024));
    }
    let tokens = Tokenizer::new(&FeatureDialect, text).tokenize_with_location().map_err(|error| error.to_string())?;
    depth::bounded(&tokens).map_err(|Span { start, .. }| {
        let (line, column) = (start.line, start.column);
        format!("the SQL is nested too deeply, or a chain of operators too long, at line {line}, column {column}")
    })?;
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_too_deep_to_be_walked_is_refused_with_its_place() {
        let long = |terms| format!("SELECT a\n{} FROM t", "|| a".repeat(terms));
        assert!(parse_query(&long(200)).is_ok());
        let message = parse_query(&long(2_000)).expect_err("it is too deep");
        assert!(message.ends_with("at line 2, column 1201"), "{message}");
    }
}
