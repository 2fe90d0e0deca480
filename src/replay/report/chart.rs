//! The charts of the page.

use yujing_base::language::Bilingual;
use yujing_core::warning::Level;
use yujing_workbench::page::drawing::{Dot, Drawing, Label, Path, float, tenth};
use yujing_workbench::page::level_bars::{LevelBar, level_bars};

use super::quality::{OutcomeReport, PartReport, RankerReport};
use super::warnings::{RulesetReport, WeekRow};
use super::words::{of_ranker, shortened};
use crate::ranking::Estimate;

/// Warnings that opened in each week, by the highest level they reached, stacked.
pub fn weeks(ruleset: &RulesetReport) -> Drawing {
    let bar = |week: &WeekRow| LevelBar {
        label: week.monday.to_string(),
        red: week.levels.of(Level::Red),
        orange: week.levels.of(Level::Orange),
        yellow: week.levels.of(Level::Yellow),
        blue: week.levels.of(Level::Blue),
    };
    level_bars(&ruleset.weeks.iter().map(bar).collect::<Vec<_>>())
}

/// The ROC curves of the rankers that have one.
pub fn roc(outcome: &OutcomeReport, names: &[String]) -> Drawing {
    let axes = [
        Bilingual::new("被排在前面的未发现问题者占比", "share of the negatives above"),
        Bilingual::new("被排在前面的发现问题者占比", "share of the positives above"),
    ];
    curves(outcome, names, |ranker| &ranker.roc_curve, axes)
}

/// The share found by each share of the work.
pub fn found(outcome: &OutcomeReport, names: &[String]) -> Drawing {
    let axes = [
        Bilingual::new("已完成工作量占比", "share of the work done"),
        Bilingual::new("已发现问题占比", "share of the positives found"),
    ];
    curves(outcome, names, |ranker| &ranker.found_curve, axes)
}

fn curves(
    outcome: &OutcomeReport,
    names: &[String],
    of: impl Fn(&RankerReport) -> &Vec<(f64, f64)>,
    [across, up]: [Bilingual; 2],
) -> Drawing {
    let (size, left, bottom) = (320.0, 44.0, 44.0);
    let mut drawing = Drawing { width: size + left + 190.0, height: size + bottom + 10.0, ..Drawing::default() };
    let place = |(x, y): (f64, f64)| (left + x * size, 10.0 + (1.0 - y) * size);
    for quarter in [0.0, 0.25, 0.5, 0.75, 1.0] {
        drawing.line(place((0.0, quarter)), place((1.0, quarter)), "grid");
        drawing.line(place((quarter, 0.0)), place((quarter, 1.0)), "grid");
        let words = Bilingual::from(format!("{:.0}%", quarter * 100.0));
        let (x, y) = place((0.0, quarter));
        drawing.label(x - 6.0, y + 4.0, "end", words.clone());
        let (x, y) = place((quarter, 0.0));
        drawing.label(x, y + 16.0, "middle", words);
    }
    drawing.label(left + size / 2.0, size + bottom + 4.0, "middle", across);
    drawing.label(left + 6.0, 24.0, "start", up);
    let shown = outcome.rankers.iter().enumerate().filter(|(_, ranker)| !of(ranker).is_empty());
    for (line, (series, ranker)) in shown.enumerate() {
        let mut d = String::new();
        for (step, point) in of(ranker).iter().enumerate() {
            let (x, y) = place(*point);
            d += format!("{}{:.1} {:.1}", if step == 0 { "M" } else { "L" }, x, y).as_str();
        }
        drawing.paths.push(Path { d, series });
        let y = 30.0 + 20.0 * float(line as u64);
        let words = of_ranker(&ranker.ranker, names);
        drawing.dots.push(Dot { x: left + size + 18.0, y: y - 4.0, series, title: String::new() });
        drawing.labels.push(Label { x: left + size + 30.0, y, anchor: "start", series: Some(series), words });
    }
    drawing
}

/// The ROC areas of the rankers with their intervals.
pub fn areas(outcome: &OutcomeReport, names: &[String]) -> Drawing {
    let rows = outcome
        .rankers
        .iter()
        .enumerate()
        .filter_map(|(series, ranker)| Some((of_ranker(&ranker.ranker, names), series, ranker.quality.roc_area?)));
    forest(&rows.collect::<Vec<_>>(), 0.5)
}

/// What the parts of one kind add to the ROC area.
pub fn parts(parts: &[PartReport], kind: &str) -> Drawing {
    let rows = parts
        .iter()
        .filter(|part| part.kind == kind && part.adds_anything())
        .filter_map(|part| Some((Bilingual::new(&part.title.zh, &part.title.en), 0, part.roc_area?)));
    forest(&rows.take(40).collect::<Vec<_>>(), 0.0)
}

/// Figures with their intervals, one a line, around a value that says nothing.
fn forest(rows: &[(Bilingual, usize, Estimate)], nothing: f64) -> Drawing {
    let (left, wide, tall) = (330.0, 430.0, 24.0);
    let height = tall * float(rows.len() as u64) + 34.0;
    let mut drawing = Drawing { width: left + wide + 110.0, height, ..Drawing::default() };
    let values =
        || rows.iter().flat_map(|(_, _, estimate)| [estimate.low, estimate.high, estimate.value]).chain([nothing]);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let reach = (high - low).max(1e-6);
    let at = |value: f64| left + (value - low) / reach * wide;
    drawing.line((at(nothing), 4.0), (at(nothing), height - 26.0), "zero");
    drawing.label(at(nothing), height - 10.0, "middle", Bilingual::from(format!("{nothing}")));
    for (row, (words, series, estimate)) in rows.iter().enumerate() {
        let y = tall * float(row as u64) + 14.0;
        drawing.line((at(estimate.low), y), (at(estimate.high), y), "interval");
        drawing.dots.push(Dot { x: tenth(at(estimate.value)), y, series: *series, title: words.en.clone() });
        drawing.label(left - 10.0, y + 4.0, "end", shortened(words, 26, 48));
        drawing.label(left + wide + 10.0, y + 4.0, "start", Bilingual::from(format!("{:.3}", estimate.value)));
    }
    drawing
}
