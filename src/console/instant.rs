//! Instants as the databases keep them: microseconds since 1970, so that they sort.

use jiff::Timestamp;

/// An instant as a column keeps it.
pub fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// An instant that a column kept.
///
/// # Errors
/// If no instant is so far away: somebody else wrote the file.
pub fn from_micros(micros: i64) -> Result<Timestamp, rusqlite::Error> {
    Timestamp::from_microsecond(micros).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, micros))
}

/// As [`from_micros`], of a column that may be empty.
///
/// # Errors
/// As [`from_micros`].
pub fn from_optional_micros(micros: Option<i64>) -> Result<Option<Timestamp>, rusqlite::Error> {
    micros.map(from_micros).transpose()
}
