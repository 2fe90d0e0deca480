//! A month of the office.

use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;
use yujing_base::language::{Bilingual, say};
use yujing_base::zone::Zone;

/// A month by the office's clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    first: Date,
    zone: Zone,
}

impl Month {
    /// The month of a text such as `2026-03`; `None` if it is none.
    pub fn parse(text: &str, zone: &Zone) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let is_plain =
            year.len() == 4 && month.len() == 2 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
        let first = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok().filter(|_| is_plain)?;
        Some(Self { first, zone: zone.clone() })
    }

    /// Its first instant.
    pub fn from(&self) -> Timestamp {
        self.zone.start_of_day(self.first)
    }

    /// The first instant after it.
    pub fn to(&self) -> Timestamp {
        self.zone.start_of_day(self.first.saturating_add(1.month()))
    }

    pub fn contains(&self, at: Timestamp) -> bool {
        (self.from()..self.to()).contains(&at)
    }

    /// Its days.
    pub fn days(&self) -> impl Iterator<Item = Date> + use<> {
        let last = self.first.last_of_month();
        self.first.series(1.day()).take_while(move |day| *day <= last)
    }

    /// The day of an instant by the office's clocks.
    pub fn day_of(&self, at: Timestamp) -> Date {
        self.zone.date(at)
    }

    /// What the office's clocks say at an instant, to the minute.
    pub fn clock(&self, at: Timestamp) -> String {
        let clock: DateTime = self.zone.to_datetime(at);
        clock.strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// The month as people write it.
    pub fn words(&self) -> Bilingual {
        let (year, month) = (self.first.year(), self.first.month());
        let english = self.first.strftime("%B %Y");
        say!("{year}年{month}月", "{english}")
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first.strftime("%Y-%m"))
    }
}

impl Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_month_begins_and_ends_by_the_clocks_of_the_office() {
        let month = Month::parse("2026-03", &Zone::default()).expect("a month");
        assert_eq!(month.from().to_string(), "2026-02-28T16:00:00Z");
        assert_eq!(month.to().to_string(), "2026-03-31T16:00:00Z");
        assert!(month.contains(month.from()) && !month.contains(month.to()));
        assert_eq!(month.days().count(), 31);
        assert_eq!((month.to_string().as_str(), month.words()), ("2026-03", Bilingual::new("2026年3月", "March 2026")));
        let leap = Month::parse("2028-02", &Zone::default()).expect("a month");
        assert_eq!((leap.days().count(), leap.to().to_string().as_str()), (29, "2028-02-29T16:00:00Z"));
        assert_eq!(
            Month::parse("2026-12", &Zone::default()).map(|it| it.to().to_string()).as_deref(),
            Some("2026-12-31T16:00:00Z")
        );
    }

    #[rstest]
    #[case("")]
    #[case("2026")]
    #[case("2026-3")]
    #[case("2026-13")]
    #[case("2026-00")]
    #[case("26-03")]
    #[case("2026-03-01")]
    #[case("+026-03")]
    #[case("2026年3月")]
    fn what_is_no_month_is_refused(#[case] text: &str) {
        assert_eq!(Month::parse(text, &Zone::default()), None);
    }
}
