//! Charts as lists of shapes with their places: the page's template draws them as SVG, in both languages.

use serde::Serialize;
use yujing_base::language::Bilingual;
use yujing_core::warning::Level;

use super::quality::{OutcomeReport, PartReport, RankerReport};
use super::warnings::RulesetReport;
use super::words::{of_ranker, shortened};
use crate::ranking::Estimate;

/// A drawing of a given size; shapes are drawn in the order of the lists.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Drawing {
    pub width: f64,
    pub height: f64,
    pub lines: Vec<Line>,
    pub bars: Vec<Bar>,
    pub paths: Vec<Path>,
    pub dots: Vec<Dot>,
    pub labels: Vec<Label>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    pub x1: f64,
    pub y1: f64,
    pub x2: f64,
    pub y2: f64,
    pub class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bar {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub class: &'static str,
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Path {
    pub d: String,
    /// The place of its series, which gives its colour.
    pub series: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dot {
    pub x: f64,
    pub y: f64,
    pub series: usize,
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Label {
    pub x: f64,
    pub y: f64,
    /// `start`, `middle` or `end`.
    pub anchor: &'static str,
    /// The place of its series, if it is a legend's.
    pub series: Option<usize>,
    #[serde(flatten)]
    pub words: Bilingual,
}

impl Drawing {
    fn label(&mut self, x: f64, y: f64, anchor: &'static str, words: Bilingual) {
        self.labels.push(Label { x: tenth(x), y: tenth(y), anchor, series: None, words });
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &'static str) {
        self.lines.push(Line { x1: tenth(from.0), y1: tenth(from.1), x2: tenth(to.0), y2: tenth(to.1), class });
    }
}

/// Warnings that opened in each week, by the highest level they reached, stacked.
pub fn weeks(ruleset: &RulesetReport) -> Drawing {
    let (width, height, left, bottom) = (860.0, 220.0, 40.0, 36.0);
    let mut drawing = Drawing { width, height, ..Drawing::default() };
    let most = ruleset.weeks.iter().map(|week| week.levels.all()).max().unwrap_or_default().max(1);
    let scale = (height - bottom - 10.0) / float(most);
    let base = height - bottom;
    for tick in ticks(most) {
        let y = base - float(tick) * scale;
        drawing.line((left, y), (width, y), "grid");
        drawing.label(left - 6.0, y + 4.0, "end", Bilingual::from(tick.to_string()));
    }
    let slot = (width - left) / float(ruleset.weeks.len().max(1) as u64);
    let labelled = ruleset.weeks.len() / 10 + 1;
    for (place, week) in ruleset.weeks.iter().enumerate() {
        let x = left + slot * float(place as u64);
        let mut y = base;
        for level in [Level::Red, Level::Orange, Level::Yellow, Level::Blue] {
            let count = week.levels.of(level);
            if count > 0 {
                let tall = float(count) * scale;
                y -= tall;
                drawing.bars.push(Bar {
                    x: tenth(x + slot * 0.1),
                    y: tenth(y),
                    width: tenth(slot * 0.8),
                    height: tenth(tall),
                    class: level.as_str(),
                    title: format!("{} {level}: {count}", week.monday),
                });
            }
        }
        if place % labelled == 0 {
            drawing.label(x + slot / 2.0, height - 16.0, "middle", Bilingual::from(week.monday.to_string()));
        }
    }
    drawing
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

/// A few round numbers up to `most`.
fn ticks(most: u64) -> impl Iterator<Item = u64> {
    let rough = most.div_ceil(5).max(1);
    let mut step = 1;
    while step * 10 <= rough {
        step *= 10;
    }
    let step = [1, 2, 5, 10].into_iter().map(|times| times * step).find(|step| *step >= rough).unwrap_or(rough);
    (0..=most / step).map(move |tick| tick * step)
}

fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// To a tenth of a pixel: finer places only make the page longer.
fn tenth(place: f64) -> f64 {
    (place * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        for most in [1, 3, 7, 12, 40, 99, 260, 5_000] {
            let ticks: Vec<u64> = ticks(most).collect();
            assert!((2..=6).contains(&ticks.len()), "{most}: {ticks:?}");
            assert!(ticks.iter().all(|tick| *tick <= most), "{most}: {ticks:?}");
        }
    }
}
