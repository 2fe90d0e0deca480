//! `rules/modifiers.toml`: read, and checked against features, rules, families and laws.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;
use toml::value::Datetime;
use toml::{Spanned, Value};
use yujing_base::diagnostic::Diagnostics;
use yujing_base::diagnostic::authored::{Authored, Codes};
use yujing_base::diagnostic::suggest::{did_you_mean, listed};
use yujing_base::language::{Bilingual, say};
use yujing_base::zone::Zone;

use super::condition::Condition;
use super::{Effect, Modifier, ModifierKind, Modifiers};
use crate::feature::Feature;
use crate::rule::family::Family;
use crate::rule::law::{self, Laws};
use crate::rule::metadata::{self, Basis};
use crate::rule::percent::Percent;
use crate::rule::rules::Rules;

const CODES: Codes = Codes { syntax: "modifiers/syntax", unknown_key: "modifiers/unknown-key" };

/// From blue to red there are three steps.
const RAISES: RangeInclusive<i64> = 1..=3;
/// Five times as much is more than any rule gives.
const POINTS: RangeInclusive<&str> = "101%"..="500%";
/// A tenth of two hours is twelve minutes.
const CLOCKS: RangeInclusive<&str> = "10%"..="99%";

/// What modifiers may name.
#[derive(Debug, Clone, Copy)]
pub struct ModifierScope<'a> {
    pub features: &'a [Feature],
    pub rules: &'a Rules,
    pub families: &'a BTreeMap<String, Family>,
    pub laws: Option<&'a Laws>,
    /// Where days begin and end.
    pub zone: &'a Zone,
}

impl Modifiers {
    /// Reads and checks `modifiers.toml`, with warnings; `file` for messages.
    ///
    /// # Errors
    /// The first problem of syntax or shape, otherwise every problem, with line and column.
    pub fn read(file: &Path, text: &str, scope: &ModifierScope<'_>) -> Result<(Self, Diagnostics), Diagnostics> {
        let (authored, content) = Authored::read::<File>(file, text, CODES)?;
        let mut reading = Reading { scope, authored };
        let mut list: Vec<Modifier> = Vec::new();
        for given in content.modifier {
            reading.unique_id(&given.id, &list);
            list.push(reading.modifier(given));
        }
        let found = reading.authored.diagnostics;
        if found.has_errors() { Err(found) } else { Ok((Self::new(list, scope.zone), found)) }
    }
}

/// `modifiers.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    modifier: Vec<Given>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    id: Spanned<String>,
    kind: ModifierKind,
    title: Spanned<Bilingual>,
    from: Option<Spanned<Datetime>>,
    to: Option<Spanned<Datetime>>,
    #[serde(default)]
    when: BTreeMap<Spanned<String>, Spanned<Value>>,
    rules: Option<Vec<Spanned<String>>>,
    families: Option<Vec<Spanned<String>>>,
    raise: Option<Spanned<i64>>,
    points: Option<Spanned<String>>,
    clocks: Option<Spanned<String>>,
    basis: Spanned<Vec<Spanned<Basis>>>,
}

/// A file being read, with what is wrong with it.
struct Reading<'a, 't> {
    scope: &'a ModifierScope<'a>,
    authored: Authored<'t>,
}

impl Reading<'_, '_> {
    fn modifier(&mut self, given: Given) -> Modifier {
        self.title(&given.title);
        let (from, to) = self.days(&given);
        let when = self.when(&given);
        let rules = self.rules(given.rules.as_deref(), given.families.as_deref());
        let effect = self.effect(&given);
        let basis = self.basis(given.basis);
        let (id, title) = (given.id.into_inner(), given.title.into_inner());
        Modifier { id, kind: given.kind, title, from, to, when, rules, effect, basis }
    }

