//! The office's time zone: which hour, day and month an instant belongs to.

use std::fmt;
use std::sync::Arc;

use arrow::array::timezone::Tz;

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
}

/// China's.
impl Default for Zone {
    fn default() -> Self {
        Self("Asia/Shanghai".into())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
