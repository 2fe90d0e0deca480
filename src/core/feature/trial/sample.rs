//! Made-up records of a source: one with ordinary values, and for each field one with every value that its schema makes
//! special: zero, the bounds, each code, an empty list, NULL.

use arrow::record_batch::RecordBatch;
use jiff::Timestamp;

use crate::source::cell::{Cell, to_array};
use crate::source::column;
use crate::source::shape::{DECIMAL_MAX, Property, Required, Shape, TextRule, Value, ValueRule, Values};
use crate::source::{Kind, Source};

/// A number without bound in the schema is tried up to here: what real data never reaches shows nothing.
const LARGE: i64 = 1_000_000_000;
/// So many characters at most has a long text.
const LONG: usize = 200;
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
/// The calendar's days from 1970 to 1900-01-01, 9999-12-31 (in use for "without end") and, for times, 2200-01-01.
const FIRST_DATE: i32 = -25_567;
const LAST_DATE: i32 = 2_932_896;
const LAST_TIME: i64 = 84_006 * DAY;

/// The instant that features are tried for, an ordinary Monday in seconds since 1970: the same trial always finds the
/// same.
pub const NOW: i64 = 1_772_452_800;

pub fn now() -> Timestamp {
    Timestamp::from_second(NOW).expect("invariant: 2026 is within the calendar")
}

/// Records of as many made-up operators, sorted by operator.
pub struct SampleRecords {
    pub rows: RecordBatch,
    /// What is special about each, for example `persons_ill = 0`; empty for the ordinary one, which is the first.
    pub labels: Vec<String>,
}

impl SampleRecords {
    /// Records that occurred within the hour before `now`, in microseconds, or at the edges of the source's retention.
    pub fn of(source: &Source, now: i64) -> Self {
        let sampler = SampleMaker { now };
        let mut ordinary = sampler.object(&source.shape);
        ordinary[column::REVISION] = Cell::Int(1);
        let mut made = vec![(String::new(), ordinary.clone())];
        let mut without = ordinary.clone();
        for property in visible(&source.shape) {
            let Some(place) = property.cell.filter(|place| *place < source.columns.len()) else { continue };
            let special = match place {
                column::EVENT_ID | column::OPERATOR_ID | column::PUBLISHER => continue,
                column::REVISION => vec![(" = 7".to_owned(), Cell::Int(7))],
                column::OCCURRED_AT | column::REPORTED_AT => sampler.ages(source),
                _ => sampler.special(&property.value, property.required == Required::Never),
            };
            for (what, cell) in special {
                if cell == Cell::Null {
                    without[place] = Cell::Null;
                }
                let mut row = ordinary.clone();
                row[place] = cell;
                made.push((format!("{}{what}", property.name), row));
            }
        }
        made.push(("everything that may be NULL is NULL".to_owned(), without));
        for (number, (_, row)) in made.iter_mut().enumerate() {
            row[column::EVENT_ID] = Cell::Text("made-up".into());
            row[column::OPERATOR_ID] = Cell::Text(operator(number).into());
            row[column::PUBLISHER] = Cell::Text("made-up".into());
            row[column::QUALITY] = Cell::List(Box::default());
            for time in [column::OCCURRED_AT, column::REPORTED_AT] {
                if row[time] == Cell::Null {
                    row[time] = sampler.ordinary(&ValueRule::Time);
                }
            }
        }
        let columns = source.columns.iter().enumerate().map(|(place, field)| {
            let cells: Vec<&Cell> = made.iter().map(|(_, row)| &row[place]).collect();
            to_array(&field.data_type, cells.into_iter())
        });
        let rows = RecordBatch::try_new(source.schema.clone(), columns.collect())
            .expect("invariant: cells follow the schema of their source");
        Self { rows, labels: made.into_iter().map(|(label, _)| label).collect() }
    }
}

/// The operator of a record: in the order of the records.
pub fn operator(number: usize) -> String {
    format!("made-up-{number:06}")
}

fn visible(shape: &Shape) -> impl Iterator<Item = &Property> {
    shape.properties.iter().filter(|property| !property.personal)
}

struct SampleMaker {
    now: i64,
}

impl SampleMaker {
    fn object(&self, shape: &Shape) -> Vec<Cell> {
        let mut cells = vec![Cell::Null; shape.width];
        for property in visible(shape) {
            if let Some(place) = property.cell {
                cells[place] = self.ordinary(&property.value.rule);
            }
        }
        cells
    }

    fn ordinary(&self, rule: &ValueRule) -> Cell {
        match rule {
            ValueRule::Bool { only } => Cell::Bool(only.unwrap_or(true)),
            ValueRule::Int { min, max, only } => Cell::Int(only.first().copied().unwrap_or(2.clamp(*min, *max))),
            ValueRule::Float { min, max } => Cell::Float(2.0_f64.clamp(*min, *max)),
            ValueRule::Decimal { scale, min, max } => Cell::Decimal((2 * one(*scale)).clamp(*min, *max)),
            ValueRule::Text(text) => Cell::Text(ordinary_text(text).into()),
            ValueRule::Time => Cell::Time(self.now - HOUR),
            ValueRule::Date => Cell::Date(i32::try_from((self.now - HOUR).div_euclid(DAY)).unwrap_or_default()),
            ValueRule::List { item, min, .. } => Cell::List(vec![self.ordinary(&item.rule); (*min).max(1)].into()),
            ValueRule::Object(shape) => Cell::Object(self.object(shape).into()),
        }
    }

