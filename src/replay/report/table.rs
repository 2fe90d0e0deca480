//! The report's long lists as CSV, for spreadsheets: UTF-8 with the mark that tells them so.

use std::io::{self, Write};
use std::path::Path;

use yujing_workbench::page::spreadsheet::Spreadsheet;

use super::quality::ScoredOutcome;
use super::{Report, words};
use crate::results::Results;

/// Writes `warnings.csv`, `rules.csv` and, as far as the report has them, `differences.csv`, `outcomes.csv`,
/// `quality.csv` and `budget.csv`. Gives the names of the files.
///
/// # Errors
/// If a file cannot be written.
pub fn write(
    folder: &Path,
    report: &Report,
    results: &Results,
    judged: &[ScoredOutcome],
) -> io::Result<Vec<&'static str>> {
    let mut written = Vec::new();
    let mut file = |name: &'static str, fill: &dyn Fn(&mut Spreadsheet) -> csv::Result<()>| -> io::Result<()> {
        let mut writer = Spreadsheet::new();
        fill(&mut writer)?;
        let text = writer.into_bytes()?;
        std::fs::File::create(folder.join(name))?.write_all(&text)?;
        written.push(name);
        Ok(())
    };
    file("warnings.csv", &|writer| warnings(writer, report, results))?;
    file("rules.csv", &|writer| rules(writer, report))?;
    if !report.differences.is_empty() {
        file("differences.csv", &|writer| differences(writer, report))?;
    }
    if report.outcome.is_some() {
        file("outcomes.csv", &|writer| outcomes(writer, report, judged))?;
        file("quality.csv", &|writer| quality(writer, report))?;
    }
    if report.budget.is_some() {
        file("budget.csv", &|writer| budget(writer, report))?;
    }
    Ok(written)
}

fn warnings(writer: &mut Spreadsheet, report: &Report, results: &Results) -> csv::Result<()> {
    writer.write_record([
        "ruleset",
        "operator_id",
        "name",
        "sub_district",
        "warning_id",
        "step",
        "from",
        "level",
        "at",
        "opened_at",
        "score",
        "rules",
        "decisive",
    ])?;
    for (ruleset, decided) in report.rulesets.iter().zip(&results.rulesets) {
        for step in &decided.steps {
            let attribute = |name: &str| step.card.get(name).map_or("", String::as_str);
            let rules = |wanted: fn(&crate::results::StepFinding) -> bool| {
                let rules: Vec<&str> = step.findings.iter().filter(|one| wanted(one)).map(|one| &*one.rule).collect();
                rules.join(";")
            };
            writer.write_record([
                ruleset.name.as_str(),
                &step.operator,
                attribute("name"),
                attribute(super::warnings::PLACE),
                &step.warning.to_string(),
                step.step.as_str(),
                step.from.as_str(),
                step.to.as_str(),
                &step.at.to_string(),
                &step.opened_at.to_string(),
                &step.score.to_string(),
                &rules(|_| true),
                &rules(|fired| fired.decisive),
            ])?;
        }
    }
    Ok(())
}

fn rules(writer: &mut Spreadsheet, report: &Report) -> csv::Result<()> {
    writer.write_record([
        "ruleset", "rule", "title_zh", "title_en", "family", "in_force", "fires", "warnings", "decisive", "failures",
    ])?;
    for ruleset in &report.rulesets {
        for row in &ruleset.rules {
            writer.write_record([
                ruleset.name.as_str(),
                &row.rule,
                &row.title.zh,
                &row.title.en,
                &row.family,
                if row.in_force { "true" } else { "false" },
                &row.fires.to_string(),
                &row.warnings.to_string(),
                &row.decisive.to_string(),
                &row.failures.to_string(),
            ])?;
        }
    }
    Ok(())
}

fn differences(writer: &mut Spreadsheet, report: &Report) -> csv::Result<()> {
    writer.write_record(["candidate", "step", "only", "operator_id"])?;
    for difference in &report.differences {
        for step in &difference.steps {
            let sides = [("baseline", &step.only_baseline), ("candidate", &step.only_candidate)];
            for (side, operator) in sides.iter().flat_map(|(side, all)| all.iter().map(move |one| (side, one))) {
                writer.write_record([difference.candidate.as_str(), step.step.as_str(), side, operator])?;
            }
        }
    }
    Ok(())
}

fn outcomes(writer: &mut Spreadsheet, report: &Report, judged: &[ScoredOutcome]) -> csv::Result<()> {
    let mut header: Vec<String> = ["operator_id", "at", "day", "outcome", "scored_as_of"].map(str::to_owned).into();
    for ruleset in &report.rulesets {
        header.extend(["score", "level", "score_before_window"].map(|what| format!("{what} {}", ruleset.name)));
    }
    header.extend(["last_result", "smoothed_history"].map(str::to_owned));
    writer.write_record(&header)?;
    for row in judged {
        let outcome = &row.outcome;
        let mut record = vec![
            outcome.operator.to_string(),
            outcome.at.to_string(),
            outcome.day.to_string(),
            outcome.positive.to_string(),
            row.evening.to_string(),
        ];
        for (evening, planned) in row.scored.iter().zip(&row.planned) {
            record.extend([evening.score.to_string(), evening.level.to_string(), planned.score.to_string()]);
        }
        record.extend([format!("{:.6}", row.last_result), format!("{:.6}", row.smoothed)]);
        writer.write_record(&record)?;
    }
    Ok(())
}

fn quality(writer: &mut Spreadsheet, report: &Report) -> csv::Result<()> {
    writer.write_record(["order", "scored", "figure", "value", "low", "high"])?;
    let names: Vec<String> = report.rulesets.iter().map(|ruleset| ruleset.name.clone()).collect();
    for ranker in report.outcome.iter().flat_map(|outcome| &outcome.rankers) {
        let order = words::of_ranker(&ranker.ranker, &names).en;
        let evening = &ranker.quality;
        let planned = &ranker.planned;
        let figures = [
            ("evening", "roc_area", evening.roc_area),
            ("evening", "roc_area_beyond_history", ranker.beyond_history),
            ("evening", "first_half", evening.first_half),
            ("evening", "first_half_beyond_history", ranker.first_half_beyond_history),
            ("evening", "days_earlier", evening.days_earlier),
            ("before_window", "first_half", planned.first_half),
            ("before_window", "days_earlier", planned.days_earlier),
        ];
        for (scored, figure, estimate) in figures {
            let Some(estimate) = estimate else { continue };
            let number = |value: f64| format!("{value:.6}");
            let (value, low, high) = (number(estimate.value), number(estimate.low), number(estimate.high));
            writer.write_record([order.as_str(), scored, figure, &value, &low, &high])?;
        }
    }
    Ok(())
}

fn budget(writer: &mut Spreadsheet, report: &Report) -> csv::Result<()> {
    writer.write_record(["ruleset", "place", "from", "warnings", "over"])?;
    let Some(budget) = &report.budget else { return Ok(()) };
    for ruleset in &budget.rulesets {
        for cell in &ruleset.cells {
            writer.write_record([
                ruleset.ruleset.as_str(),
                &cell.place,
                &cell.from.to_string(),
                &cell.warnings.to_string(),
                if cell.warnings > budget.budget.most { "true" } else { "false" },
            ])?;
        }
    }
    Ok(())
}
