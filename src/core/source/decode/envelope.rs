//! The envelope: what every record has, taken from the document, the CloudEvents headers or the record itself.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use xxhash_rust::xxh3::xxh3_128;
use yujing_base::OperatorId;

use super::state::DecodeState;
use super::value::{Row, check, quote_text, text};
use super::{precondition, refuse};
use crate::source::column;
use crate::source::shape::Property;
use crate::source::{Cell, Identity, Kind, Op, Record, Refusal, RefusalCode, Source};

/// CloudEvents headers and the properties that they stand in for.
const STAND_INS: [(&str, &str); 4] =
    [("ce_id", "event_id"), ("ce_source", "publisher"), ("ce_time", "occurred_at"), ("ce_subject", "operator_id")];

/// A complete and valid envelope with the row that it came from.
#[derive(Debug)]
pub(super) struct Envelope {
    pub event_id: Arc<str>,
    pub operator_id: OperatorId,
    pub publisher: Arc<str>,
    pub revision: i64,
    pub op: Op,
    pub occurred_at: Timestamp,
    pub reported_at: Timestamp,
    /// Whether the document said when it was reported.
    reported_at_given: bool,
    cells: Vec<Cell>,
}

impl Envelope {
    /// Fills what the document lacks from headers and defaults; refuses what is then still missing.
    pub fn complete(
        source: &Source,
        mut row: Row,
        record: &Record,
        state: &mut DecodeState<'_>,
    ) -> Result<Self, Refusal> {
        for (header, name) in STAND_INS {
            if let Some(value) = precondition::header(&record.headers, header) {
                stand_in(source, &mut row, header, name, value, state)?;
            }
        }
        let hidden = source.columns.len();
        if let Some(Cell::Text(version)) = row.cells.get(hidden + column::HIDDEN_SCHEMA_VERSION) {
            check_version(source, version)?;
        }
        let op = match row.cells.get(hidden + column::HIDDEN_OP) {
            Some(Cell::Text(op)) if **op == *"retract" => match source.kind {
                Kind::Event => Op::Retract,
                Kind::Reference => Op::Delete,
            },
            _ => Op::Upsert,
        };
        if source.kind == Kind::Reference && row.cells[column::EVENT_ID] == Cell::Null {
            row.cells[column::EVENT_ID] = row.cells[column::OPERATOR_ID].clone();
        }
        if let Some(property) = source.shape.missing(row.seen, op == Op::Upsert) {
            return Err(missing_field(property));
        }
        let reported_at_given = row.cells[column::REPORTED_AT] != Cell::Null;
        if !reported_at_given {
            row.cells[column::REPORTED_AT] = Cell::Time(record.timestamp.as_microsecond());
        }
        if row.cells[column::REVISION] == Cell::Null {
            row.cells[column::REVISION] = Cell::Int(1);
        }
        row.cells.truncate(hidden);
        let Cell::Int(revision) = row.cells[column::REVISION] else {
            unreachable!("invariant: the loader makes revision a whole number")
        };
        Ok(Self {
            event_id: text_of(&row.cells[column::EVENT_ID]),
            operator_id: text_of(&row.cells[column::OPERATOR_ID]),
            publisher: text_of(&row.cells[column::PUBLISHER]),
            revision,
            op,
            occurred_at: time_of(&row.cells[column::OCCURRED_AT]),
            reported_at: time_of(&row.cells[column::REPORTED_AT]),
            reported_at_given,
            cells: row.cells,
        })
    }

    /// The same content gives the same hash, whatever the order of keys or the spacing. Left out are the revision,
    /// which numbers contents and is none, and a `reported_at` taken from the record's timestamp: the same event sent
    /// again has a later one.
    pub fn content_hash(&self) -> u128 {
        let mut bytes = Vec::with_capacity(512);
        for (place, cell) in self.cells.iter().enumerate() {
            let is_from_record = place == column::REPORTED_AT && !self.reported_at_given;
            let is_content = place != column::REVISION && !is_from_record;
            (if is_content { cell } else { &Cell::Null }).append_to(&mut bytes);
        }
        xxh3_128(&bytes)
    }

    /// The finished row.
    pub fn take_cells(&mut self, quality: Cell) -> Box<[Cell]> {
        self.cells[column::QUALITY] = quality;
        std::mem::take(&mut self.cells).into()
    }
}

/// The hash that says which event this is.
pub(super) fn identity(source: &Source, publisher: &str, operator_id: &str, event_id: &str) -> Identity {
    match source.kind {
        Kind::Event => Identity::of(&source.name, &[publisher, operator_id, event_id]),
        Kind::Reference => Identity::of(&source.name, &[operator_id]),
    }
}

/// Refuses an event beyond the retention or further ahead than clocks may differ, against the record's own timestamp.
pub(super) fn check_lateness(source: &Source, envelope: &Envelope, received_at: Timestamp) -> Result<(), Refusal> {
    let age = received_at.duration_since(envelope.occurred_at);
    if source.kind == Kind::Event && age > source.retention {
        let expected = format!("a time at most {} before the record's timestamp {received_at}", days(source.retention));
        let got = Some(envelope.occurred_at.to_string());
        return Err(refuse(RefusalCode::TooOld, "/occurred_at", expected, got));
    }
    for (pointer, time) in [("/occurred_at", envelope.occurred_at), ("/reported_at", envelope.reported_at)] {
        if time.duration_since(received_at) > source.max_ahead {
            let expected = format!("a time at most {:#} after the record's timestamp {received_at}", source.max_ahead);
            return Err(refuse(RefusalCode::TooFarAhead, pointer, expected, Some(time.to_string())));
        }
    }
    Ok(())
}

