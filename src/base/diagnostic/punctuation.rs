//! What a Chinese input method leaves behind: full-width punctuation where a language expects ASCII.

use std::path::Path;

use super::{Diagnostic, Diagnostics};
use crate::language::{Bilingual, say};

/// The ASCII character that a full-width one was probably meant to be.
fn halfwidth(c: char) -> Option<&'static str> {
    Some(match c {
        '，' | '、' => ",",
        '；' => ";",
        '：' => ":",
        '。' | '．' => ".",
        '（' => "(",
        '）' => ")",
        '【' | '［' | '「' => "[",
        '】' | '］' | '」' => "]",
        '｛' => "{",
        '｝' => "}",
        '“' | '”' | '＂' => "\"",
        '‘' | '’' | '＇' => "'",
        '《' | '＜' => "<",
        '》' | '＞' => ">",
        '＝' => "=",
        '！' => "!",
        '＋' => "+",
        '－' | '—' => "-",
        '＊' | '×' => "*",
        '／' | '÷' => "/",
        '％' => "%",
        '？' => "?",
        '＆' => "&",
        '｜' => "|",
        '＃' => "#",
        '·' | '｀' => "`",
        '\u{3000}' => " ",
        _ => return None,
    })
}

/// Full-width punctuation among the code characters of a file's text, given with their places: at most one a line.
pub fn full_width(
    file: &Path,
    text: &str,
    code: impl IntoIterator<Item = (usize, char)>,
    quote: &'static str,
) -> Diagnostics {
    let mut problems = Diagnostics::default();
    let mut reported_up_to = 0;
    for (at, c) in code {
        let Some(ascii) = halfwidth(c) else { continue };
        if at < reported_up_to {
            continue;
        }
        reported_up_to = text[at..].find('\n').map_or(text.len(), |end| at + end);
        // SQL writes texts between single quotation marks.
        let ascii = if ascii == "\"" { quote } else { ascii };
        let message = match c {
            '\u{3000}' => Bilingual::new("文本以外有全角空格", "a full-width space outside a text"),
            _ => say!("文本以外有全角符号 `{c}`", "full-width `{c}` outside a text"),
        };
        let wanted = match ascii {
            " " => Bilingual::new("应为普通空格", "write an ordinary space"),
            _ => say!("应为 `{ascii}`", "write `{ascii}`"),
        };
        let help = Bilingual::new(
            format!("{}：请将输入法切换为英文标点；中文标点只能写在引号之内的文本中", wanted.zh),
            format!(
                "{}: switch the input method to English punctuation (请切换为英文标点), Chinese punctuation belongs inside \
                 texts only",
                wanted.en
            ),
        );
        problems.push(Diagnostic::at("file/punctuation", file, text, at..at + c.len_utf8(), message).with_help(help));
    }
    problems
}

/// The characters of a TOML text outside comments and texts. A text that its line does not close may have been closed
/// by a Chinese quotation mark: those of the line then count.
pub fn toml_code(text: &str) -> Vec<(usize, char)> {
    let mut code = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '#' => drop(rest.find(|&(_, next)| next == '\n')),
            '"' | '\'' => {
                let long: String = std::iter::repeat_n(c, 3).collect();
                let (body, closing) =
                    if text[at..].starts_with(&long) { (at + 3, long) } else { (at + 1, c.to_string()) };
                let end = closing_quote(text, body, &closing, c == '"');
                let skip_to = end.unwrap_or_else(|| line_end(text, body));
                while let Some((inner_at, inner)) = rest.next_if(|(next_at, _)| *next_at < skip_to) {
                    if end.is_none() && matches!(inner, '“' | '”' | '‘' | '’' | '＂') {
                        code.push((inner_at, inner));
                    }
                }
            }
            _ => code.push((at, c)),
        }
    }
    code
}

/// The characters of an SQL text outside comments, texts and quoted names. A text that its line does not close may have
/// been closed by a Chinese quotation mark: those of the line then count.
pub fn sql_code(text: &str) -> Vec<(usize, char)> {
    let mut code = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let skip_to = match c {
            '-' if text[at..].starts_with("--") => line_end(text, at),
            '/' if text[at..].starts_with("/*") => text[at..].find("*/").map_or(text.len(), |end| at + end + 2),
            '\'' | '"' => {
                let end = text[at + 1..].find(c).map(|end| at + 1 + end + 1);
                let line = line_end(text, at);
                if end.is_none_or(|end| end > line) {
                    let is_chinese_quote = |c: char| matches!(c, '“' | '”' | '‘' | '’' | '＇');
                    let quotes = text[at..line].char_indices().filter(|(_, quote)| is_chinese_quote(*quote));
                    code.extend(quotes.map(|(within, quote)| (at + within, quote)));
                }
                end.unwrap_or(line)
            }
            _ => {
                code.push((at, c));
                continue;
            }
        };
        while rest.next_if(|(next_at, _)| *next_at < skip_to).is_some() {}
    }
    code
}

/// Where a TOML text ends, behind its closing mark; `None` if a text on one line is not closed there.
fn closing_quote(text: &str, body: usize, closing: &str, has_escapes: bool) -> Option<usize> {
    let mut at = body;
    loop {
        let rest = text.get(at..)?;
        if rest.starts_with(closing) {
            return Some(at + closing.len());
        }
        let c = rest.chars().next()?;
        if c == '\n' && closing.len() == 1 {
            return None;
        }
        at += c.len_utf8();
        if c == '\\' && has_escapes {
            at += text.get(at..)?.chars().next()?.len_utf8();
        }
    }
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn characters(code: Vec<(usize, char)>) -> String {
        code.into_iter().map(|(_, c)| c).collect()
    }

    #[test]
    fn texts_and_comments_of_toml_are_not_code() {
        let cases = [
            ("a = \"，\" # 注，\nb = 1", "a =  b = 1"),
            ("a = '，'，\"b\\\"；\"", "a = ，"),
            ("a = \"\"\"，\n；\"\"\" : '''“'''", "a =  : "),
            ("a = “中”\nb", "a = “中”\nb"),
            ("a = \"开头”\nb = 2", "a = ”\nb = 2"),
            ("a = \"\"", "a = "),
        ];
        for (text, code) in cases {
            assert_eq!(characters(toml_code(text)), code, "{text}");
        }
    }

    #[test]
    fn texts_and_comments_of_sql_are_not_code() {
        let cases = [
            ("SELECT '，' -- 注，\n, \"列，\"", "SELECT  \n, "),
            ("/* ， */ a ， b", " a ， b"),
            ("'it''s，' x", " x"),
            ("class = 'rodent’\nAND", "class = ’\nAND"),
            ("class = 'rodent’\nAND review = 'x'", "class = ’x"),
        ];
        for (text, code) in cases {
            assert_eq!(characters(sql_code(text)), code, "{text}");
        }
    }

    #[test]
    fn one_finding_a_line_says_what_to_write() {
        let text = "a ， b ；\nc　d";
        let found = full_width(Path::new("x"), text, sql_code(text), "'").0;
        assert_eq!(found.iter().map(|one| one.position).collect::<Vec<_>>(), [Some((1, 3)), Some((2, 2))]);
        assert!(
            found[0]
                .help
                .as_ref()
                .is_some_and(|help| help.en.starts_with("write `,`") && help.zh.starts_with("应为 `,`"))
        );
    }
}
