//! What is to be replayed and what is asked of it.

mod answer_model;
mod file;
mod written;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde::Serialize;
use yujing_base::zone::Zone;
use yujing_core::rule::Bilingual;
use yujing_core::warning::Level;
use yujing_workbench::publish::{Origin, Table};

pub use self::answer_model::{AnswerModel, AnswerShare, LevelAnswers};

/// A whole replay. Empty fields have the meanings that their comments say.
#[derive(Debug, Clone)]
pub struct Plan {
    pub title: Option<Bilingual>,
    /// In place of the configuration's.
    pub schemas: Option<PathBuf>,
    /// The folders of the rulesets, the baseline first; none means the configuration's.
    pub rules: Vec<PathBuf>,
    /// A folder with a SOURCE.jsonl for each source, as `yujing generate` writes it; other files are left alone.
    pub events: Option<PathBuf>,
    pub inputs: Vec<Input>,
    pub kafka: Option<KafkaInput>,
    /// Warnings count from here; events before only fill the windows. None means from the first event.
    pub from: Option<Timestamp>,
    /// Nothing that arrives later is looked at. None means up to the last event.
    pub to: Option<Timestamp>,
    /// Where days and weeks begin: the office's of the baseline, if the plan names no other.
    pub zone: Zone,
    /// Events that arrive within so long are decided together, as of the last of them.
    pub step: SignedDuration,
    /// Operators are woken at whole multiples of it; zero: exactly when something about them changes.
    pub wake_interval: SignedDuration,
    pub outcome: Option<OutcomePlan>,
    pub budget: Option<Budget>,
    /// How warnings are answered; none: nobody does, and no clock of theirs runs.
    pub answers: Option<AnswerModel>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            title: None,
            schemas: None,
            rules: Vec::new(),
            events: None,
            inputs: Vec::new(),
            kafka: None,
            from: None,
            to: None,
            zone: Zone::default(),
            step: SignedDuration::from_mins(10),
            wake_interval: SignedDuration::ZERO,
            outcome: None,
            budget: None,
            answers: None,
        }
    }
}

/// Documents of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub source: String,
    pub origin: Origin,
}

/// Records of the configured input topics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KafkaInput {
    /// Which sources; none means all.
    pub sources: Vec<String>,
    /// Record timestamps; none means as far as the topics go.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// By source and partition: first offset, and the one behind the last. Other partitions of the source are not read.
    pub offsets: BTreeMap<String, BTreeMap<i32, (i64, i64)>>,
}

/// What was found later, and how scores are held against it.
#[derive(Debug, Clone)]
pub struct OutcomePlan {
    pub title: Option<Bilingual>,
    /// A file with one query that gives `operator_id`, `at` and `outcome`.
    pub sql: PathBuf,
    /// Files that it reads beside the sources.
    pub tables: Vec<Table>,
    /// First and last day of the rows that are judged; others only make the history of the baselines.
    pub judge_from: Option<Date>,
    pub judge_to: Option<Date>,
    /// A warning is confirmed by a positive outcome at most so long after it.
    pub within: SignedDuration,
    /// Whole days between the evening of the score and the day of the outcome, beyond the one evening.
    pub days_ahead: u32,
    /// The length of a window in which the same work is done in another order.
    pub window: Span,
    /// How many past results the overall rate counts for in the smoothed history.
    pub prior_weight: f64,
    pub resamples: u32,
    pub seed: u64,
    /// Whether to ask what each rule and each feature adds.
    pub ablate: bool,
}

impl OutcomePlan {
    pub fn new(sql: PathBuf) -> Self {
        Self {
            title: None,
            sql,
            tables: Vec::new(),
            judge_from: None,
            judge_to: None,
            within: SignedDuration::from_hours(60 * 24),
            days_ahead: 0,
            window: Span::new().months(2),
            prior_weight: 2.0,
            resamples: 1_000,
            seed: 1,
            ablate: false,
        }
    }
}

/// How much work warnings may make: at most so many of a level, for each place and each period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Budget {
    pub most: u64,
    /// This level and above.
    pub level: Level,
    /// A column of the reference source, such as `sub_district`; none means all operators together.
    pub per: Option<String>,
    pub every: Period,
}

/// A period of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    Day,
    Week,
    Month,
}

impl Period {
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day of the period that a day lies in; weeks begin on Monday.
    pub fn first_day(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Week => {
                let since_monday = i64::from(day.weekday().to_monday_zero_offset());
                day.checked_sub(Span::new().days(since_monday)).unwrap_or(day)
            }
            Self::Month => day.first_of_month(),
        }
    }
}

