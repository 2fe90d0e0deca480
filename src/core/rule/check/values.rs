//! What a value can be, as far as a rule's text, the types of features and the enumerations of schemas show. Always at
//! least what it really can be: what is found impossible here is impossible.

use std::collections::BTreeSet;

use crate::feature::{Feature, FeatureType, ValueRange};

/// The values of one expression at one place, by kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ValueSet {
    /// Unknown, written `()`.
    pub unit: bool,
    pub truths: BoolSet,
    /// The least and the greatest whole number.
    pub ints: Option<(i64, i64)>,
    /// Decimal numbers, any of them.
    pub floats: bool,
    pub texts: TextSet,
    /// Arrays, maps, characters, ranges: any of them.
    pub other: bool,
}

/// Which of `true` and `false`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BoolSet {
    pub yes: bool,
    pub no: bool,
}

/// Which texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TextSet {
    OneOf(BTreeSet<String>),
    Any,
}

/// A kind of value that an operator can be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ValueKind {
    Unit,
    Bool,
    Int,
    Float,
    Text,
}

impl BoolSet {
    pub const NONE: Self = Self { yes: false, no: false };
    pub const BOTH: Self = Self { yes: true, no: true };

    pub fn only(truth: bool) -> Self {
        Self { yes: truth, no: !truth }
    }

    pub fn or(self, other: Self) -> Self {
        Self { yes: self.yes || other.yes, no: self.no || other.no }
    }

    pub fn and(self, other: Self) -> Self {
        Self { yes: self.yes && other.yes, no: self.no && other.no }
    }

    pub fn flipped(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }
}

impl TextSet {
    fn none() -> Self {
        Self::OneOf(BTreeSet::new())
    }

    pub fn is_none(&self) -> bool {
        matches!(self, Self::OneOf(texts) if texts.is_empty())
    }

    /// The one text that it can be.
    pub fn only(&self) -> Option<&str> {
        match self {
            Self::OneOf(texts) if texts.len() == 1 => texts.first().map(String::as_str),
            _ => None,
        }
    }

    fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::OneOf(a), Self::OneOf(b)) => Self::OneOf(a | b),
            _ => Self::Any,
        }
    }

    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::OneOf(a), Self::OneOf(b)) => Self::OneOf(a & b),
            (Self::Any, some) | (some, Self::Any) => some.clone(),
        }
    }

    pub fn without(&self, text: &str) -> Self {
        match self {
            Self::OneOf(texts) => Self::OneOf(texts.iter().filter(|one| *one != text).cloned().collect()),
            Self::Any => Self::Any,
        }
    }
}

impl ValueSet {
    /// No value at all: the expression never comes to an end.
    pub fn nothing() -> Self {
        Self { unit: false, truths: BoolSet::NONE, ints: None, floats: false, texts: TextSet::none(), other: false }
    }

    pub fn any() -> Self {
        let ints = Some((i64::MIN, i64::MAX));
        Self { unit: true, truths: BoolSet::BOTH, ints, floats: true, texts: TextSet::Any, other: true }
    }

    pub fn unit() -> Self {
        Self { unit: true, ..Self::nothing() }
    }

    pub fn truths(truths: BoolSet) -> Self {
        Self { truths, ..Self::nothing() }
    }

    pub fn bool() -> Self {
        Self::truths(BoolSet::BOTH)
    }

    pub fn ints(least: i64, greatest: i64) -> Self {
        Self { ints: Some((least, greatest)), ..Self::nothing() }
    }

    pub fn any_int() -> Self {
        Self::ints(i64::MIN, i64::MAX)
    }

    pub fn float() -> Self {
        Self { floats: true, ..Self::nothing() }
    }

    pub fn number() -> Self {
        Self { floats: true, ..Self::any_int() }
    }

    pub fn any_text() -> Self {
        Self { texts: TextSet::Any, ..Self::nothing() }
    }

    pub fn text(text: &str) -> Self {
        Self { texts: TextSet::OneOf(BTreeSet::from([text.to_owned()])), ..Self::nothing() }
    }

    pub fn other() -> Self {
        Self { other: true, ..Self::nothing() }
    }

