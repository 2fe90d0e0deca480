//! When a document arrived, read without the rest of it.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// When a document arrived: its `reported_at`, else its `occurred_at`; what is wrong with either, and with what else it
/// says, is the decoder's to say. `None` if it is no JSON object, or has neither.
pub fn reported_at(json: &[u8]) -> Option<Timestamp> {
    let Times { reported_at, occurred_at } = serde_json::from_str(std::str::from_utf8(json).ok()?).ok()?;
    [reported_at, occurred_at].into_iter().flatten().find_map(time)
}

fn time(value: &RawValue) -> Option<Timestamp> {
    serde_json::from_str::<Cow<'_, str>>(value.get()).ok()?.parse().ok()
}

/// The two fields as they stand; the last of equal names counts.
#[derive(Default)]
struct Times<'a> {
    reported_at: Option<&'a RawValue>,
    occurred_at: Option<&'a RawValue>,
}

enum Field {
    ReportedAt,
    OccurredAt,
    Other,
}

impl<'de> Deserialize<'de> for Times<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Times<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Times<'de>, A::Error> {
                let mut times = Times::default();
                while let Some(field) = fields.next_key()? {
                    match field {
                        Field::ReportedAt => times.reported_at = Some(fields.next_value()?),
                        Field::OccurredAt => times.occurred_at = Some(fields.next_value()?),
                        Field::Other => drop(fields.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(times)
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;

        impl Visitor<'_> for Name {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Field, E> {
                Ok(match name {
                    "reported_at" => Field::ReportedAt,
                    "occurred_at" => Field::OccurredAt,
                    _ => Field::Other,
                })
            }
        }

        deserializer.deserialize_identifier(Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_arrives_when_it_was_reported_else_when_it_occurred() {
        let cases = [
            (
                r#"{"occurred_at":"2026-03-01T00:00:00Z","reported_at":"2026-03-02T00:00:00Z"}"#,
                Some("2026-03-02T00:00:00Z"),
            ),
            (
                r#"{"items":[{"reported_at":"2025-01-01T00:00:00Z"}],"occurred_at":"2026-03-01T08:00:00+08:00"}"#,
                Some("2026-03-01T00:00:00Z"),
            ),
            (
                r#"{"reported_at":"2026-03-01T00:00:00Z","reported_at":"2026-03-02T00:00:00Z"}"#,
                Some("2026-03-02T00:00:00Z"),
            ),
            (r#"{"reported_at":"2026-03\u002d02T00:00:00Z"}"#, Some("2026-03-02T00:00:00Z")),
            (r#"{"reported_at":"yesterday","occurred_at":"2026-03-01T00:00:00Z"}"#, Some("2026-03-01T00:00:00Z")),
            (r#"{"reported_at":7,"occurred_at":"2026-03-01T00:00:00Z"}"#, Some("2026-03-01T00:00:00Z")),
            (r#"{"reported_at":null}"#, None),
            (r"{}", None),
            (r#"["2026-03-01T00:00:00Z"]"#, None),
            (r#"{"reported_at":"2026-03-02T00:00:00Z""#, None),
            (r#"{"reported_at":"2026-03-02T00:00:00Z"} more"#, None),
        ];
        for (json, arrived) in cases {
            let arrived = arrived.map(|at| at.parse::<Timestamp>().expect("a time"));
            assert_eq!(reported_at(json.as_bytes()), arrived, "{json}");
        }
        assert_eq!(reported_at(b"{\"reported_at\":\"2026-03-02T00:00:00Z\",\"note\":\"\xff\"}"), None);
    }
}
