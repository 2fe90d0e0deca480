//! One lifecycle event of a warning as a row for people, in columns that stay where they are from row to row.

use std::io::IsTerminal as _;

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};
use jiff::Timestamp;
use serde::Deserialize;
use yujing_base::zone::Zone;
use yujing_core::rule::Bilingual;
use yujing_core::warning::{Level, Step};

use super::{Language, record};

/// Widths of the columns, with a space on either side, but of the last, which takes the rest.
const WIDTHS: [u16; 5] = [16, 11, 8, 7, 24];
/// The width of a row where there is no terminal to ask.
const DEFAULT_WIDTH: u16 = 140;

/// The parts of a warning's event that a row shows.
#[derive(Debug, Deserialize)]
pub struct WarningRow {
    operator_id: String,
    step: Step,
    from: Level,
    level: Level,
    score: i64,
    as_of: Timestamp,
    text: Bilingual,
    operator: OperatorInfo,
}

#[derive(Debug, Deserialize)]
struct OperatorInfo {
    sub_district: Option<String>,
}

impl WarningRow {
    /// Reads the value of a record on the warnings topic; hidden characters are escaped.
    ///
    /// # Errors
    /// What is not as expected.
    pub fn parse(payload: &[u8]) -> Result<Self, String> {
        record::parse(payload)
    }

    pub fn operator_id(&self) -> &str {
        &self.operator_id
    }

    pub fn step(&self) -> Step {
        self.step
    }

    /// The level after the event.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The row, without a newline at its end.
    pub fn text(&self, lang: Language) -> String {
        let operator = match &self.operator.sub_district {
            Some(sub_district) => format!("{} {sub_district}", self.operator_id),
            None => self.operator_id.clone(),
        };
        let level = match self.level {
            Level::None => self.from,
            level => level,
        };
        row([
            Cell::new(Zone::default().to_datetime(self.as_of).strftime("%m-%d %H:%M:%S")),
            Cell::new(lang.pick(self.step.zh(), self.step.as_str())),
            Cell::new(lang.pick(level.zh(), level.as_str())).fg(color(level)).add_attribute(Attribute::Bold),
            Cell::new(self.score),
            Cell::new(operator),
            Cell::new(lang.of(&self.text)),
        ])
    }
}

/// The names of the columns.
pub fn header(lang: Language) -> String {
    let names = match lang {
        Language::Zh => ["时间", "环节", "等级", "分值", "监管对象", "内容"],
        Language::En => ["time", "step", "level", "score", "operator", "text"],
    };
    row(names.map(|name| Cell::new(name).add_attribute(Attribute::Bold)))
}

fn row(cells: [Cell; 6]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if !std::io::stdout().is_terminal() {
        table.set_width(DEFAULT_WIDTH);
    }
    table.add_row(cells);
    for (column, width) in table.column_iter_mut().zip(WIDTHS) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
    }
    table.trim_fmt()
}

fn color(level: Level) -> Color {
    match level {
        Level::None => Color::Reset,
        Level::Blue => Color::Blue,
        Level::Yellow => Color::Yellow,
        Level::Orange => Color::Rgb { r: 255, g: 140, b: 0 },
        Level::Red => Color::Red,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_under_the_names_of_their_columns_in_both_languages() {
        let payload = r#"{
            "operator_id": "JY31201030001472", "step": "withdrawn", "from": "red", "level": "none", "score": 12,
            "as_of": "2026-03-03T15:59:59Z", "operator": { "registered": true, "sub_district": "示例街道" },
            "text": { "zh": "【红色预警·撤销】示例小学食堂：据以发布预警的记录已撤回或更正，现予撤销。", "en": "[Red warning withdrawn] 示例小学食堂: the records that the warning rested on were retracted or corrected." }
        }"#;
        let row = WarningRow::parse(payload.as_bytes()).expect("a warning");
        let shown = [Language::Zh, Language::En].map(|lang| format!("{}\n{}", header(lang), row.text(lang)));
        insta::assert_snapshot!(shown.join("\n\n"));
    }

    #[test]
    fn text_of_others_stays_in_its_column_and_does_not_reach_the_terminal() {
        let hostile = r"\u001b[2J\n03-03 23:59:59 forged\u202e";
        let payload = format!(
            r#"{{ "operator_id": "JY1{hostile}", "step": "opened", "from": "none", "level": "red", "score": 80,
                "as_of": "2026-03-03T15:59:59Z", "operator": {{ "sub_district": "{hostile}" }},
                "text": {{ "zh": "{hostile}", "en": "{hostile}" }} }}"#
        );
        let shown = WarningRow::parse(payload.as_bytes()).expect("a warning").text(Language::En);
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
        let starts = |line: &&str| line.trim_start().starts_with("03-03");
        assert_eq!(shown.lines().filter(starts).count(), 1, "{shown}");
    }

    #[test]
    fn a_record_of_another_kind_says_what_is_missing() {
        let reason = WarningRow::parse(br#"{"operator_id":"x"}"#).expect_err("it is no warning");
        assert!(reason.contains("missing field `step`"), "{reason}");
    }
}
