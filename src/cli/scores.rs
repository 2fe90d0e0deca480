//! `yujing scores`: the operators with the highest live scores, and why, from the compacted topic.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use clap::Args;
use comfy_table::Cell;
use jiff::Timestamp;
use rdkafka::message::Message as _;
use serde::Deserialize;
use yujing_base::escape;
use yujing_core::rule::Bilingual;
use yujing_core::warning::Level;
use yujing_kafka::{Clients, StartAt, StrayRecords};

use super::follow::{self, Follower};
use super::{Context, Failure, Language, output, record};

/// Findings named in a row.
const REASONS: usize = 3;

/// Arguments of `yujing scores`.
#[derive(Debug, Args)]
pub struct Scores {
    /// How many operators to show, highest score first
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Each score as it is, one JSON document a line
    #[arg(long)]
    json: bool,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

/// The parts of a score that a row shows.
#[derive(Debug, Deserialize)]
struct Row {
    operator_id: String,
    as_of: Timestamp,
    score: i64,
    level: Level,
    operator: OperatorInfo,
    findings: Vec<Finding>,
    /// The whole record, where it is wanted.
    #[serde(skip)]
    json: Vec<u8>,
}

#[derive(Debug, Deserialize)]
struct OperatorInfo {
    name: Option<String>,
    sub_district: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Finding {
    title: Bilingual,
    counted: i64,
}

/// The newest score of every operator, and the newest instant among them.
#[derive(Debug, Default)]
struct Standings {
    rows: BTreeMap<String, Row>,
    newest: Option<Timestamp>,
}

impl Row {
    fn parse(payload: &[u8]) -> Result<Self, String> {
        record::parse(payload)
    }
}

impl Scores {
    /// # Errors
    /// If Kafka cannot be read.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let config = context.config()?;
        let clients = Clients::new(&config.kafka)?;
        let mut records = Follower::begin(&clients, "scores", &config.topics.scores, StartAt::Beginning)?;
        let mut standings = Standings::default();
        let mut strays = StrayRecords::on(&config.topics.scores);
        while let Some(record) = records.next(false)? {
            let taken = standings.take(record.key().unwrap_or_default(), record.payload(), self.json);
            strays.note(&record, taken);
        }
        follow::report_strays(&strays);
        let total = standings.rows.len();
        let newest = standings.newest;
        let ranked = standings.ranked(self.top);
        if self.json {
            return ranked.iter().try_for_each(|(_, row)| output::json_line(&row.json));
        }
        output::line(&table(&ranked, self.lang))?;
        output::line(&summary(ranked.len(), total, newest, self.lang))
    }
}

impl Standings {
    /// A record without a value takes its operator away. The error says why a record is no score.
    fn take(&mut self, key: &[u8], payload: Option<&[u8]>, keep: bool) -> Result<(), String> {
        let operator = String::from_utf8_lossy(key).into_owned();
        let Some(payload) = payload else {
            self.rows.remove(&operator);
            return Ok(());
        };
        let mut row = Row::parse(payload)?;
        if row.operator_id != escape::line(&operator) {
            return Err(format!("it is a score of {:?}", row.operator_id));
        }
        if keep {
            row.json = payload.to_vec();
        }
        self.newest = self.newest.max(Some(row.as_of));
        self.rows.insert(operator, row);
        Ok(())
    }