impl Budget {
    /// `sub_district/week`, or `week` alone for all operators together.
    ///
    /// # Errors
    /// A sentence that says what it looks like.
    pub fn parse_per(text: &str) -> Result<(Option<String>, Period), String> {
        let (per, every) = match text.rsplit_once('/') {
            Some((per, every)) => (Some(per.to_owned()), every),
            None => (None, text),
        };
        let every = Period::ALL.into_iter().find(|known| known.as_str() == every);
        let every = every.ok_or_else(|| format!("`{text}` should end with day, week or month: `sub_district/week`"))?;
        Ok((per.filter(|per| per != "all"), every))
    }
}

impl Plan {
    /// Whether it names anything to replay.
    pub fn has_inputs(&self) -> bool {
        self.events.is_some() || !self.inputs.is_empty() || self.kafka.is_some()
    }

    /// The day of an instant where the replay is at home.
    pub fn day_of(&self, at: Timestamp) -> Date {
        self.zone.date(at)
    }

    /// The last instant of a day, by Kafka's clock of milliseconds.
    pub fn end_of(&self, day: Date) -> Timestamp {
        end_of(&self.zone, day)
    }
}

fn end_of(zone: &Zone, day: Date) -> Timestamp {
    let next = day.tomorrow().map_or(Timestamp::MAX, |next| zone.start_of_day(next));
    next.checked_sub(SignedDuration::from_millis(1)).unwrap_or(next)
}

/// A length of time such as `10m`, `24h`, `7d` or `8 weeks`; a day has 24 hours.
///
/// # Errors
/// A sentence that says what a length looks like.
pub fn parse_length(text: &str) -> Result<SignedDuration, String> {
    let span = text.parse::<Span>().ok();
    let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    length.filter(|length| !length.is_negative()).ok_or_else(|| {
        format!("`{text}` is not a length of time; write `10m`, `24h`, `7d` or `8 weeks` (months have no fixed length)")
    })
}

/// A time zone such as `Asia/Shanghai` or `+08:00`.
///
/// # Errors
/// A sentence that says what a zone looks like.
pub fn parse_zone(text: &str) -> Result<Zone, String> {
    Zone::named(text).ok_or_else(|| format!("`{text}` is not a time zone like `Asia/Shanghai` or `+08:00`"))
}

/// An instant with an offset, or a day: its first instant, or its last if it `ends` something.
///
/// # Errors
/// A sentence that says what an instant looks like.
pub fn parse_instant(text: &str, zone: &Zone, ends: bool) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
    let day = day.ok_or_else(|| {
        format!("`{text}` is neither a day like 2026-03-01 nor a time like 2026-03-01T08:00:00+08:00")
    })?;
    Ok(if ends { end_of(zone, day) } else { zone.start_of_day(day) })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("10m", 600)]
    #[case("7d", 7 * 86_400)]
    #[case("8 weeks", 56 * 86_400)]
    #[case("0s", 0)]
    fn a_length_is_read(#[case] text: &str, #[case] seconds: i64) {
        assert_eq!(parse_length(text), Ok(SignedDuration::from_secs(seconds)));
    }

    #[rstest]
    #[case("2 months")]
    #[case("-1d")]
    #[case("soon")]
    fn what_is_no_length_is_refused(#[case] text: &str) {
        assert!(parse_length(text).expect_err("refused").contains(text));
    }

    #[test]
    fn a_day_begins_and_ends_where_the_replay_is_at_home() {
        let plan = Plan::default();
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        assert_eq!(parse_instant("2026-03-01", &plan.zone, false), Ok(at("2026-03-01T00:00:00+08:00")));
        assert_eq!(parse_instant("2026-03-01", &plan.zone, true), Ok(at("2026-03-01T23:59:59.999+08:00")));
        assert_eq!(plan.day_of(at("2026-02-28T16:00:00Z")), date(2026, 3, 1));
        let chicago = parse_zone("America/Chicago").expect("a zone");
        assert_eq!(parse_instant("2014-07-01", &chicago, false), Ok(at("2014-07-01T00:00:00-05:00")));
        assert_eq!(parse_instant("2014-01-01", &chicago, false), Ok(at("2014-01-01T00:00:00-06:00")));
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_their_first() {
        let thursday = date(2026, 3, 5);
        assert_eq!(Period::Week.first_day(thursday), date(2026, 3, 2));
        assert_eq!(Period::Week.first_day(date(2026, 3, 2)), date(2026, 3, 2));
        assert_eq!(Period::Month.first_day(thursday), date(2026, 3, 1));
        assert_eq!(Period::Day.first_day(thursday), thursday);
    }

    #[test]
    fn a_budget_is_for_a_place_and_a_period() {
        assert_eq!(Budget::parse_per("sub_district/week"), Ok((Some("sub_district".to_owned()), Period::Week)));
        assert_eq!(Budget::parse_per("month"), Ok((None, Period::Month)));
        assert!(Budget::parse_per("sub_district").is_err());
    }
}
