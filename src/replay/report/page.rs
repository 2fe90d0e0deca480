//! The report as one HTML page that needs nothing else: styles, charts and both languages are in it.

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;
use yujing_base::language::{Bilingual, Language};
use yujing_workbench::page::{self, drawing::Drawing};

use super::Report;
use super::chart;
use super::text::{figure, percent, signed};
use super::words::{of_cost, of_lost_past, of_past, of_ranker};
use crate::ranking::Estimate;

const TEMPLATE: &str = include_str!("page.html");

/// Every drawing of the page.
#[derive(Debug, Serialize)]
struct Drawings {
    /// By ruleset.
    weeks: Vec<Drawing>,
    areas: Option<Drawing>,
    roc: Option<Drawing>,
    found: Option<Drawing>,
    /// By ruleset: rules, then features.
    parts: Vec<[Drawing; 2]>,
}

/// The page, opened in one of its languages.
///
/// # Errors
/// If the template is wrong, which is a defect of the program.
pub fn render(report: &Report, language: Language) -> Result<String, minijinja::Error> {
    let names: Vec<String> = report.rulesets.iter().map(|ruleset| ruleset.name.clone()).collect();
    let outcome = report.outcome.as_ref();
    let drawings = Drawings {
        weeks: report.rulesets.iter().map(chart::weeks).collect(),
        areas: outcome.map(|outcome| chart::areas(outcome, &names)),
        roc: outcome.map(|outcome| chart::roc(outcome, &names)),
        found: outcome.map(|outcome| chart::found(outcome, &names)),
        parts: outcome
            .iter()
            .flat_map(|outcome| &outcome.rulesets)
            .map(|ruleset| ["rule", "feature"].map(|kind| chart::parts(&ruleset.parts, kind)))
            .collect(),
    };
    let rankers: Vec<Bilingual> =
        outcome.iter().flat_map(|outcome| &outcome.rankers).map(|ranker| of_ranker(&ranker.ranker, &names)).collect();

    let mut environment = page::environment()?;
    environment.add_filter("figure", |estimate: Value, digits: usize| figure(estimate_of(&estimate), digits));
    environment.add_filter("percent", |estimate: Value| percent(estimate_of(&estimate)));
    environment.add_filter("signed", |estimate: Value| signed(estimate_of(&estimate)));
    environment.add_filter("share", share);
    environment.add_template("page", TEMPLATE)?;
    environment.get_template("page")?.render(context! {
        report => Serde(report),
        drawings => Serde(&drawings),
        cost => Serde(of_cost(&report.cost)),
        rankers => Serde(&rankers),
        past => Serde(outcome.map(of_past)),
        lost => Serde(of_lost_past(&report.events.sources)),
        language => language.pick("zh", "en"),
    })
}

fn estimate_of(value: &Value) -> Option<Estimate> {
    let part = |name: &str| f64::try_from(value.get_attr(name).ok()?).ok();
    Some(Estimate { value: part("value")?, low: part("low")?, high: part("high")? })
}

fn share(value: &Value) -> String {
    f64::try_from(value.clone()).map_or_else(|_| "–".to_owned(), |share| format!("{:.1}%", share * 100.0))
}
