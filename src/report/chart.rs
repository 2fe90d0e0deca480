//! The charts of the page.

use yujing_base::language::Bilingual;
use yujing_workbench::page::drawing::{Bar, Drawing, float, tenth};
use yujing_workbench::page::level_bars::{LevelBar, level_bars};

use super::figures::timeliness::{ClockFigures, TimelinessCounts};
use super::figures::visits::{VisitFigures, VisitedArea};
use super::figures::warnings::DayFigures;

/// Room for names left of bars, for the bars, for figures right of them, and for one row.
const NAMES: f64 = 150.0;
const BARS: f64 = 520.0;
const FIGURES: f64 = 150.0;
const ROW: f64 = 26.0;

/// Warnings opened on each day, by the highest level that they reached.
pub fn days(days: &[DayFigures]) -> Drawing {
    let bar = |day: &DayFigures| LevelBar {
        label: day.day.get(5..).unwrap_or(&day.day).to_owned(),
        red: day.levels.red,
        orange: day.levels.orange,
        yellow: day.levels.yellow,
        blue: day.levels.blue,
    };
    level_bars(&days.iter().map(bar).collect::<Vec<_>>())
}

/// Whether what was due was done in time, a row a level and one for all.
pub fn in_time(clock: &ClockFigures) -> Drawing {
    let levels = clock.by_level.iter().map(|row| (Bilingual::new(row.level.zh(), row.level.as_str()), row.counts));
    let rows: Vec<(Bilingual, TimelinessCounts)> = levels.chain([(Bilingual::new("合计", "all"), clock.all)]).collect();
    let most = float(clock.all.all().max(1));
    let mut drawing = empty(rows.len());
    for (place, (name, counts)) in rows.iter().enumerate() {
        let TimelinessCounts { in_time, late, overdue, waiting, ended, unknown } = *counts;
        let y = name_row(&mut drawing, place, name);
        let mut x = NAMES;
        let parts = [
            ("in_time", in_time),
            ("late", late),
            ("overdue", overdue),
            ("waiting", waiting),
            ("ended", ended),
            ("track", unknown),
        ];
        for (class, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
            let width = float(count) / most * BARS;
            drawing.bars.push(bar(x, y, width, class, count.to_string()));
            x += width;
        }
        drawing.label(x + 8.0, y + 14.0, "start", Bilingual::from(percent(counts.share())));
    }
    drawing
}

/// The share of operators that was visited, a row a sub-district and one for the district.
pub fn visits(figures: &VisitFigures) -> Drawing {
    let mut drawing = empty(figures.areas.len());
    for (place, area) in figures.areas.iter().enumerate() {
        let VisitedArea { visited, of, .. } = area;
        let y = name_row(&mut drawing, place, &area.words);
        let share = float(*visited) / float((*of).max(1));
        drawing.bars.push(bar(NAMES, y, BARS, "track", String::new()));
        drawing.bars.push(bar(NAMES, y, BARS * share, "share", format!("{visited}/{of}")));
        let words = Bilingual::from(format!("{}  {visited}/{of}", percent(Some(share))));
        drawing.label(NAMES + BARS + 8.0, y + 14.0, "start", words);
    }
    drawing
}

/// A share for people; a dash if there is none.
pub fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.1}%", share * 100.0))
}

fn empty(rows: usize) -> Drawing {
    let height = ROW * float(rows as u64) + 6.0;
    Drawing { width: NAMES + BARS + FIGURES, height, ..Drawing::default() }
}

/// Names a row; returns where its bars begin from above.
fn name_row(drawing: &mut Drawing, place: usize, name: &Bilingual) -> f64 {
    let y = ROW * float(place as u64) + 4.0;
    drawing.label(NAMES - 10.0, y + 14.0, "end", name.clone());
    y
}

fn bar(x: f64, y: f64, width: f64, class: &'static str, title: String) -> Bar {
    Bar { x: tenth(x), y: tenth(y), width: tenth(width), height: ROW - 8.0, class, title }
}
