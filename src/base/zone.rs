//! The office's time zone: which hour, day and month an instant belongs to. What a zone is comes with the program, as
//! it does in SQL, and not from the machine.

use std::fmt;
use std::sync::Arc;

use arrow::array::timezone::Tz;
use arrow::array::types::TimestampSecondType;
use arrow::temporal_conversions::as_datetime_with_timezone;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::language::Bilingual;

/// The name of China's zone.
const CHINA: &str = "Asia/Shanghai";

/// A time zone by its name, such as `Asia/Shanghai` or `+08:00`. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Zone(Arc<str>);

impl Zone {
    /// The zone of a name of the IANA time zone database or of an offset; `None` if there is none.
    pub fn named(name: &str) -> Option<Self> {
        name.parse::<Tz>().ok().map(|_| Self(name.into()))
    }

    /// Its name, as types of columns carry it.
    pub fn name(&self) -> &Arc<str> {
        &self.0
    }

    /// Whether its clocks are Beijing's, which are named so in texts and need no mention in records.
    pub fn is_beijing(&self) -> bool {
        matches!(&*self.0, CHINA | "+08:00")
    }

    /// What its time is called, such as `Beijing time` or `America/Chicago time`.
    pub fn words(&self) -> Bilingual {
        match &*self.0 {
            _ if self.is_beijing() => Bilingual::new("北京时间", "Beijing time"),
            offset if offset.starts_with(['+', '-']) => {
                Bilingual { zh: format!("UTC{offset} 时间"), en: format!("UTC{offset} time") }
            }
            name => Bilingual { zh: format!("{name} 时间"), en: format!("{name} time") },
        }
    }

    /// How far its clocks are ahead of UTC at an instant.
    pub fn offset(&self, at: Timestamp) -> Offset {
        let zone = self.0.parse::<Tz>().ok();
        let local = zone.and_then(|zone| as_datetime_with_timezone::<TimestampSecondType>(at.as_second(), zone));
        let ahead = local.map(|local| local.naive_local().and_utc().timestamp() - at.as_second());
        let ahead = ahead.and_then(|seconds| i32::try_from(seconds).ok());
        ahead.and_then(|seconds| Offset::from_seconds(seconds).ok()).unwrap_or(Offset::UTC)
    }

    /// What its clocks say at an instant.
    pub fn to_datetime(&self, at: Timestamp) -> DateTime {
        self.offset(at).to_datetime(at)
    }

    /// The day of an instant.
    pub fn date(&self, at: Timestamp) -> Date {
        self.to_datetime(at).date()
    }

    /// When its clocks say this: the first time where they say it twice, and as much later as they skip where they
    /// never do. What no timestamp can hold is the nearest that can be.
    pub fn to_timestamp(&self, clock: DateTime) -> Timestamp {
        // Clocks change at most once within two days.
        let day = SignedDuration::from_hours(24);
        let nearest = if clock.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
        let Ok(as_utc) = Offset::UTC.to_timestamp(clock) else { return nearest };
        let around = [as_utc.saturating_sub(day), as_utc.saturating_add(day)].map(|at| at.unwrap_or(nearest));
        let [before, after] = around.map(|at| self.offset(at).to_timestamp(clock).unwrap_or(nearest));
        if self.to_datetime(before) != clock && self.to_datetime(after) == clock { after } else { before }
    }

    /// The first instant of a day.
    pub fn start_of_day(&self, day: Date) -> Timestamp {
        self.to_timestamp(day.at(0, 0, 0, 0))
    }

    /// The last whole second of a day, 23:59:59.
    pub fn end_of_day(&self, day: Date) -> Timestamp {
        self.to_timestamp(day.at(23, 59, 59, 0))
    }
}

/// China's.
impl Default for Zone {
    fn default() -> Self {
        Self(CHINA.into())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| serde::de::Error::custom(format!("there is no time zone `{name}`")))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rstest::rstest;

    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::named(name).expect("a zone")
    }

    // In 2026 Chicago's clocks skip from 2:00 to 3:00 on 8 March and say 1:00 to 2:00 twice on 1 November; Havana's
    // skip the hour after midnight of 8 March.
    #[rstest]
    #[case::winter("America/Chicago", "2026-03-07T23:59:59", "2026-03-08T05:59:59Z", true)]
    #[case::summer("America/Chicago", "2026-03-08T23:59:59", "2026-03-09T04:59:59Z", true)]
    #[case::skipped("America/Chicago", "2026-03-08T02:30:00", "2026-03-08T08:30:00Z", false)]
    #[case::before_the_change("America/Chicago", "2026-11-01T00:30:00", "2026-11-01T05:30:00Z", true)]
    #[case::the_first_of_two("America/Chicago", "2026-11-01T01:30:00", "2026-11-01T06:30:00Z", true)]
    #[case::after_the_change("America/Chicago", "2026-11-01T02:30:00", "2026-11-01T08:30:00Z", true)]
    #[case::a_day_without_midnight("America/Havana", "2026-03-08T00:00:00", "2026-03-08T05:00:00Z", false)]
    #[case::beijing("Asia/Shanghai", "2026-03-08T23:59:59", "2026-03-08T15:59:59Z", true)]
    #[case::an_offset("-06:00", "2026-07-01T00:00:00", "2026-07-01T06:00:00Z", true)]
    #[case::the_date_line("Pacific/Kiritimati", "2026-07-01T00:00:00", "2026-06-30T10:00:00Z", true)]
    fn clocks_say_an_instant(#[case] name: &str, #[case] clock: &str, #[case] at: &str, #[case] said: bool) {
        let (clock, at): (DateTime, Timestamp) = (clock.parse().expect("a clock"), at.parse().expect("an instant"));
        assert_eq!(zone(name).to_timestamp(clock), at);
        assert_eq!(zone(name).to_datetime(at) == clock, said);
    }

    #[test]
    fn the_ends_of_time_are_instants_too() {
        for name in ["Asia/Shanghai", "America/Chicago", "+08:00"] {
            for day in [Date::MIN, Date::MAX, date(1970, 1, 1)] {
                assert!(zone(name).start_of_day(day) <= zone(name).end_of_day(day), "{name} {day}");
            }
            for at in [Timestamp::MIN, Timestamp::MAX] {
                zone(name).to_datetime(at);
            }
        }
    }

    #[rstest]
    #[case("Asia/Shanghai", "北京时间", "Beijing time")]
    #[case("+08:00", "北京时间", "Beijing time")]
    #[case("America/Chicago", "America/Chicago 时间", "America/Chicago time")]
    #[case("-06:00", "UTC-06:00 时间", "UTC-06:00 time")]
    fn its_time_has_a_name(#[case] name: &str, #[case] zh: &str, #[case] en: &str) {
        assert_eq!(zone(name).words(), Bilingual::new(zh, en));
    }

    #[test]
    fn zones_have_names_or_offsets() {
        for good in ["Asia/Shanghai", "America/Chicago", "UTC", "+08:00"] {
            assert_eq!(Zone::named(good).map(|zone| zone.to_string()).as_deref(), Some(good));
        }
        for bad in ["", "Asia/Beijing", "Peking", "8", "北京"] {
            assert_eq!(Zone::named(bad), None, "{bad}");
        }
        assert_eq!(Zone::named("Asia/Shanghai"), Some(Zone::default()));
    }
}
