//! `when = { levels = ["red"], business_form = ["canteen"] }`: a condition as it is written, and checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use toml::Spanned;
use yujing_base::diagnostic::authored::Authored;
use yujing_base::diagnostic::suggest::{did_you_mean, listed};
use yujing_base::language::{Bilingual, say};

use super::condition::Condition;
use super::vocabulary::Vocabulary;
use crate::warning::Level;

/// The most that a feature can be asked to reach.
const MOST: i64 = 1_000_000;

/// The parts of `when` that are no columns of the register.
const PARTS: [&str; 4] = ["levels", "families", "rules", "at_least"];

/// Some names, each with its place, and the place of all.
type Names = Spanned<Vec<Spanned<String>>>;

/// `when` as it is written: every other key is a column of the register.
#[derive(Debug, Default)]
pub(in crate::warning) struct When {
    levels: Option<Spanned<Vec<Spanned<Level>>>>,
    families: Option<Names>,
    rules: Option<Names>,
    at_least: BTreeMap<Spanned<String>, Spanned<i64>>,
    register: Vec<(Spanned<String>, Names)>,
}

/// The codes of what can be wrong with a condition, in one kind of file.
#[derive(Debug, Clone, Copy)]
pub(in crate::warning) struct ConditionCodes {
    pub unknown_name: &'static str,
    pub no_such_value: &'static str,
    pub empty: &'static str,
}

impl When {
    /// The condition, as far as it names what is there; what it names else is reported.
    pub(in crate::warning) fn check(
        self,
        known: &Vocabulary<'_>,
        codes: ConditionCodes,
        authored: &mut Authored<'_>,
    ) -> Condition {
        let mut check = Check { codes, authored };
        Condition {
            levels: self.levels.map(|given| check.levels(given)).unwrap_or_default(),
            families: check.names(self.families, &known.families, ("类别", "family")),
            rules: check.names(self.rules, &known.rules, ("规则", "rule")),
            register: self.register.into_iter().filter_map(|(name, given)| check.column(name, given, known)).collect(),
            at_least: self.at_least.into_iter().filter_map(|(name, least)| check.least(name, &least, known)).collect(),
        }
    }
}

/// A condition under inspection.
struct Check<'a, 't> {
    codes: ConditionCodes,
    authored: &'a mut Authored<'t>,
}

impl Check<'_, '_> {
    fn levels(&mut self, given: Spanned<Vec<Spanned<Level>>>) -> BTreeSet<Level> {
        self.not_empty(given.get_ref().is_empty(), given.span());
        let levels = given.into_inner();
        for level in levels.iter().filter(|level| *level.get_ref() == Level::None) {
            let message = Bilingual::new("`none` 不是预警等级", "`none` is not a warning");
            let help = Bilingual::new(
                "可写 blue、yellow、orange、red",
                "the levels of warnings are blue, yellow, orange and red",
            );
            self.authored.report(self.codes.no_such_value, level.span(), message, help);
        }
        levels.into_iter().map(Spanned::into_inner).collect()
    }

    fn names(&mut self, given: Option<Names>, known: &BTreeSet<&str>, what: (&str, &str)) -> BTreeSet<String> {
        let Some(given) = given else { return BTreeSet::new() };
        self.not_empty(given.get_ref().is_empty(), given.span());
        let names = given.into_inner();
        for name in &names {
            self.known(name, known.iter().copied(), what);
        }
        names.into_iter().map(Spanned::into_inner).collect()
    }

    fn column(
        &mut self,
        name: Spanned<String>,
        given: Names,
        known: &Vocabulary<'_>,
    ) -> Option<(String, BTreeSet<String>)> {
        self.not_empty(given.get_ref().is_empty(), given.span());
        let Some(possible) = known.columns.get(name.get_ref().as_str()) else {
            self.known(&name, known.columns.keys().copied().chain(PARTS), ("登记信息列", "register column"));
            return None;
        };
        let (column, values) = (name.into_inner(), given.into_inner());
        for value in &values {
            if !possible.is_empty() && !possible.contains(value.get_ref()) {
                let given = value.get_ref();
                let message = say!("`{column}` 没有 `{given}` 这个值", "`{column}` never is `{given}`");
                let all = listed(possible.iter().map(String::as_str));
                let (zh, en) = (format!("可取的值：{}", all.zh), format!("its values are {}", all.en));
                self.authored.report(self.codes.no_such_value, value.span(), message, Bilingual { zh, en });
            }
        }
        Some((column, values.into_iter().map(Spanned::into_inner).collect()))
    }

    fn least(&mut self, name: Spanned<String>, least: &Spanned<i64>, known: &Vocabulary<'_>) -> Option<(String, u32)> {
        self.known(&name, known.numbers.iter().copied(), ("数值指标", "numeric feature"));
        let number = *least.get_ref();
        if (1..=MOST).contains(&number) {
            return Some((name.into_inner(), u32::try_from(number).ok()?));
        }
        let message = say!("`{number}` 不在 1 至 {MOST} 之间", "`{number}` is not within 1 to {MOST}");
        let help = Bilingual::new(
            "`at_least` 为指标须达到的数；未知的指标视为未达到",
            "`at_least` is what the feature must reach; one that is unknown does not",
        );
        self.authored.report(self.codes.no_such_value, least.span(), message, help);
        None
    }

    fn not_empty(&mut self, is_empty: bool, span: Range<usize>) {
        if is_empty {
            let message = Bilingual::new("列表为空，什么也不匹配", "an empty list: nothing is meant");
            let help = Bilingual::new("请写明取值，或者删去此项", "say which are meant, or take it out");
            self.authored.report(self.codes.empty, span, message, help);
        }
    }

    fn known<'n>(
        &mut self,
        name: &Spanned<String>,
        mut known: impl Iterator<Item = &'n str> + Clone,
        what: (&str, &str),
    ) {
        let given = name.get_ref();
        if known.clone().any(|one| one == given) {
            return;
        }
        let (zh, en) = what;
        let message = say!("没有{zh} `{given}`", "there is no {en} `{given}`");
        let help = did_you_mean(given, known.clone()).unwrap_or_else(|| {
            let all = listed(known.by_ref());
            Bilingual::new(format!("可用的有：{}", all.zh), format!("there are {}", all.en))
        });
        self.authored.report(self.codes.unknown_name, name.span(), message, help);
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WhenVisitor)
    }
}

struct WhenVisitor;

impl<'de> Visitor<'de> for WhenVisitor {
    type Value = When;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<When, A::Error> {
        let mut when = When::default();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            match key.get_ref().as_str() {
                "levels" => when.levels = Some(map.next_value()?),
                "families" => when.families = Some(map.next_value()?),
                "rules" => when.rules = Some(map.next_value()?),
                "at_least" => when.at_least = map.next_value()?,
                _ => when.register.push((key, map.next_value()?)),
            }
        }
        Ok(when)
    }
}