    fn unique_id(&mut self, given: &Spanned<String>, others: &[Modifier]) {
        let id = given.get_ref();
        if !metadata::is_identifier(id) {
            let message = say!("`{id}` 不能作 id", "`{id}` is not an id");
            let help = Bilingual::new(
                "id 由小写字母、数字和 `_` 组成，以字母开头",
                "lower-case letters, digits and `_`, beginning with a letter",
            );
            self.authored.report("modifiers/id", given.span(), message, help);
        } else if others.iter().any(|other| other.id == *id) {
            let message = say!("id `{id}` 重复", "the id `{id}` is given twice");
            let help = Bilingual::new("每项调整各用一个 id", "let every modifier have its own");
            self.authored.report("modifiers/id", given.span(), message, help);
        }
    }

    fn title(&mut self, given: &Spanned<Bilingual>) {
        let Bilingual { zh, en } = given.get_ref();
        if zh.trim().is_empty() || en.trim().is_empty() {
            let message = Bilingual::new("缺少一种语言的名称", "there is no title in one language");
            let help = Bilingual::new("预警中要显示：`zh`、`en` 均须填写", "warnings show it: give both `zh` and `en`");
            self.authored.report("modifiers/title", given.span(), message, help);
        }
    }

    fn days(&mut self, given: &Given) -> (Option<Date>, Option<Date>) {
        let mut day =
            |given: &Option<Spanned<Datetime>>| law::day(given.as_ref(), "modifiers/date", &mut self.authored);
        let (from, to) = (day(&given.from), day(&given.to));
        if let (Some(from), Some(to), Some(place)) = (from, to, &given.to)
            && to < from
        {
            let message = say!("止于 {to}，早于起始的 {from}", "it ends on {to}, before it begins on {from}");
            let help = Bilingual::new("`to` 为最后一日，不得早于 `from`", "`to` is the last day, at or after `from`");
            self.authored.report("modifiers/order", place.span(), message, help);
        }
        if given.kind == ModifierKind::Campaign && (given.from.is_none() || given.to.is_none()) {
            let message = Bilingual::new("专项须有起止日期", "a campaign has a first and a last day");
            let help = Bilingual::new("请填写 `from`、`to`", "give `from` and `to`");
            self.authored.report("modifiers/order", given.id.span(), message, help);
        }
        (from, to)
    }

    fn when(&mut self, given: &Given) -> Vec<Condition> {
        if given.when.is_empty() && given.kind != ModifierKind::Campaign {
            let message = Bilingual::new("未写明适用于哪些监管对象", "it does not say for whom it is");
            let help = Bilingual::new(
                "请填写 `when`，如 `when = { protected_group = \"school\" }`；只有专项可以不填",
                "give `when`, like `when = { protected_group = \"school\" }`; only a campaign may be for everyone",
            );
            self.authored.report("modifiers/for-whom", given.id.span(), message, help);
        }
        let (features, authored) = (self.scope.features, &mut self.authored);
        given.when.iter().filter_map(|(name, value)| Condition::read(name, value, features, authored)).collect()
    }

    /// For each rule whether it is meant: named, or of a family that is named; all if neither is given.
    fn rules(&mut self, rules: Option<&[Spanned<String>]>, families: Option<&[Spanned<String>]>) -> Vec<bool> {
        let list = self.scope.rules.list();
        if rules.is_none() && families.is_none() {
            return vec![true; list.len()];
        }
        let (rules, families) = (rules.unwrap_or_default(), families.unwrap_or_default());
        let ids: Vec<&str> = list.iter().map(|rule| rule.metadata.id.as_str()).collect();
        let known_families: Vec<&str> = self.scope.families.keys().map(String::as_str).collect();
        for given in rules {
            self.known("modifiers/unknown-rule", ("规则", "rule"), given, &ids);
        }
        for given in families {
            self.known("modifiers/unknown-family", ("类别", "family"), given, &known_families);
        }
        let names = |given: &[Spanned<String>], name: &str| given.iter().any(|one| one.get_ref() == name);
        let is_meant = |metadata: &metadata::Metadata| names(rules, &metadata.id) || names(families, &metadata.family);
        list.iter().map(|rule| is_meant(&rule.metadata)).collect()
    }

