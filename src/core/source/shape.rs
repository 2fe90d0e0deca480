//! What a document must look like: the schema file in the form that the decoder walks.

use std::collections::HashMap;
use std::sync::Arc;

use regex::Regex;

use super::personal::{PersonalTrace, personal_traces};
use super::{NormalForm, identifier};

/// An object: its properties in the schema's order.
#[derive(Debug, Clone)]
pub struct Shape {
    pub properties: Vec<Property>,
    /// How many cells a row of it has.
    pub width: usize,
    by_name: HashMap<Arc<str>, usize>,
    /// The names alone, side by side.
    names: Box<[Arc<str>]>,
    /// A bit for each property that every document must have.
    required: u128,
    /// The same for a document that is not a retract.
    required_of_upsert: u128,
}

/// So many properties are compared with the next name of a document before it is looked up.
const NEAR: usize = 6;

impl Shape {
    /// So many properties at most, so that one integer can remember which were seen.
    pub const MAX_PROPERTIES: usize = 128;

    pub fn new(properties: Vec<Property>, width: usize) -> Self {
        debug_assert!(properties.len() <= Self::MAX_PROPERTIES);
        let by_name = properties.iter().enumerate().map(|(place, property)| (property.name.clone(), place)).collect();
        let names = properties.iter().map(|property| property.name.clone()).collect();
        let bits_of = |is_meant: fn(Required) -> bool| {
            let meant = properties.iter().enumerate().filter(|(_, property)| is_meant(property.required));
            meant.fold(0, |bits, (place, _)| bits | 1 << place)
        };
        Self {
            width,
            by_name,
            names,
            required: bits_of(|required| required == Required::Always),
            required_of_upsert: bits_of(|required| required != Required::Never),
            properties,
        }
    }

    /// The first property that a document lacks of those that it must have; `seen` has a bit for each that it has.
    pub fn missing(&self, seen: u128, is_upsert: bool) -> Option<&Property> {
        let missing = if is_upsert { self.required_of_upsert } else { self.required } & !seen;
        (missing != 0).then(|| &self.properties[missing.trailing_zeros() as usize])
    }

    /// The place of a property, looked for first from where it would stand in a document that follows the schema.
    pub fn place_from(&self, likely: usize, name: &str) -> Option<usize> {
        let near = self.names.iter().enumerate().skip(likely).take(NEAR);
        let found = near.into_iter().find(|(_, known)| ***known == *name).map(|(place, _)| place);
        found.or_else(|| self.place_of(name))
    }

    pub fn place_of(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }
}

/// When a document must have a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    Never,
    Always,
    /// Only when the record is not a retract.
    Upsert,
}

/// What is looked for in a text, and flagged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Identifiers that cannot be right.
    Uscc,
    Licence,
    /// Personal data: such a text is not kept.
    Personal,
}

impl Check {
    /// What is wrong with a text, as it stands in the column `quality` behind the field's name.
    pub fn flags(self, text: &str) -> Vec<&'static str> {
        match self {
            Self::Uscc => flags_of_code(identifier::is_uscc(text), identifier::has_look_alike_in_uscc(text)),
            Self::Licence => flags_of_code(identifier::is_licence(text), identifier::has_look_alike_in_licence(text)),
            Self::Personal => personal_traces(text).into_iter().map(PersonalTrace::as_str).collect(),
        }
    }
}

/// A code that does not pass may have a letter that only looks like what belongs there.
fn flags_of_code(passes: bool, has_look_alike: bool) -> Vec<&'static str> {
    match (passes, has_look_alike) {
        (true, _) => Vec::new(),
        (false, false) => vec!["check_digit"],
        (false, true) => vec!["check_digit", "look_alike"],
    }
}

#[derive(Debug, Clone)]
pub struct Property {
    pub name: Arc<str>,
    pub value: Value,
    pub required: Required,
    /// Checked, then dropped; never quoted.
    pub personal: bool,
    /// The place of its cell in the row; `None` if it is dropped.
    pub cell: Option<usize>,
    /// The place of the cell of unknown codes of an open enumeration.
    pub raw_cell: Option<usize>,
    pub check: Option<Check>,
    /// The field beside it that says how the number is to be read: as it is, below, above, not detected.
    pub censor: Option<Arc<str>>,
}

impl Property {
    /// Whether a refusal must not quote its value, which is or may be personal.
    pub fn is_confidential(&self) -> bool {
        self.personal || self.check == Some(Check::Personal)
    }
}

/// What one value may be.
#[derive(Debug, Clone)]
pub struct Value {
    pub rule: ValueRule,
    pub nullable: bool,
}

#[derive(Debug, Clone)]
pub enum ValueRule {
    /// `only`: the one value allowed.
    Bool {
        only: Option<bool>,
    },
    /// `only` empty: any.
    Int {
        min: i64,
        max: i64,
        only: Vec<i64>,
    },
    Float {
        min: f64,
        max: f64,
    },
    /// Limits times ten to the scale.
    Decimal {
        scale: i8,
        min: i128,
        max: i128,
    },
    Text(TextRule),
    Time,
    Date,
    List {
        item: Box<Value>,
        min: usize,
        max: usize,
    },
    Object(Shape),
}

