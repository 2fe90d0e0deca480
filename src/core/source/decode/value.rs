//! Values by their rules: `serde` seeds that walk the document and the schema together.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::ignored::{IgnoreSeed, duplicate_key};
use super::quote;
use super::state::{DecodeState, PathStep};
use crate::source::scalar;
use crate::source::shape::{Check, Property, Shape, TextRule, Value, ValueRule, Values};
use crate::source::{Cell, RefusalCode};

/// The value that unknown codes of an open enumeration become.
const OTHER: &str = "other";

/// The cells of one object and which properties it had (a bit each).
#[derive(Debug)]
pub(super) struct Row {
    pub cells: Vec<Cell>,
    pub seen: u128,
}

/// What one value gave.
#[derive(Debug)]
pub(super) struct Decoded {
    pub cell: Cell,
    /// The codes of an open enumeration that are not known.
    pub raw: Cell,
    /// Whether an identifier was sent in another form than its normal one.
    pub normalized: bool,
}

impl From<Cell> for Decoded {
    fn from(cell: Cell) -> Self {
        Self { cell, raw: Cell::Null, normalized: false }
    }
}

/// Reads one value by its rule.
pub(super) struct ValueSeed<'a, 's> {
    pub value: &'s Value,
    pub state: &'a mut DecodeState<'s>,
}

impl ValueSeed<'_, '_> {
    fn wrong_type<E: Error>(&mut self, got: impl Into<String>) -> E {
        let expected = self.value.expected();
        self.state.refuse(RefusalCode::WrongType, expected, Some(got.into()))
    }