    fn known(&mut self, code: &'static str, what: (&str, &str), given: &Spanned<String>, known: &[&str]) {
        let (name, (zh, en)) = (given.get_ref(), what);
        if known.contains(&name.as_str()) {
            return;
        }
        let message = say!("没有{zh} `{name}`", "there is no {en} `{name}`");
        let help = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| {
            let known = listed(known.iter().copied());
            Bilingual::new(format!("现有 {}", known.zh), format!("there are {}", known.en))
        });
        self.authored.report(code, given.span(), message, help);
    }

    fn effect(&mut self, given: &Given) -> Effect {
        if given.raise.is_none() && given.points.is_none() && given.clocks.is_none() {
            let message = Bilingual::new("没有写明调整什么", "it changes nothing");
            let help = Bilingual::new(
                "请至少填写一项：`raise = 1`（提级）、`points = \"150%\"`（分值）、`clocks = \"50%\"`（时限）",
                "give at least one of `raise = 1`, `points = \"150%\"` and `clocks = \"50%\"`",
            );
            self.authored.report("modifiers/no-effect", given.id.span(), message, help);
        }
        Effect {
            raise: given.raise.as_ref().map_or(0, |given| self.raise(given)),
            points: given.points.as_ref().map_or(Percent::WHOLE, |given| self.share("points", given, &POINTS)),
            clocks: given.clocks.as_ref().map_or(Percent::WHOLE, |given| self.share("clocks", given, &CLOCKS)),
        }
    }

    fn raise(&mut self, given: &Spanned<i64>) -> u8 {
        let raise = *given.get_ref();
        if !RAISES.contains(&raise) {
            let message = say!("不能提 {raise} 级", "a level is not raised by {raise}");
            let help = Bilingual::new("`raise` 取 1 至 3", "`raise` is 1 to 3");
            self.out_of_range(given.span(), message, help);
        }
        u8::try_from(raise).unwrap_or_default()
    }

    fn share(&mut self, key: &str, given: &Spanned<String>, bounds: &RangeInclusive<&str>) -> Percent {
        let bound = |text: &&str| Percent::parse(text).unwrap_or_default();
        let share = Percent::parse(given.get_ref());
        share.filter(|share| (bound(bounds.start())..=bound(bounds.end())).contains(share)).unwrap_or_else(|| {
            let (text, least, most) = (given.get_ref(), bounds.start(), bounds.end());
            let message = say!("`{key}` 不能为 `{text}`", "`{key}` cannot be `{text}`");
            let help = say!(
                "写作 `\"{least}\"` 至 `\"{most}\"`：调整只能加重、提前，不能减轻、推迟",
                "write `\"{least}\"` to `\"{most}\"`: a modifier only makes a finding weigh more or due sooner"
            );
            self.out_of_range(given.span(), message, help);
            Percent::WHOLE
        })
    }

    fn out_of_range(&mut self, span: Range<usize>, message: Bilingual, help: Bilingual) {
        self.authored.report("modifiers/out-of-range", span, message, help);
    }

    fn basis(&mut self, given: Spanned<Vec<Spanned<Basis>>>) -> Vec<Basis> {
        let is_empty = given.get_ref().is_empty();
        let says_nothing = |basis: &Basis| basis.law.trim().is_empty() || basis.article.trim().is_empty();
        if is_empty || given.get_ref().iter().any(|basis| says_nothing(basis.get_ref())) {
            let message =
                Bilingual::new("依据须写明名称和条款，至少一项", "it rests on at least one law, with its article");
            let help = Bilingual::new(
                "尚不确定的，先写拟引用的条款，并写 confirmed = false",
                "while unsure, write the article that you think of and confirmed = false",
            );
            self.authored.report("modifiers/basis", given.span(), message, help);
        }
        if let Some(laws) = self.scope.laws {
            for basis in given.get_ref() {
                if let Some((message, help)) = laws.unlisted(&basis.get_ref().law) {
                    self.authored.report("modifiers/unlisted-law", basis.span(), message, help);
                }
            }
        }
        given.into_inner().into_iter().map(Spanned::into_inner).collect()
    }
}
