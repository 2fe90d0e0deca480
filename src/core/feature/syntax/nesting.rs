//! How deep the syntax tree of a piece of SQL will be, counted over its tokens before anything builds the tree.
//!
//! The parser bounds what it nests by calling itself, but it builds chains of operators in a loop: `a || a || …`
//! becomes a tree as deep as the chain is long, and whatever walks, copies or drops such a tree overflows the stack and
//! ends the process. Tokens are counted in a loop with a stack of its own; what is not certain counts as deeper.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Span, Token, TokenWithSpan};

/// Bytes of one piece of SQL. A list of thousands of codes fits.
pub const MAX_BYTES: usize = 64 * 1_024;
/// Levels of the tree: a condition of 250 parts joined by AND fits.
pub const MAX_LEVELS: usize = 300;
/// Brackets and CASEs within one another; the parser itself gives up at about as many.
pub const MAX_BRACKETS: usize = 40;

/// What is open at a place: the whole text, a bracket or a CASE.
#[derive(Debug, Default)]
struct OpenGroup {
    is_case: bool,
    /// Levels of what lies around it.
    around: usize,
    /// Operators since the last AND or OR, which bind weaker than all others.
    operators: usize,
    /// The deepest bracket since then.
    inner: usize,
    /// The deepest part between two ANDs or ORs.
    part: usize,
    /// ANDs and ORs since the last comma.
    connectives: usize,
    /// The deepest part between two commas.
    member: usize,
    /// UNIONs and their like, whose chains go beyond commas.
    unions: usize,
}

impl OpenGroup {
    fn part(&self) -> usize {
        self.part.max(self.operators + self.inner)
    }

    fn levels(&self) -> usize {
        self.unions + self.member.max(self.connectives + self.part())
    }

    fn connect(&mut self) {
        self.part = self.part();
        self.connectives += 1;
        (self.operators, self.inner) = (0, 0);
    }

    fn next_member(&mut self) {
        self.member = self.member.max(self.connectives + self.part());
        (self.operators, self.inner, self.part, self.connectives) = (0, 0, 0, 0);
    }
}

/// Refuses SQL whose tree would be too deep, with the place where it becomes so.
pub fn check(tokens: &[TokenWithSpan]) -> Result<(), Span> {
    let mut outer: Vec<OpenGroup> = Vec::new();
    let mut open = OpenGroup::default();
    for TokenWithSpan { token, span } in tokens {
        match token {
            Token::Whitespace(_) => continue,
            Token::LParen | Token::LBracket | Token::LBrace => {
                // An index is an operator as well.
                open.operators += usize::from(*token == Token::LBracket);
                enter(&mut outer, &mut open, false);
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                while open.is_case && leave(&mut outer, &mut open) {}
                leave(&mut outer, &mut open);
            }
            Token::Comma | Token::SemiColon => open.next_member(),
            Token::Word(word) => match word.keyword {
                Keyword::CASE => enter(&mut outer, &mut open, true),
                Keyword::WHEN | Keyword::THEN | Keyword::ELSE if open.is_case => open.next_member(),
                Keyword::END if open.is_case => {
                    leave(&mut outer, &mut open);
                }
                Keyword::AND | Keyword::OR | Keyword::XOR => open.connect(),
                Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::MINUS => open.unions += 1,
                keyword if joins_operands(keyword) => open.operators += 1,
                _ => {}
            },
            token if is_operand(token) => {}
            _ => open.operators += 1,
        }
        if outer.len() > MAX_BRACKETS || open.around + open.levels() > MAX_LEVELS {
            return Err(*span);
        }
    }
    Ok(())
}

fn enter(outer: &mut Vec<OpenGroup>, open: &mut OpenGroup, is_case: bool) {
    let around = open.around + open.unions + open.connectives + open.operators + 1;
    outer.push(std::mem::replace(open, OpenGroup { is_case, around, ..OpenGroup::default() }));
}