    fn number<E: Error>(&mut self, raw: &str) -> Result<Decoded, E> {
        match raw.as_bytes().first() {
            Some(b'-' | b'0'..=b'9') => number(&self.value.rule, raw)
                .map(Decoded::from)
                .map_err(|code| self.state.refuse(code, self.value.expected(), Some(quote(raw)))),
            Some(b'n') if self.value.nullable => Ok(Cell::Null.into()),
            Some(b'{') => Err(self.wrong_type("an object")),
            Some(b'[') => Err(self.wrong_type("an array")),
            Some(b'"') => {
                let text: String = serde_json::from_str(raw).unwrap_or_default();
                Err(self.wrong_type(quote_text(&text)))
            }
            _ => Err(self.wrong_type(quote(raw))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_, '_> {
    type Value = Decoded;

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Decoded, D::Error> {
        match self.value.rule {
            // Numbers are read from their text: exactly, and `1.0` is not `1`.
            ValueRule::Int { .. } | ValueRule::Float { .. } | ValueRule::Decimal { .. } => {
                let raw: &RawValue = serde::Deserialize::deserialize(deserializer)?;
                self.number(raw.get())
            }
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_, '_> {
    type Value = Decoded;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of the schema")
    }

    fn visit_unit<E: Error>(mut self) -> Result<Decoded, E> {
        if self.value.nullable { Ok(Cell::Null.into()) } else { Err(self.wrong_type("null")) }
    }

    fn visit_bool<E: Error>(mut self, got: bool) -> Result<Decoded, E> {
        match self.value.rule {
            ValueRule::Bool { only: Some(only) } if only != got => {
                let expected = self.value.expected();
                Err(self.state.refuse(RefusalCode::UnknownValue, expected, Some(got.to_string())))
            }
            ValueRule::Bool { .. } => Ok(Cell::Bool(got).into()),
            _ => Err(self.wrong_type(got.to_string())),
        }
    }

    fn visit_i64<E: Error>(mut self, got: i64) -> Result<Decoded, E> {
        Err(self.wrong_type(quote(&got.to_string())))
    }

    fn visit_u64<E: Error>(mut self, got: u64) -> Result<Decoded, E> {
        Err(self.wrong_type(quote(&got.to_string())))
    }

    fn visit_f64<E: Error>(mut self, got: f64) -> Result<Decoded, E> {
        Err(self.wrong_type(quote(&got.to_string())))
    }

    fn visit_str<E: Error>(mut self, got: &str) -> Result<Decoded, E> {
        match &self.value.rule {
            ValueRule::Text(_) | ValueRule::Time | ValueRule::Date => match text(&self.value.rule, got) {
                Ok(decoded) => {
                    self.state.unknown_values += u32::from(decoded.raw != Cell::Null);
                    Ok(decoded)
                }
                Err(code) => Err(self.state.refuse(code, self.value.expected(), Some(quote_text(got)))),
            },
            _ => Err(self.wrong_type(quote_text(got))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Decoded, A::Error> {
        let ValueRule::List { item, min, max } = &self.value.rule else { return Err(self.wrong_type("an array")) };
        let mut cells = Vec::new();
        let mut unknown = Vec::new();
        self.state.enter(PathStep::Item(0), false);
        while let Some(decoded) = seq.next_element_seed(ValueSeed { value: item, state: &mut *self.state })? {
            if cells.len() == *max {
                self.state.leave(false);
                return Err(self.wrong_count(format!("more than {max} items")));
            }
            cells.push(decoded.cell);
            unknown.extend(Some(decoded.raw).filter(|raw| *raw != Cell::Null));
            self.state.next_item();
        }
        self.state.leave(false);
        if cells.len() < *min {
            return Err(self.wrong_count(format!("{} items", cells.len())));
        }
        let raw = if unknown.is_empty() { Cell::Null } else { Cell::List(unknown.into()) };
        Ok(Decoded { cell: Cell::List(cells.into()), raw, normalized: false })
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<Decoded, A::Error> {
        let ValueRule::Object(shape) = &self.value.rule else { return Err(self.wrong_type("an object")) };
        let row = read_object(shape, map, self.state)?;
        if let Some(missing) = shape.missing(row.seen, false) {
            self.state.enter(PathStep::Property(&missing.name), missing.personal);
            return Err(self.state.refuse(RefusalCode::MissingField, missing.value.expected(), None));
        }
        Ok(Cell::Object(row.cells.into()).into())
    }
}

impl ValueSeed<'_, '_> {
    fn wrong_count<E: Error>(&mut self, got: String) -> E {
        let expected = self.value.expected();
        self.state.refuse(RefusalCode::OutOfRange, expected, Some(got))
    }
}

/// Reads the document itself; that required properties are there is the caller's to say.
pub(super) struct RootSeed<'a, 's> {
    pub shape: &'s Shape,
    pub state: &'a mut DecodeState<'s>,
}

impl RootSeed<'_, '_> {
    fn not_an_object<E: Error>(self, got: impl Into<String>) -> E {
        self.state.refuse(RefusalCode::WrongType, "an object".into(), Some(got.into()))
    }
}

impl<'de> DeserializeSeed<'de> for RootSeed<'_, '_> {
    type Value = Row;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RootSeed<'_, '_> {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: Error>(self) -> Result<Row, E> {
        Err(self.not_an_object("null"))
    }

    fn visit_bool<E: Error>(self, got: bool) -> Result<Row, E> {
        Err(self.not_an_object(got.to_string()))
    }

    fn visit_i64<E: Error>(self, _got: i64) -> Result<Row, E> {
        Err(self.not_an_object("a number"))
    }

    fn visit_u64<E: Error>(self, _got: u64) -> Result<Row, E> {
        Err(self.not_an_object("a number"))
    }

    fn visit_f64<E: Error>(self, _got: f64) -> Result<Row, E> {
        Err(self.not_an_object("a number"))
    }

    // The text may be a whole record in quotes, with personal data in it: it is not quoted.
    fn visit_str<E: Error>(self, _got: &str) -> Result<Row, E> {
        Err(self.not_an_object("a string"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _seq: A) -> Result<Row, A::Error> {
        Err(self.not_an_object("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Row, A::Error> {
        read_object(self.shape, map, self.state)
    }
}

fn read_object<'de, 's, A: MapAccess<'de>>(
    shape: &'s Shape,
    mut map: A,
    state: &mut DecodeState<'s>,
) -> Result<Row, A::Error> {
    let mut row = Row { cells: vec![Cell::Null; shape.width], seen: 0 };
    let mut unknown_names = HashSet::new();
    let mut likely = 0;
    while let Some(key) = map.next_key_seed(KeySeed { shape, likely })? {
        let place = match key {
            Key::Known(place) => place,
            Key::Unknown(name) => {
                state.enter(PathStep::Unknown(name.clone()), false);
                if !unknown_names.insert(name) {
                    return Err(duplicate_key(state));
                }
                map.next_value_seed(IgnoreSeed(state))?;
                state.leave(false);
                state.unknown_fields += 1;
                continue;
            }
        };
        let property = &shape.properties[place];
        state.enter(PathStep::Property(&property.name), property.is_confidential());
        if row.seen >> place & 1 == 1 {
            return Err(duplicate_key(state));
        }
        row.seen |= 1 << place;
        likely = place + 1;
        let mut decoded = map.next_value_seed(ValueSeed { value: &property.value, state })?;
        state.leave(property.is_confidential());
        check(property, &mut decoded, state);
        if let Some(cell) = property.raw_cell {
            row.cells[cell] = decoded.raw;
        }
        if let Some(cell) = property.cell {
            row.cells[cell] = decoded.cell;
        }
    }
    Ok(row)
}

/// Adds the flags of an identifier (sent in another form, wrong check digit, letters that only look right), and those of
/// a text with personal data, which is not kept.
pub(super) fn check(property: &Property, decoded: &mut Decoded, state: &mut DecodeState<'_>) {
    let mut add = |flag: &str| state.quality.push(Cell::Text(format!("{}:{flag}", property.name).into()));
    if decoded.normalized {
        add("normalized");
        state.normalized += 1;
    }
    let (Some(check), Cell::Text(text)) = (property.check, &decoded.cell) else { return };
    let flags = check.flags(text);
    for flag in &flags {
        add(flag);
    }
    if check == Check::Personal && !flags.is_empty() {
        decoded.cell = Cell::Null;
        state.withheld += 1;
    }
}

fn number(rule: &ValueRule, raw: &str) -> Result<Cell, RefusalCode> {
    let problem_code = |problem| match problem {
        scalar::NumberProblem::NotWhole => RefusalCode::WrongType,
        scalar::NumberProblem::OutOfRange => RefusalCode::OutOfRange,
    };
    match rule {
        ValueRule::Int { min, max, only } => {
            let value = scalar::integer(raw).map_err(problem_code)?;
            if !only.is_empty() && !only.contains(&value) {
                return Err(RefusalCode::UnknownValue);
            }
            within(value, *min, *max).map(Cell::Int)
        }
        ValueRule::Float { min, max } => within(scalar::float(raw).map_err(problem_code)?, *min, *max).map(Cell::Float),
        ValueRule::Decimal { scale, min, max } => {
            within(scalar::decimal(raw, *scale).map_err(problem_code)?, *min, *max).map(Cell::Decimal)
        }
        _ => Err(RefusalCode::WrongType),
    }
}

fn within<T: PartialOrd + Copy>(value: T, min: T, max: T) -> Result<T, RefusalCode> {
    if value < min || value > max { Err(RefusalCode::OutOfRange) } else { Ok(value) }
}

/// A text by the rule of a text, a time or a date.
pub(super) fn text(rule: &ValueRule, got: &str) -> Result<Decoded, RefusalCode> {
    match rule {
        ValueRule::Text(rule) => plain_text(rule, got),
        ValueRule::Time => scalar::time(got).map(|time| Cell::Time(time).into()).ok_or(RefusalCode::WrongTime),
        ValueRule::Date => scalar::date(got).map(|date| Cell::Date(date).into()).ok_or(RefusalCode::WrongTime),
        _ => Err(RefusalCode::WrongType),
    }
}

fn plain_text(rule: &TextRule, sent: &str) -> Result<Decoded, RefusalCode> {
    if sent.contains('\0') {
        return Err(RefusalCode::WrongFormat);
    }
    let normal = rule.normal.map_or(Cow::Borrowed(sent), |normal| normal.of(sent));
    let got: &str = &normal;
    let is_known = |values: &[Box<str>]| values.iter().any(|value| **value == *got);
    if matches!(&rule.values, Values::Closed(values) if !is_known(values)) {
        return Err(RefusalCode::UnknownValue);
    }
    // Counting characters costs a pass; of most texts the bytes settle it.
    let is_long_enough = rule.min == 0 || rule.min == 1 && !got.is_empty();
    if got.len() > rule.max || !is_long_enough {
        within(got.chars().count(), rule.min, rule.max)?;
    }
    if rule.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(got)) {
        return Err(RefusalCode::WrongFormat);
    }
    let (cell, raw) = match &rule.values {
        Values::Open(values) if !is_known(values) => (OTHER, Cell::Text(got.into())),
        _ => (got, Cell::Null),
    };
    Ok(Decoded { cell: Cell::Text(cell.into()), raw, normalized: matches!(normal, Cow::Owned(_)) })
}

/// A text as JSON, cut.
pub(super) fn quote_text(text: &str) -> String {
    let cut = quote(text);
    serde_json::to_string(&cut).unwrap_or(cut)
}

enum Key {
    Known(usize),
    Unknown(Box<str>),
}

struct KeySeed<'s> {
    shape: &'s Shape,
    /// The place of the property that comes next if the document follows the schema.
    likely: usize,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Key, E> {
        let place = self.shape.place_from(self.likely, name);
        Ok(place.map_or_else(|| Key::Unknown(name.into()), Key::Known))
    }
}
