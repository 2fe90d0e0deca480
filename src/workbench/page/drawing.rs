//! Charts as lists of shapes with their places: a template draws them as SVG, in both languages.

use serde::Serialize;
use yujing_base::language::Bilingual;

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
    pub fn label(&mut self, x: f64, y: f64, anchor: &'static str, words: Bilingual) {
        self.labels.push(Label { x: tenth(x), y: tenth(y), anchor, series: None, words });
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &'static str) {
        self.lines.push(Line { x1: tenth(from.0), y1: tenth(from.1), x2: tenth(to.0), y2: tenth(to.1), class });
    }
}

/// A few round numbers up to `most`.
pub fn ticks(most: u64) -> impl Iterator<Item = u64> {
    let rough = most.div_ceil(5).max(1);
    let mut step = 1;
    while step * 10 <= rough {
        step *= 10;
    }
    let step = [1, 2, 5, 10].into_iter().map(|times| times * step).find(|step| *step >= rough).unwrap_or(rough);
    (0..=most / step).map(move |tick| tick * step)
}

pub fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// To a tenth of a pixel: finer places only make the page longer.
pub fn tenth(place: f64) -> f64 {
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
