//! What comparisons can give, and which values can give it.

use super::values::{BoolSet, TextSet, ValueKind, ValueSet, intersection};

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ComparisonOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl ComparisonOperator {
    pub fn of(sign: &str) -> Option<Self> {
        Some(match sign {
            "==" => Self::Equal,
            "!=" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    /// The same with its sides exchanged.
    pub fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }

    /// What holds of numbers when this does not.
    fn opposite(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }

    /// What it gives, in silence, for values of kinds that cannot be compared.
    fn of_different_kinds(self) -> bool {
        self == Self::NotEqual
    }

    /// Which of `a` can give `wanted` against some value of `b`.
    pub fn kept(self, wanted: bool, a: &ValueSet, b: &ValueSet) -> ValueSet {
        let anything = b.other;
        let different = self.of_different_kinds() == wanted;
        let (b_truth, b_number, b_text) = (b.truths != BoolSet::NONE, b.ints.is_some() || b.floats, !b.texts.is_none());
        let beside = |same: bool| anything || (different && same);
        let units = if b.unit { wanted == (self == Self::Equal) } else { false };
        ValueSet {
            unit: a.unit && (units || beside(b_truth || b_number || b_text)),
            truths: self.kept_truths(wanted, a.truths, b, beside(b.unit || b_number || b_text)),
            ints: self.kept_ints(wanted, a.ints, b, beside(b.unit || b_truth || b_text)),
            floats: a.floats && (b_number || beside(b.unit || b_truth || b_text)),
            texts: self.kept_texts(wanted, &a.texts, b, beside(b.unit || b_truth || b_number)),
            other: a.other,
        }
    }

    fn kept_truths(self, wanted: bool, a: BoolSet, b: &ValueSet, all: bool) -> BoolSet {
        if all {
            return a;
        }
        match (self, wanted) {
            _ if b.truths == BoolSet::NONE => BoolSet::NONE,
            (Self::Equal, true) | (Self::NotEqual, false) => a.and(b.truths),
            (Self::Equal, false) | (Self::NotEqual, true) => a.and(b.truths.flipped()),
            _ => a,
        }
    }

    fn kept_ints(self, wanted: bool, a: Option<(i64, i64)>, b: &ValueSet, all: bool) -> Option<(i64, i64)> {
        let (least, greatest) = a?;
        if all || b.floats {
            return a;
        }
        let (b_least, b_greatest) = b.ints?;
        let bounds = match if wanted { self } else { self.opposite() } {
            Self::Equal => (b_least, b_greatest),
            Self::NotEqual if b_least < b_greatest => (i64::MIN, i64::MAX),
            Self::NotEqual => {
                let trimmed_least = if least == b_least { least.checked_add(1)? } else { least };
                let trimmed_greatest = if greatest == b_least { greatest.checked_sub(1)? } else { greatest };
                (trimmed_least, trimmed_greatest)
            }
            Self::Less => (i64::MIN, b_greatest.checked_sub(1)?),
            Self::LessOrEqual => (i64::MIN, b_greatest),
            Self::Greater => (b_least.checked_add(1)?, i64::MAX),
            Self::GreaterOrEqual => (b_least, i64::MAX),
        };
        intersection(a, Some(bounds))
    }

    fn kept_texts(self, wanted: bool, a: &TextSet, b: &ValueSet, all: bool) -> TextSet {
        if all {
            return a.clone();
        }
        match (self, wanted) {
            _ if b.texts.is_none() => ValueSet::nothing().texts,
            (Self::Equal, true) | (Self::NotEqual, false) => a.and(&b.texts),
            (Self::Equal, false) | (Self::NotEqual, true) => match b.texts.only() {
                Some(text) => a.without(text),
                None => a.clone(),
            },
            _ => a.clone(),
        }
    }

    /// What it can give.
    pub fn outcomes(self, a: &ValueSet, b: &ValueSet) -> BoolSet {
        BoolSet { yes: !self.kept(true, a, b).is_nothing(), no: !self.kept(false, a, b).is_nothing() }
    }
}

/// Whether no value of one can be compared with any of the other, unknown aside.
pub(super) fn never_fit(a: &ValueSet, b: &ValueSet) -> bool {
    let (Some(a), Some(b)) = (a.known().kinds(), b.known().kinds()) else { return false };
    let is_number = |kind: &ValueKind| matches!(kind, ValueKind::Int | ValueKind::Float);
    let fit = |a: &ValueKind, b: &ValueKind| a == b || (is_number(a) && is_number(b));
    !a.is_empty() && !b.is_empty() && !a.iter().any(|a| b.iter().any(|b| fit(a, b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The operator on whole numbers, and what the tables above say of it, over all small ranges.
    #[test]
    fn ranges_of_whole_numbers_are_judged_as_their_members_are() {
        type Holds = fn(&i64, &i64) -> bool;
        let comparisons: [(&str, Holds); 6] = [
            ("==", |a, b| a == b),
            ("!=", |a, b| a != b),
            ("<", |a, b| a < b),
            ("<=", |a, b| a <= b),
            (">", |a, b| a > b),
            (">=", |a, b| a >= b),
        ];
        let ranges: Vec<(i64, i64)> =
            (-2..=2).flat_map(|least| (least..=2).map(move |greatest| (least, greatest))).collect();
        for (sign, holds) in comparisons {
            let comparison = ComparisonOperator::of(sign).expect("an operator");
            for (&(a, b), &(c, d)) in ranges.iter().flat_map(|a| ranges.iter().map(move |b| (a, b))) {
                let (left, right) = (ValueSet::ints(a, b), ValueSet::ints(c, d));
                for wanted in [true, false] {
                    let giving: Vec<i64> = (a..=b).filter(|x| (c..=d).any(|y| holds(x, &y) == wanted)).collect();
                    let hull = giving.first().copied().zip(giving.last().copied());
                    assert_eq!(
                        comparison.kept(wanted, &left, &right).ints,
                        hull,
                        "{a}..={b} {sign} {c}..={d} {wanted}"
                    );
                    let mirrored = comparison.mirrored().kept(wanted, &right, &left);
                    assert_eq!(mirrored.ints.is_some(), hull.is_some());
                }
            }
        }
    }

    #[test]
    fn values_of_different_kinds_differ_and_never_compare() {
        let (number, text) = (ValueSet::any_int(), ValueSet::any_text());
        assert!(never_fit(&number, &text) && !never_fit(&number, &ValueSet::float()));
        assert!(!never_fit(&ValueSet::any(), &text));
        assert_eq!(ComparisonOperator::NotEqual.outcomes(&number, &text), BoolSet::only(true));
        assert_eq!(ComparisonOperator::Greater.outcomes(&number, &text), BoolSet::only(false));
    }
}
