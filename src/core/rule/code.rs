//! The characters of a Rhai script that are code: outside comments, texts and character literals. Enough to find
//! punctuation typed by a Chinese input method and to see whether two operators are separated by parentheses.

use std::iter::Peekable;
use std::path::Path;
use std::str::CharIndices;

use yujing_base::diagnostic::{Diagnostics, punctuation};

/// Where the scanner is; a template text (between backticks) holds code between `${` and `}` again.
enum Mode {
    /// Within code, so many `{` deep.
    Code(usize),
    Template,
}

/// The code characters of `text` with their byte offsets.
pub(super) fn characters(text: &str) -> Vec<(usize, char)> {
    let mut code = Vec::new();
    let mut modes = vec![Mode::Code(0)];
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map(|&(_, next)| next);
        let within_template = modes.len() > 1;
        match modes.last_mut() {
            Some(Mode::Template) => match (c, next) {
                ('`', Some('`')) => drop(rest.next()),
                ('`', _) => drop(modes.pop()),
                ('$', Some('{')) => {
                    rest.next();
                    modes.push(Mode::Code(0));
                }
                _ => (),
            },
            Some(Mode::Code(braces)) => match (c, next) {
                ('/', Some('/')) => drop(rest.find(|&(_, c)| c == '\n')),
                ('/', Some('*')) => skip_comment(&mut rest),
                ('"' | '\'', _) => skip_text(&mut rest, c, &mut code),
                ('#', Some('"' | '#')) => skip_raw_text(text, at, &mut rest),
                ('`', _) => modes.push(Mode::Template),
                ('}', _) if *braces == 0 && within_template => drop(modes.pop()),
                _ => {
                    match c {
                        '{' => *braces += 1,
                        '}' => *braces = braces.saturating_sub(1),
                        _ => (),
                    }
                    code.push((at, c));
                }
            },
            None => break,
        }
    }
    code
}

type Rest<'a> = Peekable<CharIndices<'a>>;

/// Skips a block comment, which may hold others.
fn skip_comment(rest: &mut Rest<'_>) {
    rest.next();
    let mut depth = 1;
    while let Some((_, c)) = rest.next() {
        match (c, rest.peek().map(|&(_, next)| next)) {
            ('/', Some('*')) => depth += 1,
            ('*', Some('/')) => depth -= 1,
            _ => continue,
        }
        rest.next();
        if depth == 0 {
            return;
        }
    }
}

/// Skips a text or character on one line. One that does not end there may have been closed by a Chinese quotation mark:
/// those of the line then count as code.
fn skip_text(rest: &mut Rest<'_>, quote: char, code: &mut Vec<(usize, char)>) {
    let mut chinese_quotes = Vec::new();
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' => drop(rest.next()),
            '\n' => break,
            _ if c == quote => return,
            '“' | '”' | '‘' | '’' | '＂' => chinese_quotes.push((at, c)),
            _ => (),
        }
    }
    code.extend(chinese_quotes);
}

/// Skips `#"…"#`; a lone `##` is left to the parser.
fn skip_raw_text(text: &str, start: usize, rest: &mut Rest<'_>) {
    let hashes = text[start..].len() - text[start..].trim_start_matches('#').len();
    let body = start + hashes + 1;
    if !text[start + hashes..].starts_with('"') {
        return;
    }
    let closing = format!("\"{}", "#".repeat(hashes));
    let end = text[body..].find(&closing).map_or(text.len(), |found| body + found + closing.len());
    while rest.peek().is_some_and(|&(at, _)| at < end) {
        rest.next();
    }
}

/// Full-width punctuation in the code of a rule.
pub(super) fn chinese_punctuation(file: &Path, text: &str) -> Diagnostics {
    punctuation::full_width(file, text, characters(text), "\"")
}

/// Whether the code between two places is not balanced in parentheses, that is, whether one place is inside a pair that
/// the other is outside of.
pub(super) fn separated_by_parentheses(code: &[(usize, char)], a: usize, b: usize) -> bool {
    let (from, to) = (a.min(b), a.max(b));
    let mut depth = 0_i32;
    for &(at, c) in code {
        if at < from || at >= to {
            continue;
        }
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => (),
        }
        if depth < 0 {
            return true;
        }
    }
    depth > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(text: &str) -> String {
        characters(text).into_iter().map(|(_, c)| c).collect()
    }

    #[test]
    fn texts_and_comments_are_not_code() {
        let cases = [
            ("a // 注，释\nb", "a b"),
            ("a /* x /* y */ z */ b", "a  b"),
            (r#"f("a\"，b") + 1"#, "f() + 1"),
            ("`近${op.x + 1}次，${`内${y}`}` ;", "op.x + 1y ;"),
            ("`${ #{ a: 1 } }`", " #{ a: 1 } "),
            ("#\"raw \"text\"# + 1", " + 1"),
            ("'，' == x", " == x"),
            ("\"开头”；\nx", "”x"),
        ];
        for (text, code) in cases {
            assert_eq!(code_of(text), code, "{text}");
        }
    }

    #[test]
    fn parentheses_part_two_operators_only_if_unbalanced() {
        let cases =
            [("(a ?? 0) + 1", true), ("a ?? 0 + 1", false), ("a ?? (0 + 1)", true), ("f(a) ?? g(0) + 1", false)];
        for (text, separated) in cases {
            let code = characters(text);
            let (coalesce, plus) = (text.find("??").unwrap(), text.find('+').unwrap());
            assert_eq!(separated_by_parentheses(&code, coalesce, plus), separated, "{text}");
        }
    }
}
