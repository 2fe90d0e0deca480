//! The report as JSON.

use serde_json::{Map, Value, json};
use yujing_base::diagnostic::Diagnostics;
use yujing_workbench::case::{CaseFailure, CaseResult, ExecutionMode};

use super::Report;

pub(super) fn of_problems(problems: &Diagnostics) -> Value {
    json!({ "ok": false, "problems": problems.bounded().0, "results": [] })
}

pub(super) fn of_report(report: &Report<'_>) -> Value {
    let results: Vec<Value> = report.results.iter().map(of_result).collect();
    let runs: Map<String, Value> =
        ExecutionMode::ALL.into_iter().map(|mode| (mode.as_str().to_owned(), report.runs(mode).into())).collect();
    let mut document = json!({
        "ok": report.failed() == 0,
        "problems": [],
        "ruleset": report.ruleset,
        "seed": report.seed,
        "cases": results.len(),
        "failed": report.failed(),
        "runs": runs,
        "took_ms": milliseconds(report.took),
        "results": results,
    });
    if let (Some(coverage), Some(members)) = (&report.coverage, document.as_object_mut()) {
        members.insert("coverage".to_owned(), json!(coverage));
    }
    document
}

fn of_result(result: &CaseResult) -> Value {
    json!({
        "rule": result.rule,
        "case": result.name,
        "file": result.file,
        "line": result.line,
        "kinds": result.kinds,
        "ok": result.failures.is_empty(),
        "ways": result.modes,
        "took_ms": milliseconds(result.took),
        "failures": result.failures.iter().map(of_failure).collect::<Vec<_>>(),
        "timeline": result.timeline,
    })
}

fn of_failure(failure: &CaseFailure) -> Value {
    json!({
        "way": failure.mode,
        "entry": failure.entry,
        "line": failure.line,
        "at": failure.at,
        "differences": failure.differences,
        "reads": failure.reads,
        "halted": failure.error,
    })
}

fn milliseconds(took: std::time::Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
