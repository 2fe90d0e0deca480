//! Working days (工作日) of the People's Republic of China, Asia/Shanghai, by `rules/calendar.toml`: holidays and the
//! weekends worked in exchange (调休) are data, announced year by year.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::diagnostic::Diagnostics;

/// How long somebody has: `24h`, `30m` or `3wd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    Minutes(u32),
    /// Counted from the day after (民法典 §201: the day itself does not count), until the end of the last working day.
    WorkingDays(u32),
}

impl Deadline {
    /// # Errors
    /// A sentence that says what a deadline looks like.
    pub fn parse(_text: &str) -> Result<Self, String> {
        todo!()
    }
}

impl std::fmt::Display for Deadline {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}

impl Serialize for Deadline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Deadline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The calendar of a ruleset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {}

impl Calendar {
    /// # Errors
    /// Every problem, with line and column: a date that is both holiday and workday, a holiday twice, ...
    pub fn load(_file: &Path) -> Result<Self, Diagnostics> {
        todo!()
    }

    /// When a deadline that starts at `from` ends. Days beyond the calendar's years count Monday to Friday.
    pub fn due(&self, _from: Timestamp, _deadline: Deadline) -> Timestamp {
        todo!()
    }
}
