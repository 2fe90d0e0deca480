//! The report as JUnit XML: a suite a file, a case a case.

use std::path::Path;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Report, text};
use crate::{Failure, Language};

/// Writes the report.
///
/// # Errors
/// If the file cannot be written.
pub(super) fn write(report: &Report<'_>, lang: Language, file: &Path) -> Result<(), Failure> {
    let unwritable = |error: String| Failure::external(format!("{} cannot be written: {error}", file.display()));
    let document = document(report, lang).to_string().map_err(|error| unwritable(error.to_string()))?;
    std::fs::write(file, document).map_err(|error| unwritable(error.to_string()))
}

fn document(report: &Report<'_>, lang: Language) -> Document {
    let mut document = Document::new("yujing rules test");
    document.set_time(report.took);
    let mut suite: Option<TestSuite> = None;
    for ((file, case), result) in report.cases.iter().zip(&report.results) {
        let status = match result.failures.first() {
            None => TestCaseStatus::success(),
            Some(failure) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                let reasons = text::differences(failure, &result.rule, lang);
                status
                    .set_message(reasons.lines().next().unwrap_or_default().trim())
                    .set_description(text::failed(file, case, result, lang));
                status
            }
        };
        let mut test = TestCase::new(result.name.as_str(), status);
        test.set_classname(result.rule.as_str()).set_time(result.took);
        test.extra.insert("file".into(), result.file.display().to_string().into());
        test.extra.insert("line".into(), result.line.to_string().into());
        let name = file.path.display().to_string();
        if suite.as_ref().is_some_and(|suite| suite.name.as_str() != name) {
            document.add_test_suites(suite.take());
        }
        suite.get_or_insert_with(|| TestSuite::new(name)).add_test_case(test);
    }
    document.add_test_suites(suite);
    document
}
