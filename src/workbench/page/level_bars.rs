//! Counts by level over time, as stacked bars.

use yujing_base::language::Bilingual;
use yujing_core::rule::Level;

use super::drawing::{Bar, Drawing, float, tenth, ticks};

/// The levels of a bar, from its foot upwards.
const LEVELS: [Level; 4] = [Level::Red, Level::Orange, Level::Yellow, Level::Blue];

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelBar {
    /// What stands below it.
    pub label: String,
    pub red: u64,
    pub orange: u64,
    pub yellow: u64,
    pub blue: u64,
}

impl LevelBar {
    fn of(&self, level: Level) -> u64 {
        match level {
            Level::Red => self.red,
            Level::Orange => self.orange,
            Level::Yellow => self.yellow,
            Level::Blue => self.blue,
            Level::None => 0,
        }
    }
}

/// The bars beside each other, with a scale. About ten of them are labelled.
pub fn level_bars(bars: &[LevelBar]) -> Drawing {
    let (width, height, left, bottom) = (860.0, 220.0, 40.0, 36.0);
    let mut drawing = Drawing { width, height, ..Drawing::default() };
    let all = |bar: &LevelBar| LEVELS.into_iter().map(|level| bar.of(level)).sum::<u64>();
    let most = bars.iter().map(all).max().unwrap_or_default().max(1);
    let scale = (height - bottom - 10.0) / float(most);
    let base = height - bottom;
    for tick in ticks(most) {
        let y = base - float(tick) * scale;
        drawing.line((left, y), (width, y), "grid");
        drawing.label(left - 6.0, y + 4.0, "end", Bilingual::from(tick.to_string()));
    }
    let slot = (width - left) / float(bars.len().max(1) as u64);
    let labelled = bars.len() / 10 + 1;
    for (place, bar) in bars.iter().enumerate() {
        let x = left + slot * float(place as u64);
        let mut y = base;
        for level in LEVELS {
            let count = bar.of(level);
            if count > 0 {
                let tall = float(count) * scale;
                y -= tall;
                drawing.bars.push(Bar {
                    x: tenth(x + slot * 0.1),
                    y: tenth(y),
                    width: tenth(slot * 0.8),
                    height: tenth(tall),
                    class: level.as_str(),
                    title: format!("{} {level}: {count}", bar.label),
                });
            }
        }
        if place % labelled == 0 {
            drawing.label(x + slot / 2.0, height - 16.0, "middle", Bilingual::from(bar.label.clone()));
        }
    }
    drawing
}