    /// Highest score first, equals by their identifiers.
    fn ranked(self, top: usize) -> Vec<(String, Row)> {
        let mut ranked: Vec<(String, Row)> = self.rows.into_iter().collect();
        ranked.sort_by_key(|(_, row)| Reverse(row.score));
        ranked.truncate(top);
        ranked
    }
}

fn table(ranked: &[(String, Row)], lang: Language) -> String {
    let header = lang.pick_all(
        ["名次", "分值", "等级", "监管对象", "名称", "依据"],
        ["rank", "score", "level", "operator", "name", "why"],
    );
    let mut table = output::table(header);
    for (place, (operator, row)) in ranked.iter().enumerate() {
        let place_of_operator = row.operator.sub_district.as_deref().unwrap_or_default();
        table.add_row([
            Cell::new(place + 1),
            Cell::new(row.score),
            Cell::new(lang.pick(row.level.zh(), row.level.as_str())),
            output::cell(format!("{operator} {place_of_operator}").trim_end()),
            Cell::new(row.operator.name.as_deref().unwrap_or_default()),
            Cell::new(why(row, lang)),
        ]);
    }
    table.trim_fmt()
}

/// The findings that give the most points, and how many others there are. `--json` and `yujing explain` have them all.
fn why(row: &Row, lang: Language) -> String {
    let mut findings: Vec<&Finding> = row.findings.iter().filter(|finding| finding.counted > 0).collect();
    findings.sort_by_key(|finding| Reverse(finding.counted));
    let reasons =
        findings.iter().take(REASONS).map(|finding| format!("{} {}", lang.of(&finding.title), finding.counted));
    let reasons = reasons.collect::<Vec<_>>().join(lang.pick("；", "; "));
    match (findings.len().saturating_sub(REASONS), lang) {
        (0, _) => reasons,
        (others, Language::Zh) => format!("{reasons}；另{others}项"),
        (others, Language::En) => format!("{reasons}; {others} more"),
    }
}

fn summary(shown: usize, total: usize, newest: Option<Timestamp>, lang: Language) -> String {
    let Some(newest) = newest else { return lang.pick("尚无风险分", "there are no scores yet").to_owned() };
    match lang {
        Language::Zh => format!("共{total}户，列出前{shown}户；最新评分时刻 {newest}"),
        Language::En => format!("{shown} of {total} operators; newest score as of {newest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(operator: &str, points: i64) -> Vec<u8> {
        format!(
            r#"{{ "operator_id": "{operator}", "as_of": "2026-03-03T16:00:00Z", "score": {points}, "level": "yellow",
               "operator": {{ "registered": true, "name": "示例餐厅", "sub_district": "示例街道" }},
               "findings": [
                 {{ "title": {{ "zh": "镜头离线", "en": "Camera offline" }}, "counted": 3 }},
                 {{ "title": {{ "zh": "疑似鼠类活动", "en": "Suspected rodents" }}, "counted": 35 }},
                 {{ "title": {{ "zh": "封顶", "en": "Capped" }}, "counted": 0 }} ] }}"#
        )
        .into_bytes()
    }

    fn standings() -> Standings {
        let mut standings = Standings::default();
        for (operator, points) in [("B", 42), ("A", 42), ("C", 7), ("D", 99), ("C", 50)] {
            standings.take(operator.as_bytes(), Some(&score(operator, points)), true).expect("a score");
        }
        standings.take(b"D", None, true).expect("a delete");
        standings
    }

    #[test]
    fn the_newest_score_of_each_operator_counts_and_the_highest_comes_first() {
        let ranked: Vec<_> = standings().ranked(2).into_iter().map(|(operator, row)| (operator, row.score)).collect();
        assert_eq!(ranked, [("C".to_owned(), 50), ("A".to_owned(), 42)]);
        assert_eq!(standings().ranked(10).len(), 3);
    }

    #[test]
    fn a_row_says_what_gives_the_most_points_in_both_languages() {
        let mut standings = standings();
        let row = standings.rows.get_mut("A").expect("it is there");
        assert_eq!(why(row, Language::En), "Suspected rodents 35; Camera offline 3");
        for counted in [9, 1] {
            let title = Bilingual { zh: "证照".to_owned(), en: "Licence".to_owned() };
            row.findings.push(Finding { title, counted });
        }
        assert_eq!(why(row, Language::En), "Suspected rodents 35; Licence 9; Camera offline 3; 1 more");
        assert_eq!(why(row, Language::Zh), "疑似鼠类活动 35；证照 9；镜头离线 3；另1项");
    }

    #[test]
    fn text_of_others_stays_in_its_cell_and_does_not_reach_the_terminal() {
        let mut standings = Standings::default();
        let operator = r"A\u001b[31m\n2";
        let hostile = String::from_utf8(score(operator, 7)).expect("text");
        let hostile = hostile.replace("示例餐厅", r"x\u001b[2J\n1 99 red");
        standings.take("A\u{1b}[31m\n2".as_bytes(), Some(hostile.as_bytes()), false).expect("a score");
        let shown = table(&standings.ranked(1), Language::En);
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        assert!(shown.contains(r"A\u{1b}[31m\n2") && shown.contains(r"x\u{1b}[2J\n1 99 red"), "{shown}");
    }

    #[test]
    fn what_is_no_score_changes_nothing() {
        let mut standings = Standings::default();
        for (key, value) in [("A", b"{}".to_vec()), ("A", b"not json".to_vec()), ("A", score("B", 1))] {
            assert!(standings.take(key.as_bytes(), Some(&value), false).is_err(), "{key}");
        }
        assert!(standings.rows.is_empty());
        assert_eq!(summary(0, 0, None, Language::En), "there are no scores yet");
    }
}
