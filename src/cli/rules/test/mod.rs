//! `yujing rules test`: do the rules do what their cases say? Connects to nothing.
//!
//! - `words`: what is said, in both languages
//! - `text`: the report for people, with the timeline of what failed
//! - `document`: the same as JSON
//! - `junit`: the same for CI systems

mod document;
mod failure;
mod junit;
mod text;
mod words;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::error::{Detail, ErrorDomain};
use yujing_base::language::Bilingual;
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;
use yujing_workbench::case::{self, Case, CaseFile, CaseResult, Examples, ExecutionMode, RuleCoverage, Suite};

use super::folder::{Folder, Folders};
use crate::{Context, Failure, Language, output};

/// How to print the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document on standard output, wrong files included.
    Json,
}

/// Arguments of `yujing rules test`.
#[derive(Debug, Args)]
pub struct Test {
    /// Only cases whose rule, name or file contains this
    filter: Option<String>,
    #[command(flatten)]
    folder: Folder,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the report also as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Also show which rule lacks a positive, negative, boundary or retraction case
    #[arg(long)]
    coverage: bool,
    /// Also list the cases that hold
    #[arg(long, short)]
    verbose: bool,
    /// Of the order in which records of one instant are shuffled
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

/// Everything that a report shows.
struct Report<'a> {
    ruleset: String,
    seed: u64,
    cases: &'a [(&'a CaseFile, &'a Case)],
    /// In the order of `cases`.
    results: Vec<CaseResult>,
    coverage: Option<Vec<RuleCoverage>>,
    took: Duration,
}

impl Report<'_> {
    fn failed(&self) -> usize {
        self.results.iter().filter(|result| !result.failures.is_empty()).count()
    }

    /// How many cases were run in a way.
    fn runs(&self, mode: ExecutionMode) -> usize {
        self.results.iter().filter(|result| result.modes.contains(&mode)).count()
    }
}

impl Test {
    /// # Errors
    /// If a case does not hold; if files are wrong, every problem, as a failure of configuration.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let folders = self.folder.find(context)?;
        match (self.test(&folders), self.format) {
            (Err(Failure::Error { domain, detail: Some(Detail::Findings(problems)), .. }), Format::Json) => {
                output::json(&document::of_problems(&problems))?;
                Err(Failure::Reported(domain))
            }
            (outcome, _) => outcome,
        }
    }

    fn test(&self, folders: &Folders) -> Result<(), Failure> {
        let began = Instant::now();
        let sources = folders.sources()?;
        let loaded = load(folders, &sources)?;
        let cases = self.chosen(&loaded.files)?;
        let coverage = self.coverage.then(|| case::coverage(&loaded.files, &loaded.ruleset));
        let ruleset = loaded.ruleset.hash.clone();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let suite = Suite { sources: &sources, examples: &loaded.examples, cases, seed: self.seed, threads };
        let again = || folders.ruleset(&sources).and_then(|again| same(folders, again, &ruleset));
        let results = suite.run(loaded.ruleset, &again)?;
        let report = Report { ruleset, seed: self.seed, cases: &suite.cases, results, coverage, took: began.elapsed() };
        if let Some(file) = &self.junit {
            junit::write(&report, self.lang, file)?;
        }
        match self.format {
            Format::Text => output::line(&text::report(&report, self.lang, self.verbose))?,
            Format::Json => output::json(&document::of_report(&report))?,
        }
        if report.failed() > 0 { Err(Failure::Reported(ErrorDomain::User)) } else { Ok(()) }
    }

    /// The cases that the filter leaves.
    fn chosen<'a>(&self, files: &'a [CaseFile]) -> Result<Vec<(&'a CaseFile, &'a Case)>, Failure> {
        let filter = self.filter.as_deref().unwrap_or_default();
        let all = || files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case)));
        let fits = |(file, case): &(&CaseFile, &Case)| {
            let path = file.path.to_string_lossy();
            [file.rule.as_str(), case.name.as_str(), &path].iter().any(|text| text.contains(filter))
        };
        let chosen: Vec<_> = all().filter(fits).collect();
        if chosen.is_empty() {
            let near = did_you_mean(filter, files.iter().map(|file| file.rule.as_str()));
            let (zh, en) = near.map(|near| (near.zh, near.en)).unwrap_or_default();
            return Err(Failure::user(match self.lang {
                Language::Zh => format!("没有与“{filter}”相符的用例。{zh}"),
                Language::En => format!("no case fits `{filter}`. {en}"),
            }));
        }
        Ok(chosen)
    }
}

/// What the cases need.
struct Loaded {
    ruleset: Ruleset,
    examples: Examples,
    files: Vec<CaseFile>,
}

/// Loads the ruleset and the cases and checks these against it.
fn load(folders: &Folders, sources: &Arc<Sources>) -> Result<Loaded, Diagnostics> {
    let ruleset = folders.ruleset(sources)?;
    let examples = Examples::load(&folders.schemas, sources)?;
    let files = case::load(&folders.rules.join("cases"))?;
    let problems = case::check(&files, sources, &ruleset, &examples);
    problems.into_result(Loaded { ruleset, examples, files })
}

/// Refuses files that somebody saved while they were being read.
fn same(folders: &Folders, again: Ruleset, hash: &str) -> Result<Ruleset, Diagnostics> {
    if again.hash == hash {
        return Ok(again);
    }
    let message = Bilingual::new("运行用例期间规则有改动", "the rules were changed while they were being tested");
    let help = Bilingual::new("请再运行一次", "run it again");
    Err(Diagnostic::file("ruleset/changed", &folders.rules, message).with_help(help).into())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use yujing_workbench::{rules_folder, schemas_folder};

    use super::*;

    #[test]
    fn a_file_saved_by_somebody_else_meanwhile_is_reported_in_both_languages() {
        let sources = schemas_folder::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas")))
            .expect("the schemas load");
        let rules = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/it/checks/sound"));
        let load = || rules_folder::load(&rules, &sources).expect("the rules load");
        let folders = Folders { rules: PathBuf::from("rules"), schemas: PathBuf::from("schemas") };
        let hash = load().hash;
        assert!(same(&folders, load(), &hash).is_ok());
        let found = same(&folders, load(), "another").expect_err("they differ");
        let texts = [Language::En, Language::Zh].map(|language| found.render_in(language, false));
        insta::assert_snapshot!(texts.concat());
    }
}
