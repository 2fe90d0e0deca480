//! A ruleset is proved by its own cases; and why one does not come into force.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::case::suite::Load;
use crate::case::{self, CaseResult, Examples, Suite, Way};
use crate::diagnostic::{Diagnostics, Severity};
use crate::engine::folder::named;
use crate::engine::{Files, Ruleset};
use crate::language::{Bilingual, Language};
use crate::source::Sources;

/// Most cases that are told by name when they fail.
const MOST_CASES: usize = 20;
/// Of the shuffles: the same as that of `yujing rules test`.
const SEED: u64 = 1;

/// Why a ruleset does not come into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// In one sentence.
    pub reason: Bilingual,
    /// What is wrong with the files.
    pub problems: Vec<Value>,
    /// The same to be read, with source lines and carets; or the cases that fail.
    pub report: Bilingual,
}

impl Refusal {
    /// For a reason that stands alone.
    pub fn because(zh: impl Into<String>, en: impl Into<String>) -> Self {
        let nothing = Bilingual { zh: String::new(), en: String::new() };
        Self { reason: Bilingual { zh: zh.into(), en: en.into() }, problems: Vec::new(), report: nothing }
    }

    /// For cases that do not hold.
    fn of_cases(failing: &[&CaseResult]) -> Self {
        let count = failing.len();
        let told = || failing.iter().take(MOST_CASES).flat_map(|result| told_case(result));
        let report = Bilingual {
            zh: told().map(|line| line.zh).collect::<Vec<_>>().join("\n"),
            en: told().map(|line| line.en).collect::<Vec<_>>().join("\n"),
        };
        Self { report, ..Self::because(format!("{count}个用例不符"), format!("{count} cases do not hold")) }
    }
}

/// One line for each thing that is not as a case expects.
fn told_case(result: &CaseResult) -> Vec<Bilingual> {
    let mut lines = Vec::new();
    for failure in &result.failures {
        let place = format!("{}:{}: {}: {}", result.file.display(), failure.line, result.rule, result.name);
        let way = if failure.way == Way::AsWritten { String::new() } else { format!(" ({})", failure.way.as_str()) };
        for difference in &failure.differences {
            let (subject, expected, got) = (difference.subject.as_str(), &difference.expected, &difference.got);
            lines.push(Bilingual {
                zh: format!("{place}：{subject} 应为 {expected}，实为 {got}{way}"),
                en: format!("{place}: {subject}: expected {expected}, got {got}{way}"),
            });
        }
        if let Some(reason) = &failure.halted {
            let line = |colon: &str| format!("{place}{colon}{reason}{way}");
            lines.push(Bilingual { zh: line("："), en: line(": ") });
        }
    }
    lines
}

impl From<Diagnostics> for Refusal {
    fn from(problems: Diagnostics) -> Self {
        let count = problems.count(Severity::Error);
        let report = |language| problems.render_in(language, false);
        Self {
            problems: problems.bounded().0.iter().map(|problem| json!(problem)).collect(),
            report: Bilingual { zh: report(Language::Zh), en: report(Language::En) },
            ..Self::because(format!("规则文件有{count}处问题"), format!("{count} problems in the files of rules"))
        }
    }
}

/// Runs the cases of a ruleset. `load` builds it again; the examples in `schemas` give the fields that cases leave out.
///
/// # Errors
/// If a case does not hold or cannot be told.
pub fn prove(
    folder: &Path,
    cases: &Files,
    ruleset: Ruleset,
    load: Load<'_>,
    sources: &Arc<Sources>,
    schemas: &Path,
) -> Result<(), Refusal> {
    if cases.is_empty() {
        return Ok(());
    }
    let files = case::parse(&named(folder, cases))?;
    let examples = Examples::load(schemas, sources).map_err(Diagnostics::from)?;
    case::check(&files, sources, &ruleset, &examples).into_result(())?;
    let cases = files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case))).collect();
    // One thread: the others are the engine's.
    let suite = Suite { sources, examples: &examples, cases, seed: SEED, threads: 1 };
    let results = suite.run(ruleset, load)?;
    let failing: Vec<&CaseResult> = results.iter().filter(|result| !result.failures.is_empty()).collect();
    if failing.is_empty() { Ok(()) } else { Err(Refusal::of_cases(&failing)) }
}

/// What is told of a panic.
pub fn defect() -> Refusal {
    Refusal::because(
        "程序在检查规则时出现缺陷，详见日志",
        "a defect of the program while it checked the rules; its log tells more",
    )
}
