//! A ruleset is proved by its own cases.

use std::path::Path;
use std::sync::Arc;

use yujing_base::diagnostic::Diagnostics;
use yujing_base::language::Bilingual;
use yujing_core::ruleset::files::named;
use yujing_core::ruleset::{Files, Ruleset, RulesetRefusal};
use yujing_core::source::Sources;
use yujing_workbench::case::suite::RulesetLoader;
use yujing_workbench::case::{self, CaseResult, Examples, ExecutionMode, Suite};

/// Most failing cases that a refusal describes.
const MOST_CASES: usize = 20;
/// Of the shuffles: the same as that of `yujing rules test`.
const SEED: u64 = 1;

/// For cases that do not hold.
fn refusal_of_cases(failing: &[&CaseResult]) -> RulesetRefusal {
    let count = failing.len();
    let lines: Vec<Bilingual> = failing.iter().take(MOST_CASES).flat_map(|result| failure_lines(result)).collect();
    let report = Bilingual {
        zh: lines.iter().map(|line| &*line.zh).collect::<Vec<_>>().join("\n"),
        en: lines.iter().map(|line| &*line.en).collect::<Vec<_>>().join("\n"),
    };
    let refusal = RulesetRefusal::because(format!("{count}个用例不符"), format!("{count} cases do not hold"));
    RulesetRefusal { report, ..refusal }
}

/// One line for each thing that is not as a case expects.
fn failure_lines(result: &CaseResult) -> Vec<Bilingual> {
    let mut lines = Vec::new();
    for failure in &result.failures {
        let place = format!("{}:{}: {}: {}", result.file.display(), failure.line, result.rule, result.name);
        let way = if failure.mode == ExecutionMode::AsWritten {
            String::new()
        } else {
            format!(" ({})", failure.mode.as_str())
        };
        for difference in &failure.differences {
            let (subject, expected, got) = (difference.subject.as_str(), &difference.expected, &difference.got);
            lines.push(Bilingual {
                zh: format!("{place}：{subject} 应为 {expected}，实为 {got}{way}"),
                en: format!("{place}: {subject}: expected {expected}, got {got}{way}"),
            });
        }
        if let Some(reason) = &failure.error {
            let line = |colon: &str| format!("{place}{colon}{reason}{way}");
            lines.push(Bilingual { zh: line("："), en: line(": ") });
        }
    }
    lines
}

/// Runs the cases of a ruleset. `load` builds it again; the examples in `schemas` give the fields that cases leave out.
///
/// # Errors
/// If a case does not hold or cannot be run.
pub fn prove(
    folder: &Path,
    cases: &Files,
    ruleset: Ruleset,
    load: RulesetLoader<'_>,
    sources: &Arc<Sources>,
    schemas: &Path,
) -> Result<(), RulesetRefusal> {
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
    if failing.is_empty() { Ok(()) } else { Err(refusal_of_cases(&failing)) }
}

/// After a panic.
pub fn defect() -> RulesetRefusal {
    RulesetRefusal::because(
        "程序在检查规则时出现缺陷，详见日志",
        "a defect of the program while it checked the rules; its log tells more",
    )
}
