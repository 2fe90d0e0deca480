//! Trial (试算): every feature is computed once over made-up records before anybody relies on it. What fails on all of
//! them can never work; what fails on some is reported with the record.

mod culprit;
mod finite;
mod sample;
mod subexpression;

use yujing_base::diagnostic::Diagnostics;
use yujing_base::language::{Bilingual, say};

use self::finite::without_number;
use self::sample::{NOW, SampleRecords, now};
use self::subexpression::Subexpression;
use crate::feature::feature_column::NO_NUMBER;
use crate::feature::file::FeatureFile;
use crate::feature::file_result::FileResult;
use crate::feature::plan::file_plans::FilePlans;
use crate::feature::plan::slot::PlanSlot;
use crate::feature::session::functions::Functions;
use crate::source::Source;

/// What can never work in a file that does not even plan: a date that is none, a text that is no number.
pub fn constants(file: &FeatureFile, functions: &Functions, slot: &mut PlanSlot) -> Diagnostics {
    let mut found = Diagnostics::default();
    for parts in subexpression::levels(file, functions) {
        found.extend(report_never_working(file, &parts, None, slot));
        if found.has_errors() {
            break;
        }
    }
    found
}

/// Tries a file that plans.
pub fn run(file: &FeatureFile, source: &Source, functions: &Functions, plans: &mut FilePlans) -> Diagnostics {
    let records = SampleRecords::of(source, NOW * 1_000_000);
    for parts in subexpression::levels(file, functions) {
        let found = report_never_working(file, &parts, Some(&records), plans.slot());
        if found.has_errors() {
            return found;
        }
    }
    report_failing(file, &records, plans)
}

/// The parts that give no value for any record and fail in the same words for all: a pattern that is none, an unknown
/// unit. Without records, those that do not plan.
fn report_never_working(
    file: &FeatureFile,
    parts: &[Subexpression],
    records: Option<&SampleRecords>,
    slot: &mut PlanSlot,
) -> Diagnostics {
    let mut found = Diagnostics::default();
    if let Some(records) = records
        && subexpression::all_work(file, parts, records, slot)
    {
        return found;
    }
    let outer = parts.iter().filter(|part| !part.is_covered());
    let suspects: Vec<_> = outer.filter(|part| part.fails(file, records, slot)).collect();
    let mut reported: Vec<&Subexpression> = Vec::new();
    for part in parts.iter().filter(|part| suspects.iter().any(|outer| outer.is_around(part))) {
        // What is around a part that cannot work cannot either.
        if reported.iter().any(|inner| part.is_around(inner)) {
            continue;
        }
        let Some(words) = part.never_works(file, records, slot) else { continue };
        let message = if part.is_constant() {
            let shown = part.shown();
            say!("`{shown}` 无法求值", "`{shown}` has no value")
        } else {
            Bilingual::new("此处对任何记录都会出错", "this fails on every record")
        };
        let help = Bilingual::new(
            "请核对其中的常量：正则表达式、日期、单位、格式",
            "look at the constants in it: a pattern, a date, a unit, a format",
        );
        found.push(file.sql.at("feature/never-works", part.span(), message).with_detail(words).with_help(help));
        reported.push(part);
    }
    found
}

/// The columns that fail on some made-up record.
fn report_failing(file: &FeatureFile, records: &SampleRecords, plans: &mut FilePlans) -> Diagnostics {
    let mut found = Diagnostics::default();
    let FileResult { batches, mut failures } = plans.run(file, &records.rows, now());
    for batch in &batches {
        for place in 0..file.columns.len() {
            for operator in without_number(batch, place + 1) {
                failures.entry(operator).or_default().insert(place, NO_NUMBER.into());
            }
        }
    }
    for (place, column) in file.columns.iter().enumerate() {
        let failed = records.labels.iter().enumerate().find_map(|(number, label)| {
            let words = failures.get(&sample::operator(number))?.get(&place)?;
            Some((number, label, words))
        });
        let Some((number, label, words)) = failed else { continue };
        let record = records.rows.slice(number, 1);
        let span = culprit::part_that_fails(file, column, &record, plans.slot()).unwrap_or(column.span);
        let name = &column.name;
        let message = if label.is_empty() {
            say!("仅有一条普通记录时，指标 `{name}` 出错", "feature `{name}` fails on a single ordinary record")
        } else {
            say!("记录中 {label} 时，指标 `{name}` 出错", "feature `{name}` fails on a record with {label}")
        };
        let help = Bilingual::new(
            "届时该指标未知，评分注明不完整：除法写 `a / nullif(b, 0)`，转换写 TRY_CAST，或者用 FILTER、CASE WHEN ... THEN ... END 防护",
            "there the feature is unknown and the score degraded: divide by `nullif(b, 0)`, convert with TRY_CAST, or guard it \
             with FILTER or CASE WHEN ... THEN ... END",
        );
        found.push(file.sql.at("feature/fails", span, message).with_detail(words.to_string()).with_help(help));
    }
    found
}