    /// The values that are special about a field, each with what follows the field's name.
    fn special(&self, value: &Value, optional: bool) -> Vec<(String, Cell)> {
        let mut found = match &value.rule {
            ValueRule::Bool { only: None } => vec![(" = false".to_owned(), Cell::Bool(false))],
            ValueRule::Bool { only: Some(_) } => Vec::new(),
            ValueRule::Int { min, max, only } if only.is_empty() => {
                let numbers =
                    [0, (*min).max(-LARGE), (*max).min(LARGE)].into_iter().filter(|n| (min..=max).contains(&n));
                numbers.map(|number| (format!(" = {number}"), Cell::Int(number))).collect()
            }
            ValueRule::Int { only, .. } => {
                only.iter().map(|number| (format!(" = {number}"), Cell::Int(*number))).collect()
            }
            ValueRule::Float { min, max } => {
                #[expect(clippy::cast_precision_loss, reason = "a thousand million is exact")]
                let large = LARGE as f64;
                let numbers = [0.0, min.max(-large), max.min(large)].into_iter().filter(|n| (min..=max).contains(&n));
                numbers.map(|number| (format!(" = {number}"), Cell::Float(number))).collect()
            }
            ValueRule::Decimal { scale, min, max } => {
                let large = i128::from(LARGE).checked_mul(one(*scale)).unwrap_or(DECIMAL_MAX).min(DECIMAL_MAX);
                let numbers =
                    [0, (*min).max(-large), (*max).min(large)].into_iter().filter(|n| (min..=max).contains(&n));
                numbers.map(|number| (format!(" = {}", decimal_text(number, *scale)), Cell::Decimal(number))).collect()
            }
            ValueRule::Text(text) => special_texts(text)
                .into_iter()
                .map(|text| (format!(" = '{}'", shown(&text)), Cell::Text(text.into())))
                .collect(),
            ValueRule::Time => vec![
                (" = 1970-01-01T00:00:00Z".to_owned(), Cell::Time(0)),
                (" = 2200-01-01T00:00:00Z".to_owned(), Cell::Time(LAST_TIME)),
            ],
            ValueRule::Date => vec![
                (" = 1900-01-01".to_owned(), Cell::Date(FIRST_DATE)),
                (" = 9999-12-31".to_owned(), Cell::Date(LAST_DATE)),
            ],
            ValueRule::List { item, min, .. } => {
                let empty = (*min == 0).then(|| (" = []".to_owned(), Cell::List(Box::default())));
                let items = self.special(item, false).into_iter();
                let items =
                    items.map(|(what, cell)| (format!("[1]{what}"), Cell::List(vec![cell; (*min).max(1)].into())));
                empty.into_iter().chain(items).collect()
            }
            ValueRule::Object(shape) => {
                let ordinary = self.object(shape);
                let fields = visible(shape).filter_map(|property| Some((property, property.cell?)));
                fields
                    .flat_map(|(property, place)| {
                        let special = self.special(&property.value, property.required == Required::Never);
                        let ordinary = &ordinary;
                        special.into_iter().map(move |(what, cell)| {
                            let mut cells = ordinary.clone();
                            cells[place] = cell;
                            (format!(".{}{what}", property.name), Cell::Object(cells.into()))
                        })
                    })
                    .collect()
            }
        };
        if value.nullable || optional {
            found.push((" IS NULL".to_owned(), Cell::Null));
        }
        let ordinary = self.ordinary(&value.rule);
        found.retain(|(_, cell)| *cell != ordinary);
        found
    }

    /// Times of an event's envelope: within windows of a week, a quarter, and as far back as rows are seen.
    fn ages(&self, source: &Source) -> Vec<(String, Cell)> {
        let oldest = match source.kind {
            Kind::Event => i64::try_from(source.retention.as_micros()).unwrap_or(i64::MAX) - HOUR,
            Kind::Reference => 1_000 * DAY,
        };
        let ages = [
            (0, " = as_of()"),
            (10 * DAY, ": 10 days ago"),
            (100 * DAY, ": 100 days ago"),
            (oldest, ": as old as can be"),
        ];
        let ages = ages.into_iter().filter(|(age, _)| *age <= oldest);
        ages.map(|(age, what)| (what.to_owned(), Cell::Time(self.now.saturating_sub(age)))).collect()
    }
}

fn one(scale: i8) -> i128 {
    10_i128.pow(u32::from(scale.unsigned_abs()))
}

fn decimal_text(number: i128, scale: i8) -> String {
    (number / one(scale)).to_string()
}

fn ordinary_text(rule: &TextRule) -> Box<str> {
    match &rule.values {
        Values::Closed(codes) | Values::Open(codes) => codes.first().cloned().unwrap_or_default(),
        Values::Any => of_length("鱼汤面", rule.min.max(2).min(rule.max)),
    }
}

/// Codes, or texts that look like what people write into a free field: none, numbers, dates.
fn special_texts(rule: &TextRule) -> Vec<Box<str>> {
    match &rule.values {
        Values::Closed(codes) | Values::Open(codes) => codes.clone(),
        Values::Any => {
            let long = of_length("长", rule.max.min(LONG));
            let usual = ["", "0", "-1.5", "x", "2026-03-02", "2026-03-02T08:00:00+08:00"].map(Box::from);
            let fits = |text: &str| (rule.min..=rule.max).contains(&text.chars().count());
            usual.into_iter().chain([long]).filter(|text| fits(text)).collect()
        }
    }
}

fn of_length(text: &str, characters: usize) -> Box<str> {
    text.chars().cycle().take(characters).collect::<String>().into()
}

/// A text as a message shows it.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(30).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
