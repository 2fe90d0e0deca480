//! The report for people: what failed on its timeline, which rules lack cases, and a summary.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width, presets};
use yujing_core::feature::FeatureValue;
use yujing_workbench::case::suite::EntryState;
use yujing_workbench::case::{Case, CaseFailure, CaseFile, CaseKind, CaseResult, ExecutionMode, RuleCoverage};

use super::{Report, words};
use crate::{Language, output};

/// As much of an entry is shown.
const MAX_ENTRY_CHARS: usize = 240;
/// The width of a timeline.
const WIDTH: u16 = 130;

/// The whole report, without a newline at its end.
pub(super) fn report(report: &Report<'_>, lang: Language, verbose: bool) -> String {
    let mut parts = Vec::new();
    for ((file, case), result) in report.cases.iter().zip(&report.results) {
        if !result.failures.is_empty() {
            parts.push(failed(file, case, result, lang) + "\n");
        } else if verbose {
            parts.push(format!("✓ {}", headline(result, lang)));
        }
    }
    if let Some(coverage) = &report.coverage {
        parts.push(lacking(coverage, lang) + "\n");
    }
    parts.push(summary(report, lang));
    parts.join("\n")
}

/// What failed of a case, on its timeline.
pub(super) fn failed(file: &CaseFile, case: &Case, result: &CaseResult, lang: Language) -> String {
    let mut text = format!("✗ {}\n  {}:{}\n", headline(result, lang), file.path.display(), case.line);
    if let Some(other) = result.failures.iter().find(|failure| failure.mode != ExecutionMode::AsWritten) {
        let mode = words::mode(other.mode, lang);
        let sentence = match lang {
            Language::Zh => format!("  所写顺序下成立，但{mode}时结果不同。\n"),
            Language::En => format!("  It holds as written, but ends differently {mode}.\n"),
        };
        text.push_str(&sentence);
    }
    text.push_str(&timeline(file, case, result, lang));
    text
}

fn headline(result: &CaseResult, lang: Language) -> String {
    format!("{}{}{}", result.rule, lang.pick("：", ": "), result.name)
}

fn timeline(file: &CaseFile, case: &Case, result: &CaseResult, lang: Language) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    for (index, entry) in case.timeline.iter().enumerate() {
        let failures: Vec<&CaseFailure> = result.failures.iter().filter(|failure| failure.entry == index).collect();
        let mut what = written(file, &entry.span);
        for failure in &failures {
            what.push('\n');
            what.push_str(&differences(failure, &result.rule, lang));
        }
        let state = result.timeline.iter().find(|state| state.entry == index);
        table.add_row([
            Cell::new(if failures.is_empty() { "   " } else { "  ✗" }),
            Cell::new(output::time(entry.at)),
            Cell::new(what),
            Cell::new(state.map(|state| state_text(state, lang)).unwrap_or_default()),
        ]);
    }
    for (column, width) in table.column_iter_mut().zip([5, 21]) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
    }
    table.trim_fmt()
}

