//! Comments that allow a warning: `allow CODE: reason`, behind `//`, `--` or `#`, on the line of the warning or the
//! line above it. The reason is for the next reader; an `allow` without one, or one that allows nothing, is a warning
//! itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::code::Code;
use super::suggest::did_you_mean;
use super::{Diagnostic, Diagnostics, Severity};
use crate::language::{Bilingual, say};

/// One `allow` that reads as one.
struct Allow {
    file: PathBuf,
    line: usize,
    code: &'static str,
    span: std::ops::Range<usize>,
}

/// Takes out the warnings that the files' comments allow, and adds what is wrong with these comments. `files` are paths
/// as the diagnostics name them, with their texts; a comment that allows a code of `not_asked` is never unused.
pub fn apply(found: Diagnostics, files: &BTreeMap<PathBuf, &str>, not_asked: &[&str]) -> Diagnostics {
    let mut kept = Diagnostics::default();
    let mut allows = Vec::new();
    for (file, text) in files {
        read(file, text, &mut allows, &mut kept);
    }
    let mut used = vec![false; allows.len()];
    for finding in found.0 {
        let allowed_by = |allow: &Allow| {
            let line = finding.position.map_or(1, |(line, _)| line);
            finding.severity == Severity::Warning
                && allow.code == finding.code
                && allow.file == finding.file
                && (allow.line == line || allow.line + 1 == line)
        };
        match allows.iter().position(allowed_by) {
            Some(place) => used[place] = true,
            None => kept.push(finding),
        }
    }
    for (allow, _) in allows.iter().zip(used).filter(|(allow, used)| !used && !not_asked.contains(&allow.code)) {
        let code = allow.code;
        let message = say!("这里没有 `{code}` 警告", "there is no `{code}` here to allow");
        let help = Bilingual::new("请删去这条 allow 注释", "take the comment out");
        let text = files.get(&allow.file).copied().unwrap_or_default();
        kept.push(Diagnostic::at("check/unused-allow", &allow.file, text, allow.span.clone(), message).with_help(help));
    }
    kept
}

fn read(file: &Path, text: &str, allows: &mut Vec<Allow>, problems: &mut Diagnostics) {
    let marks = match file.extension().and_then(|extension| extension.to_str()) {
        Some("rhai") => ["//", "#"].as_slice(),
        Some("sql") => ["--"].as_slice(),
        Some("toml") => ["#"].as_slice(),
        _ => return,
    };
    let mut start = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if let Some((at, words)) = comment(line, marks) {
            let span = start + at..start + line.trim_end().len();
            match code_of(words) {
                Some(Ok(code)) => allows.push(Allow { file: file.to_owned(), line: index + 1, code, span }),
                Some(Err((message, help))) => {
                    problems.push(Diagnostic::at("check/allow", file, text, span, message).with_help(help));
                }
                None => {}
            }
        }
        start += line.len();
    }
}

/// What stands behind a comment mark and begins with `allow`, with its place in the line.
fn comment<'l>(line: &'l str, marks: &[&str]) -> Option<(usize, &'l str)> {
    let is_allow = |at: &usize| {
        let before = line[..*at].trim_end();
        marks.iter().any(|mark| before.ends_with(mark))
    };
    let at = line.match_indices("allow ").map(|(at, _)| at).find(is_allow)?;
    Some((at, line[at..].trim_end()))
}

/// `allow CODE: reason`; nothing if the words name no code at all, which are then prose.
fn code_of(words: &str) -> Option<Result<&'static str, (Bilingual, Bilingual)>> {
    let rest = words.strip_prefix("allow ")?.trim_start();
    let end = rest.find([':', '：', ' ']).unwrap_or(rest.len());
    let (name, reason) = rest.split_at(end);
    if !name.contains('/') {
        return None;
    }
    let Some(code) = Code::named(name) else {
        let known = super::code::CODES.iter().filter(|code| code.severity == Severity::Warning);
        let help = did_you_mean(name, known.map(|code| code.name))
            .unwrap_or_else(|| Bilingual::new("代码见警告开头", "the code stands at the head of the warning"));
        return Some(Err((say!("没有代码 `{name}`", "there is no code `{name}`"), help)));
    };
    if code.severity == Severity::Error {
        let message = say!("`{name}` 是错误，不能允许", "`{name}` is an error and cannot be allowed");
        return Some(Err((message, Bilingual::new("请改正错误本身", "mend the error itself"))));
    }
    if reason.trim_start_matches([':', '：', ' ']).trim().is_empty() {
        let help = say!("写明理由：allow {name}: 理由", "say why: allow {name}: reason");
        return Some(Err((Bilingual::new("allow 注释没有写明理由", "the `allow` gives no reason"), help)));
    }
    Some(Ok(code.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str, line: usize) -> Vec<&'static str> {
        let file = PathBuf::from("a.rhai");
        let found = Diagnostic::at_position("rule/integer-division", &file, text, line, 1, "x");
        let files = BTreeMap::from([(file, text)]);
        apply(found.into(), &files, &[]).0.iter().map(|one| one.code).collect()
    }

    #[test]
    fn a_warning_is_allowed_on_its_line_or_from_the_line_above() {
        let cases: [(&str, usize, &[&str]); 8] = [
            ("a / b // allow rule/integer-division: 取整", 1, &[]),
            ("// allow rule/integer-division：整除\na / b", 2, &[]),
            ("// allow rule/integer-division: why\n\na / b", 3, &["rule/integer-division", "check/unused-allow"]),
            ("// allow rule/integer-division\na / b", 2, &["check/allow", "rule/integer-division"]),
            ("// allow rule/integer-divison: why\na / b", 2, &["check/allow", "rule/integer-division"]),
            ("// allow rule/unknown-feature: why\na / b", 2, &["check/allow", "rule/integer-division"]),
            ("// we allow rule/integer-division: prose\na / b", 2, &["rule/integer-division"]),
            ("// allow some days\na / b", 2, &["rule/integer-division"]),
        ];
        for (text, line, expected) in cases {
            assert_eq!(left(text, line), expected, "{text}");
        }
    }
}
