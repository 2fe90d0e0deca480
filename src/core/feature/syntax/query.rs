//! One query of an analyst that is no feature.

use datafusion::sql::sqlparser::ast::Statement;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Span, TokenWithSpan, Tokenizer};

use crate::feature::syntax::dialect::FeatureDialect;
use crate::feature::syntax::lambda::rewrite_lambda_fields;
use crate::feature::syntax::nesting;

/// One query in the dialect of feature files.
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
    if text.len() > nesting::MAX_BYTES {
        return Err(format!("the SQL is longer than {} KiB", nesting::MAX_BYTES / 1_024));
    }
    let tokens = Tokenizer::new(&FeatureDialect, text).tokenize_with_location().map_err(|error| error.to_string())?;
    nesting::check(&tokens).map_err(|Span { start, .. }| {
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