#[derive(Debug, Clone)]
pub struct TextRule {
    /// Done before anything else is looked at.
    pub normal: Option<NormalForm>,
    /// In characters.
    pub min: usize,
    pub max: usize,
    pub pattern: Option<Regex>,
    pub values: Values,
}

/// The values that a text may have.
#[derive(Debug, Clone)]
pub enum Values {
    Any,
    /// Another value is refused.
    Closed(Vec<Box<str>>),
    /// Another value becomes `other`.
    Open(Vec<Box<str>>),
}

impl Value {
    /// What a refusal says the publisher should send.
    pub fn expected(&self) -> String {
        let expected = self.rule.expected();
        if self.nullable { format!("{expected}, or null") } else { expected }
    }
}

/// The greatest number of 38 digits, which is what Arrow's `Decimal128(38, _)` holds.
pub const DECIMAL_MAX: i128 = 10_i128.pow(38) - 1;

impl ValueRule {
    /// What a refusal says the publisher should send, for example `a whole number from 1 to 4`.
    pub fn expected(&self) -> String {
        match self {
            Self::Bool { only: None } => "true or false".into(),
            Self::Bool { only: Some(value) } => value.to_string(),
            Self::Int { min, max, only } if only.is_empty() => {
                let limits = limits((*min != i64::MIN).then_some(min), (*max != i64::MAX).then_some(max));
                format!("a whole number{limits}")
            }
            Self::Int { only, .. } => one_of(only),
            Self::Float { min, max } => {
                let limits = limits((*min > f64::MIN).then_some(min), (*max < f64::MAX).then_some(max));
                format!("a number{limits}")
            }
            Self::Decimal { scale, min, max } => {
                let lowest = (*min != -DECIMAL_MAX).then(|| decimal_text(*min, *scale));
                let highest = (*max != DECIMAL_MAX).then(|| decimal_text(*max, *scale));
                format!("a number{} with at most {scale} decimal places", limits(lowest, highest))
            }
            Self::Text(rule) => rule.expected(),
            Self::Time => "a date-time with offset, such as 2026-03-02T02:10:00+08:00".into(),
            Self::Date => "a date, such as 2026-03-02".into(),
            Self::List { min, max, .. } => match (*min, *max) {
                (0, usize::MAX) => "an array".into(),
                (0, max) => format!("an array of at most {max} items"),
                (min, usize::MAX) => format!("an array of at least {min} items"),
                (min, max) => format!("an array of {min} to {max} items"),
            },
            Self::Object(_) => "an object".into(),
        }
    }
}

impl TextRule {
    fn expected(&self) -> String {
        if let Values::Closed(values) = &self.values {
            return one_of(values);
        }
        let length = match (self.min, self.max) {
            (0, usize::MAX) => String::new(),
            (0, max) => format!(" of at most {max} characters"),
            (min, usize::MAX) => format!(" of at least {min} characters"),
            (min, max) => format!(" of {min} to {max} characters"),
        };
        let form = self.pattern.as_ref().map(|pattern| format!(" matching {}", pattern.as_str())).unwrap_or_default();
        format!("a string{length}{form}")
    }
}

fn one_of(values: &[impl ToString]) -> String {
    match values {
        [only] => only.to_string(),
        many => format!("one of {}", many.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    }
}

fn limits<T: std::fmt::Display>(min: Option<T>, max: Option<T>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (Some(min), None) => format!(" of at least {min}"),
        (None, Some(max)) => format!(" of at most {max}"),
        (None, None) => String::new(),
    }
}

/// A scaled integer as a plain decimal number.
fn decimal_text(value: i128, scale: i8) -> String {
    let places = usize::from(scale.unsigned_abs());
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let fraction = fraction.trim_end_matches('0');
    let sign = if value < 0 { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_read_well() {
        let text = |min, max, values| ValueRule::Text(TextRule { normal: None, min, max, pattern: None, values });
        let cases = [
            (ValueRule::Int { min: 1, max: 4, only: vec![] }, "a whole number from 1 to 4"),
            (ValueRule::Int { min: i64::MIN, max: i64::MAX, only: vec![2, 3] }, "one of 2, 3"),
            (ValueRule::Float { min: 0.0, max: f64::MAX }, "a number of at least 0"),
            (
                ValueRule::Decimal { scale: 2, min: -50, max: 100_000 },
                "a number from -0.5 to 1000 with at most 2 decimal places",
            ),
            (text(1, 64, Values::Any), "a string of 1 to 64 characters"),
            (text(0, usize::MAX, Values::Closed(vec!["a".into(), "b".into()])), "one of a, b"),
            (text(0, usize::MAX, Values::Closed(vec!["a".into()])), "a"),
        ];
        for (rule, expected) in cases {
            assert_eq!(rule.expected(), expected);
        }
    }
}