/// Closes what is open; whether anything was around it.
fn leave(outer: &mut Vec<OpenGroup>, open: &mut OpenGroup) -> bool {
    let Some(around) = outer.pop() else { return false };
    let levels = open.levels() + 1;
    *open = around;
    open.inner = open.inner.max(levels);
    true
}

/// Words that stand between two operands or behind one.
fn joins_operands(keyword: Keyword) -> bool {
    use Keyword as K;
    matches!(
        keyword,
        K::IS
            | K::IN
            | K::LIKE
            | K::ILIKE
            | K::RLIKE
            | K::REGEXP
            | K::SIMILAR
            | K::BETWEEN
            | K::AT
            | K::COLLATE
            | K::DIV
            | K::OVERLAPS
            | K::NOTNULL
            | K::MATCH
            | K::MEMBER
            | K::OPERATOR
    )
}

/// Tokens that are no operators.
fn is_operand(token: &Token) -> bool {
    matches!(
        token,
        Token::EOF
            | Token::Period
            | Token::Number(..)
            | Token::Char(_)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::NationalStringLiteral(_)
            | Token::EscapedStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::Placeholder(_)
    )
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::GenericDialect;
    use datafusion::sql::sqlparser::tokenizer::Tokenizer;
    use rstest::rstest;

    use super::*;

    fn is_bounded(sql: &str) -> bool {
        let tokens = Tokenizer::new(&GenericDialect, sql).tokenize_with_location().expect("these are tokens");
        check(&tokens).is_ok()
    }

    /// So many pieces in one chain.
    fn chain(piece: &str, times: usize) -> String {
        format!("SELECT a{} FROM t", piece.repeat(times))
    }

    #[rstest]
    #[case::conjunction(" AND a >= 1")]
    #[case::alternatives(" OR a = 'x' ")]
    #[case::concatenation(" || a")]
    #[case::sum(" + a")]
    #[case::members(", a + 1")]
    #[case::mixed(" AND (a = 1 OR b IN (1, 2, 3))")]
    fn ordinary_chains_fit(#[case] piece: &str) {
        assert!(is_bounded(&chain(piece, 200)));
    }

    #[rstest]
    #[case::concatenation(" || a")]
    #[case::sum(" + a")]
    #[case::conjunction(" AND a")]
    #[case::casts("::text")]
    #[case::indexes("[1]")]
    #[case::tests(" IS NULL")]
    #[case::distinct(" IS DISTINCT FROM a")]
    #[case::zones(" AT TIME ZONE 'UTC'")]
    #[case::collations(" COLLATE x")]
    #[case::lists(" IN (1)")]
    #[case::unions(" FROM t UNION SELECT a, b, c")]
    #[case::cases(" + CASE WHEN a THEN b ELSE c END")]
    #[case::words_as_names(" || t.end || t.case || t.where")]
    #[case::operators_of_postgres(" @> a")]
    #[case::comments(" || /* , */ a")]
    fn long_chains_do_not(#[case] piece: &str) {
        assert!(!is_bounded(&chain(piece, 2_000)));
    }

    #[rstest]
    #[case::brackets("(", ")")]
    #[case::calls("f(", ")")]
    #[case::lists("[", "]")]
    #[case::cases("CASE WHEN a THEN ", " END")]
    #[case::lambdas("f(a, x -> ", ")")]
    fn deep_nesting_does_not(#[case] before: &str, #[case] behind: &str) {
        assert!(is_bounded(&format!("SELECT {}a{}", before.repeat(20), behind.repeat(20))));
        assert!(!is_bounded(&format!("SELECT {}a{}", before.repeat(2_000), behind.repeat(2_000))));
    }

    #[test]
    fn chains_within_brackets_add_up() {
        let inner = " + a".repeat(200);
        assert!(!is_bounded(&format!("SELECT (a{inner}) {}", " * a".repeat(200))));
        assert!(is_bounded(&format!("SELECT (a{inner}), (a{inner})")));
    }

    #[test]
    fn thousands_of_codes_in_a_list_fit() {
        assert!(is_bounded(&format!("SELECT a IN ({}1)", "1, ".repeat(5_000))));
    }
}
