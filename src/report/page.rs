//! The report as one HTML page that needs nothing else: styles, charts and both languages are in it.

use minijinja::value::Serde;
use minijinja::{Error, context};
use serde::Serialize;
use yujing_base::language::Language;
use yujing_workbench::page::{self, drawing::Drawing};

use super::MonthlyReport;
use super::chart::{self, percent};

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// What the template does not make of the figures itself.
#[derive(Debug, Serialize)]
struct Drawn {
    days: Drawing,
    /// By clock.
    in_time: Vec<Drawing>,
    /// By visit target.
    visits: Vec<Drawing>,
    /// The shares that were in time, by clock, and of answers by area.
    clock_shares: Vec<String>,
    area_shares: Vec<String>,
}

/// The page, opened in one of its languages.
///
/// # Errors
/// If the template is wrong, which is a defect of the program.
pub fn render(report: &MonthlyReport, language: Language) -> Result<String, Error> {
    let drawn = Drawn {
        days: chart::days(&report.days),
        in_time: report.in_time.iter().map(chart::in_time).collect(),
        visits: report.visits.iter().map(chart::visits).collect(),
        clock_shares: report.in_time.iter().map(|clock| percent(clock.all.share())).collect(),
        area_shares: report.areas.iter().map(|area| percent(area.answered.share())).collect(),
    };
    let mut environment = page::environment()?;
    environment.add_template("report-style", STYLE)?;
    environment.add_template("page", TEMPLATE)?;
    environment.get_template("page")?.render(context! {
        report => Serde(report),
        drawn => Serde(&drawn),
        language => language.pick("zh", "en"),
    })
}