    /// What a feature can be, unknown included.
    pub fn of(feature: &Feature) -> Self {
        let known = match (feature.data_type, &feature.values) {
            (FeatureType::Bool, _) => Self::bool(),
            (FeatureType::Int, ValueRange::Between(least, greatest)) => Self::ints(*least, *greatest),
            (FeatureType::Int, _) => Self::any_int(),
            (FeatureType::Float, _) => Self::float(),
            (FeatureType::Text, ValueRange::OneOf(texts)) => {
                Self { texts: TextSet::OneOf(texts.iter().cloned().collect()), ..Self::nothing() }
            }
            (FeatureType::Text, _) => Self::any_text(),
        };
        Self { unit: feature.nullable, ..known }
    }

    pub fn is_nothing(&self) -> bool {
        *self == Self::nothing()
    }

    pub fn or(&self, other: &Self) -> Self {
        let ints = match (self.ints, other.ints) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (some, None) | (None, some) => some,
        };
        Self {
            unit: self.unit || other.unit,
            truths: self.truths.or(other.truths),
            ints,
            floats: self.floats || other.floats,
            texts: self.texts.or(&other.texts),
            other: self.other || other.other,
        }
    }

    pub fn and(&self, other: &Self) -> Self {
        Self {
            unit: self.unit && other.unit,
            truths: self.truths.and(other.truths),
            ints: intersection(self.ints, other.ints),
            floats: self.floats && other.floats,
            texts: self.texts.and(&other.texts),
            other: self.other && other.other,
        }
    }

    pub fn known(&self) -> Self {
        Self { unit: false, ..self.clone() }
    }

    pub fn unknown(&self) -> Self {
        Self { unit: self.unit, ..Self::nothing() }
    }

    /// The kinds that it can be of; `None` if it can also be something whose kind is not distinguished.
    pub fn kinds(&self) -> Option<BTreeSet<ValueKind>> {
        if self.other {
            return None;
        }
        let kinds = [
            (ValueKind::Unit, self.unit),
            (ValueKind::Bool, self.truths != BoolSet::NONE),
            (ValueKind::Int, self.ints.is_some()),
            (ValueKind::Float, self.floats),
            (ValueKind::Text, !self.texts.is_none()),
        ];
        Some(kinds.into_iter().filter_map(|(kind, present)| present.then_some(kind)).collect())
    }

    /// Whether it is whole numbers and nothing else.
    pub fn is_only_ints(&self) -> bool {
        self.ints.is_some() && Self { ints: None, ..self.clone() }.is_nothing()
    }

    /// Whether it is texts and nothing else.
    pub fn is_only_texts(&self) -> bool {
        !self.texts.is_none() && Self { texts: TextSet::none(), ..self.clone() }.is_nothing()
    }

    /// The one whole number that it can be.
    pub fn only_int(&self) -> Option<i64> {
        self.ints.filter(|(least, greatest)| least == greatest && self.is_only_ints()).map(|(least, _)| least)
    }
}

/// The whole numbers within both; nothing if there are none.
pub(super) fn intersection(a: Option<(i64, i64)>, b: Option<(i64, i64)>) -> Option<(i64, i64)> {
    let ((a, b), (c, d)) = (a?, b?);
    let (least, greatest) = (a.max(c), b.min(d));
    (least <= greatest).then_some((least, greatest))
}

/// The words for some kinds, for messages: a whole number, a text.
pub(super) fn in_words(kinds: &BTreeSet<ValueKind>) -> yujing_base::language::Bilingual {
    let word = |kind: &ValueKind| match kind {
        ValueKind::Unit => ("未知", "unknown"),
        ValueKind::Bool => ("真假值", "true or false"),
        ValueKind::Int => ("整数", "a whole number"),
        ValueKind::Float => ("小数", "a decimal number"),
        ValueKind::Text => ("文本", "a text"),
    };
    let (zh, en): (Vec<_>, Vec<_>) = kinds.iter().map(word).unzip();
    yujing_base::language::Bilingual::new(zh.join("或者"), en.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_and_meeting_keep_what_both_say() {
        let (small, large) = (ValueSet::ints(0, 3), ValueSet::ints(5, 9));
        assert_eq!(small.or(&large).ints, Some((0, 9)));
        assert!(small.and(&large).is_nothing());
        let (school, none) = (ValueSet::text("school"), ValueSet::text("none"));
        assert_eq!(school.or(&none).texts.without("none"), school.texts);
        assert!(school.and(&none).is_nothing());
        assert_eq!(ValueSet::any().and(&school), school);
        assert_eq!(ValueSet::any().or(&school), ValueSet::any());
    }
}
