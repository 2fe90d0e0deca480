//! `rules/checks.md` and `rules/checks.zh-CN.md`: every code with what it means and what is said of an example.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use yujing_base::diagnostic::code::{ANALYSTS_KINDS, CODES, Code};
use yujing_base::diagnostic::{Diagnostics, Severity};
use yujing_base::language::Language;

use super::slips::{found, shown, slips};

/// Codes that no change of a rules folder brings about.
const WITHOUT_EXAMPLE: [(&str, &str, &str); 6] = [
    ("feature/session", "程序本身的问题", "a matter of the program"),
    ("rule/statement", "现有语法中不会出现", "no statement of today's Rhai"),
    ("routing/unrouted", "只在用 --register 给出登记信息时检查", "asked only where --register names the register"),
    ("check/stopped", "只在控制台检查草稿时出现", "found only where the console checks a draft"),
    ("ruleset/changed", "运行用例时才会出现", "found when cases run"),
    (
        "case/no-example",
        "运行用例时才会出现：见数据规范的示例",
        "found when cases run: see the examples of the schemas",
    ),
];

const PAGES: [(Language, &str); 2] = [(Language::En, "rules/checks.md"), (Language::Zh, "rules/checks.zh-CN.md")];

fn head(language: Language) -> &'static str {
    language.pick(
        "# 检查代码\n\n<!-- 本页由测试生成，请勿手改：UPDATE_CHECKS_REFERENCE=1 cargo test --release --test it checks:: -->\n\n\
         `yujing rules check` 给出的每一种提示：含义和示例。错误（error）使规则集不予加载，警告（warning）只作提示。\
         单独查看某一种：`yujing rules check --explain 代码`。确属有意的警告，可在所在行或者上一行写注释 `allow 代码: 理由`\
         （规则用 `//`，SQL 用 `--`，TOML 用 `#`）。English: [checks.md](checks.md)\n",
        "# Check codes\n\n<!-- Written by a test, do not edit: UPDATE_CHECKS_REFERENCE=1 cargo test --release --test it checks:: -->\n\n\
         Everything that `yujing rules check` can say, with an example. An error refuses the ruleset, a warning is told only.\n\
         One alone: `yujing rules check --explain CODE`. A warning that is meant is allowed by a comment on its line or the line\n\
         above, `allow CODE: reason` (`//` in rules, `--` in SQL, `#` in TOML). 中文版：[checks.zh-CN.md](checks.zh-CN.md)\n",
    )
}

fn heading(kind: &str, language: Language) -> &'static str {
    let (zh, en) = match kind {
        "file" => ("各类文件", "Any file"),
        "check" => ("允许警告的注释", "Comments that allow a warning"),
        "ruleset" => ("规则集", "The ruleset as a whole"),
        "policy" => ("ruleset.toml", "ruleset.toml"),
        "calendar" => ("calendar.toml", "calendar.toml"),
        "laws" => ("laws.toml", "laws.toml"),
        "modifiers" => ("modifiers.toml", "modifiers.toml"),
        "routing" => ("routing.toml", "routing.toml"),
        "handling" => ("handling.toml", "handling.toml"),
        "feature" => ("指标（SQL）", "Features (SQL)"),
        "rule" => ("规则（Rhai）", "Rules (Rhai)"),
        "case" => ("用例", "Cases"),
        other => panic!("no heading for {other}"),
    };
    language.pick(zh, en)
}

fn page(language: Language, examples: &BTreeMap<String, String>) -> String {
    let mut page = head(language).to_owned();
    for kind in ANALYSTS_KINDS {
        write!(page, "\n## {}\n", heading(kind, language)).expect("written");
        for code in CODES.iter().filter(|code| code.kind() == kind) {
            let Code { name, severity, zh, en } = code;
            let severity = match severity {
                Severity::Error => language.pick("错误", "error"),
                Severity::Warning => language.pick("警告", "warning"),
            };
            write!(page, "\n### `{name}` ({severity})\n\n{}", language.pick(zh, en)).expect("written");
            match (examples.get(*name), WITHOUT_EXAMPLE.iter().find(|(without, ..)| without == name)) {
                (Some(example), None) => write!(page, "\n\n```text\n{}\n```\n", example.trim_end()).expect("written"),
                (None, Some((_, zh, en))) => {
                    writeln!(page, "{}", language.pick(&format!("（{zh}）"), &format!(" ({en})"))).expect("written");
                }
                (given, _) => panic!("{name}: an example or a reason for none, not both: {given:?}"),
            }
        }
    }
    page
}

/// What is said of the first slip of each code.
fn examples(language: Language) -> BTreeMap<String, String> {
    let mut examples = BTreeMap::new();
    for slip in slips() {
        if examples.contains_key(&slip.code) {
            continue;
        }
        let folder = slip.folder();
        let of_code = found(folder.path()).0.into_iter().filter(|one| one.code == slip.code).take(1);
        let text = shown(&Diagnostics(of_code.collect()), folder.path(), language);
        let without_code: Vec<_> = text.lines().skip(2).collect();
        examples.insert(slip.code, without_code.join("\n"));
    }
    examples
}

#[test]
fn the_reference_says_what_the_check_says() {
    for (language, path) in PAGES {
        let expected = page(language, &examples(language));
        if std::env::var_os("UPDATE_CHECKS_REFERENCE").is_some() {
            fs::write(path, &expected).expect("the reference is written");
        }
        let written = fs::read_to_string(path).unwrap_or_default();
        assert!(written == expected, "{path} is out of date; its first lines say how to write it anew");
    }
}

/// Codes as they stand in the source: `"rule/coalesce"` and the like.
fn codes_of_the_source() -> BTreeSet<String> {
    let mut texts = String::new();
    read_all(Path::new("src"), &mut texts);
    let kinds: BTreeSet<&str> = CODES.iter().map(Code::kind).collect();
    let is_code = |text: &str| {
        text.split_once('/').is_some_and(|(kind, name)| {
            kinds.contains(kind) && !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        })
    };
    texts.split('"').filter(|text| is_code(text)).map(str::to_owned).collect()
}

fn read_all(folder: &Path, texts: &mut String) {
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        let is_table = path.ends_with("diagnostic/code.rs");
        if path.is_dir() {
            read_all(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_table {
            texts.push_str(&fs::read_to_string(&path).expect("the file is readable"));
        }
    }
}

#[test]
fn every_code_of_the_source_is_listed_and_no_other() {
    let listed: BTreeSet<String> = CODES.iter().map(|code| code.name.to_owned()).collect();
    assert_eq!(codes_of_the_source(), listed);
}