/// An entry as it stands in the file, without its time.
fn written(file: &CaseFile, span: &std::ops::Range<usize>) -> String {
    let text = file.text.get(span.clone()).unwrap_or_default();
    let inner = text.trim().trim_start_matches('{').trim_end_matches('}');
    let without_time = match inner.trim_start().strip_prefix("at") {
        Some(rest) => rest.split_once(',').map_or(inner, |(_, rest)| rest),
        None => inner,
    };
    let words: Vec<&str> = without_time.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_ENTRY_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn state_text(state: &EntryState, lang: Language) -> String {
    let level = lang.pick(state.level.zh(), state.level.as_str());
    let steps: Vec<&str> = state.steps.iter().map(|step| lang.pick(step.zh(), step.as_str())).collect();
    let mut state = match lang {
        Language::Zh => format!("{}分 {level}", state.score),
        Language::En => format!("score {} {level}", state.score),
    };
    if !steps.is_empty() {
        let _ = write!(state, " {}", steps.join(lang.pick("、", ", ")));
    }
    state
}

/// Each difference on a line, then what the rule read.
pub(super) fn differences(failure: &CaseFailure, rule: &str, lang: Language) -> String {
    let mut lines = Vec::new();
    for difference in &failure.differences {
        let subject = words::subject(difference, rule, lang);
        let (expected, got) = (words::value(&difference.expected, lang), words::value(&difference.got, lang));
        let as_written = failure.mode == ExecutionMode::AsWritten;
        lines.push(match (lang, as_written) {
            (Language::Zh, true) => format!("  {subject}：预期 {expected}，实际 {got}"),
            (Language::Zh, false) => format!("  {subject}：按所写顺序为 {expected}，此次为 {got}"),
            (Language::En, true) => format!("  {subject}: expected {expected}, got {got}"),
            (Language::En, false) => format!("  {subject}: as written {expected}, this time {got}"),
        });
        if let Some(why) = &difference.why {
            lines.push(format!("    {}", words::why(why, lang)));
        }
    }
    if let Some(error) = &failure.error {
        lines.push(format!("  {}{error}", lang.pick("无法继续：", "it could not go on: ")));
    }
    if !failure.reads.is_empty() {
        let reads: Vec<String> =
            failure.reads.iter().map(|(name, value)| format!("{name} = {}", read(value, lang))).collect();
        let what = lang.pick("规则读取的指标：", "the rule read ");
        lines.push(format!("  {what}{}", reads.join(lang.pick("，", ", "))));
    }
    lines.join("\n")
}

fn read(value: &FeatureValue, lang: Language) -> String {
    match value {
        FeatureValue::Unknown => lang.pick("未知", "unknown").to_owned(),
        FeatureValue::Bool(truth) => truth.to_string(),
        FeatureValue::Int(number) => number.to_string(),
        FeatureValue::Float(number) => number.to_string(),
        FeatureValue::Text(text) => format!("\"{text}\""),
    }
}

fn lacking(coverage: &[RuleCoverage], lang: Language) -> String {
    let mut table = output::table([
        lang.pick("规则", "rule"),
        lang.pick("状态", "status"),
        words::kind(CaseKind::Positive, lang),
        words::kind(CaseKind::Negative, lang),
        words::kind(CaseKind::Boundary, lang),
        words::kind(CaseKind::Retraction, lang),
        lang.pick("尚缺", "lacks"),
    ]);
    for rule in coverage {
        let count = |kind| rule.shown.get(&kind).copied().unwrap_or_default();
        let lacks: Vec<&str> = rule.lacks.iter().map(|kind| words::kind(*kind, lang)).collect();
        let [positive, negative, boundary, retraction] = CaseKind::ALL.map(count);
        table.add_row([
            Cell::new(&rule.rule),
            Cell::new(words::status(rule.status, lang)),
            Cell::new(positive),
            Cell::new(negative),
            Cell::new(boundary),
            Cell::new(retraction),
            Cell::new(lacks.join(lang.pick("、", ", "))),
        ]);
    }
    let mut text = table.to_string();
    for rule in coverage {
        for claim in &rule.only_claimed {
            let kind = words::kind(claim.kind, lang);
            let _ = match lang {
                Language::Zh => {
                    write!(text, "\n{}：用例“{}”标注为{kind}，但经过中并未体现，不计入。", rule.rule, claim.case)
                }
                Language::En => {
                    write!(
                        text,
                        "\n{}: the case `{}` says it is {kind}, but its story shows none: not counted.",
                        rule.rule, claim.case
                    )
                }
            };
        }
    }
    let complete = coverage.iter().filter(|rule| rule.lacks.is_empty()).count();
    let _ = match lang {
        Language::Zh => write!(text, "\n{}条规则中，{complete}条四类用例齐全。", coverage.len()),
        Language::En => {
            let have = if coverage.len() == 1 { "has" } else { "have" };
            write!(text, "\n{complete} of {} {have} all four kinds of cases.", plural(coverage.len(), "rule"))
        }
    };
    text
}

fn summary(report: &Report<'_>, lang: Language) -> String {
    let (cases, failed) = (report.results.len(), report.failed());
    let rules = report.results.iter().map(|result| &result.rule).collect::<BTreeSet<_>>().len();
    let modes = ExecutionMode::ALL.into_iter().map(|mode| (mode, report.runs(mode))).filter(|(_, runs)| *runs > 0);
    let modes: Vec<String> = modes.map(|(mode, runs)| format!("{} {runs}", words::mode_name(mode, lang))).collect();
    let (modes, seconds, seed) = (modes.join(lang.pick("、", ", ")), report.took.as_secs_f64(), report.seed);
    let outcome = match (lang, failed) {
        (Language::Zh, 0) => format!("{rules}条规则的{cases}个用例全部成立。"),
        (Language::Zh, _) => format!("{cases}个用例中有{failed}个不成立。"),
        (Language::En, 0) => format!("All {} of {} hold.", plural(cases, "case"), plural(rules, "rule")),
        (Language::En, _) => format!("{failed} of {} failed.", plural(cases, "case")),
    };
    match lang {
        Language::Zh => format!("{outcome}\n运行次数：{modes}；用时{seconds:.1}秒；随机种子{seed}。"),
        Language::En => format!("{outcome}\nRuns: {modes}; {seconds:.1} s; seed {seed}."),
    }
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
