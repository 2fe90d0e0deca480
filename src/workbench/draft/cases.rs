//! How the cases of a draft go, with the timeline of those that do not hold.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use yujing_base::diagnostic::Diagnostics;
use yujing_core::warning::{Level, Step};

use super::{Draft, diagnostics};
use crate::case::{self, Case, CaseFailure, CaseFile, CaseKind, CaseResult, Examples, ExecutionMode, Suite};

/// Of the shuffles: the same as that of `yujing rules test`.
const SEED: u64 = 1;
/// As much of an entry is shown, in characters.
const MOST_ENTRY_CHARS: usize = 240;

/// How cases went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CasesReport {
    /// The files are in order, and every case that was run holds.
    pub ok: bool,
    pub diagnostics: Vec<Value>,
    pub cases: Vec<CaseReport>,
    pub failed: usize,
}

/// How one case went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseReport {
    pub path: String,
    pub line: usize,
    pub rule: String,
    pub name: String,
    pub kinds: Vec<CaseKind>,
    pub passed: bool,
    pub modes: Vec<ExecutionMode>,
    pub failures: Vec<Value>,
    /// Empty if it holds.
    pub timeline: Vec<EntryReport>,
}

/// An entry of a case that does not hold, and what the operator was after it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryReport {
    pub entry: usize,
    pub at: Timestamp,
    pub line: usize,
    /// As it stands in the file.
    pub written: String,
    pub score: Option<i64>,
    pub level: Option<Level>,
    pub steps: Vec<Step>,
}

impl Draft<'_> {
    /// Runs the cases whose rule, name or file contains `filter`, as `yujing rules test` does.
    pub fn run_cases(&self, filter: &str) -> CasesReport {
        match self.results(filter) {
            Ok(cases) => {
                let failed = cases.iter().filter(|case| !case.passed).count();
                CasesReport { ok: failed == 0, diagnostics: Vec::new(), cases, failed }
            }
            Err(found) => CasesReport { ok: false, diagnostics: diagnostics(&found), cases: Vec::new(), failed: 0 },
        }
    }

    fn results(&self, filter: &str) -> Result<Vec<CaseReport>, Diagnostics> {
        let ruleset = self.build()?;
        let examples = Examples::load(self.schemas, self.sources)?;
        let files = case::parse(&yujing_core::ruleset::files::named(self.folder, self.cases))?;
        case::check(&files, self.sources, &ruleset, &examples).into_result(())?;
        let fits = |(file, case): &(&CaseFile, &Case)| {
            let path = file.path.to_string_lossy();
            [file.rule.as_str(), case.name.as_str(), &path].iter().any(|text| text.contains(filter))
        };
        let cases = files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case))).filter(fits);
        let suite =
            Suite { sources: self.sources, examples: &examples, cases: cases.collect(), seed: SEED, threads: 1 };
        let results = suite.run(ruleset, &|| self.build())?;
        Ok(suite.cases.iter().zip(&results).map(|((file, case), result)| report(file, case, result)).collect())
    }
}

fn report(file: &CaseFile, case: &Case, result: &CaseResult) -> CaseReport {
    let entries = case.timeline.iter().enumerate().filter(|_| !result.failures.is_empty());
    let timeline = entries.map(|(place, entry)| {
        let state = result.timeline.iter().find(|state| state.entry == place);
        EntryReport {
            entry: place,
            at: entry.at,
            line: entry.line,
            written: written(file.text.get(entry.span.clone()).unwrap_or_default()),
            score: state.map(|state| state.score),
            level: state.map(|state| state.level),
            steps: state.map(|state| state.steps.clone()).unwrap_or_default(),
        }
    });
    CaseReport {
        path: file.path.display().to_string(),
        line: result.line,
        rule: result.rule.clone(),
        name: result.name.clone(),
        kinds: result.kinds.clone(),
        passed: result.failures.is_empty(),
        modes: result.modes.clone(),
        failures: result.failures.iter().map(failure).collect(),
        timeline: timeline.collect(),
    }
}

/// On one line, and not longer than anybody reads.
fn written(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_ENTRY_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn failure(failure: &CaseFailure) -> Value {
    let CaseFailure { mode, entry, line, at, differences, reads, error } = failure;
    let differences: Vec<Value> = differences
        .iter()
        .map(|one| {
            json!({ "subject": one.subject, "of": one.of, "expected": one.expected, "got": one.got, "why": one.why })
        })
        .collect();
    json!({
        "mode": mode, "entry": entry, "line": line, "at": at, "differences": differences, "reads": reads, "halted": error,
    })
}