/// Refuses a row of a reference source under another key than its operator's: its topic is compacted by key, so another
/// key, or another form of it, would keep two rows of one operator and leave it to chance which of them a restore reads
/// last.
pub(super) fn check_key(source: &Source, envelope: &Envelope, record: &Record) -> Result<(), Refusal> {
    let Some(key) = record.key.as_deref().filter(|_| source.kind == Kind::Reference) else { return Ok(()) };
    let operator_id = &*envelope.operator_id;
    if key == operator_id.as_bytes() {
        return Ok(());
    }
    let expected = format!("the record's key to be {}, the operator_id in its normal form", quote_text(operator_id));
    let got = quote_text(&String::from_utf8_lossy(key));
    Err(refuse(RefusalCode::WrongFormat, "/operator_id", expected, Some(got)))
}

/// The operator that a tombstone's key names.
pub(super) fn operator_of_key(source: &Source, record: &Record) -> Result<OperatorId, Refusal> {
    let fail = |got: &str| {
        let expected = "a key that is the operator_id of the row to delete, in its normal form".into();
        refuse(RefusalCode::NullValue, "", expected, Some(got.into()))
    };
    let key = record.key.as_deref().ok_or_else(|| fail("no key"))?;
    let key = std::str::from_utf8(key).map_err(|_| fail("a key that is not UTF-8"))?;
    let rule = property(source, "operator_id").map(|property| &property.value.rule);
    match rule.map(|rule| text(rule, key)) {
        // The topic is compacted by the key as it is: another form of it deletes another record.
        Some(Ok(decoded)) if !decoded.normalized => Ok(key.into()),
        _ => Err(fail(&quote_text(key))),
    }
}

/// If the record says a schema version that the engine does not know, that is the reason, whatever else was found:
/// fields of another version may well look wrong.
pub(super) fn prefer_unknown_version(source: &Source, text: &str, refusal: Refusal) -> Refusal {
    #[derive(serde::Deserialize)]
    struct Versioned {
        schema_version: String,
    }
    match refusal.code {
        RefusalCode::MissingField
        | RefusalCode::WrongType
        | RefusalCode::UnknownValue
        | RefusalCode::OutOfRange
        | RefusalCode::WrongFormat
        | RefusalCode::WrongTime => serde_json::from_str(text)
            .ok()
            .and_then(|Versioned { schema_version }| check_version(source, &schema_version).err())
            .unwrap_or(refusal),
        _ => refusal,
    }
}

fn check_version(source: &Source, version: &str) -> Result<(), Refusal> {
    if source.versions.iter().any(|known| known == version) {
        return Ok(());
    }
    let expected = format!("one of the schema versions {}", source.versions.join(", "));
    Err(refuse(RefusalCode::UnknownSchemaVersion, "/schema_version", expected, Some(quote_text(version))))
}

/// Takes a CloudEvents header for a property that the document lacks; where both are there they must agree.
fn stand_in(
    source: &Source,
    row: &mut Row,
    header: &str,
    name: &str,
    value: &[u8],
    state: &mut DecodeState<'_>,
) -> Result<(), Refusal> {
    let Some((place, property)) = source.shape.place_of(name).map(|place| (place, &source.shape.properties[place]))
    else {
        return Ok(());
    };
    let Some(cell) = property.cell else { return Ok(()) };
    let pointer = format!("/{name}");
    let Ok(value) = std::str::from_utf8(value) else {
        let expected = format!("a {header} header in UTF-8");
        return Err(refuse(RefusalCode::WrongFormat, &pointer, expected, None));
    };
    let mut decoded = text(&property.value.rule, value).map_err(|code| {
        let expected = format!("a {header} header that is {}", property.value.expected());
        refuse(code, &pointer, expected, Some(quote_text(value)))
    })?;
    if row.cells[cell] == Cell::Null {
        check(property, &mut decoded, state);
        row.cells[cell] = decoded.cell;
        row.seen |= 1 << place;
    } else if row.cells[cell] != decoded.cell {
        let expected = format!("the same value as in the {header} header, {}", quote_text(value));
        return Err(refuse(RefusalCode::WrongFormat, &pointer, expected, None));
    }
    Ok(())
}

fn missing_field(property: &Property) -> Refusal {
    refuse(RefusalCode::MissingField, &format!("/{}", property.name), property.value.expected(), None)
}

fn property<'s>(source: &'s Source, name: &str) -> Option<&'s Property> {
    source.shape.place_of(name).map(|place| &source.shape.properties[place])
}

fn text_of(cell: &Cell) -> Arc<str> {
    let Cell::Text(text) = cell else { unreachable!("invariant: the loader makes this a required string") };
    text.clone()
}

fn time_of(cell: &Cell) -> Timestamp {
    let Cell::Time(microseconds) = cell else { unreachable!("invariant: the loader makes this a required date-time") };
    // The record's own time may lie in the calendar's last second, of which jiff knows no microseconds.
    Timestamp::from_microsecond(*microseconds).unwrap_or(Timestamp::MAX)
}

/// A retention as people say it.
fn days(duration: SignedDuration) -> String {
    let hours = duration.as_hours();
    if hours % 24 == 0 { format!("{} days", hours / 24) } else { format!("{duration:#}") }
}
