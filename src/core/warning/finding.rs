//! A finding as it stands in a score or a warning.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::content_hash::ContentHash;
use super::json::{JsonObject, WriteJson, ready};
use super::modified::{Given, Modified, ModifierCard};
use crate::feature::Evidence;
use crate::rule::{Basis, Bilingual, Level, Metadata};

/// What records say of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    pub id: String,
    pub family: String,
    pub title: Bilingual,
    pub basis: Vec<Basis>,
    pub action: Bilingual,
    pub deadline: String,
}

/// What records say of a rule: the same in every finding, so it stands ready as JSON.
#[derive(Debug)]
pub struct RuleCard {
    text: RuleText,
    /// The members of a finding before what is its own, and those behind.
    head: Box<str>,
    tail: Box<str>,
    hash: u128,
}

/// A rule that fired, as it stands in a score or a warning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "FindingRecord", into = "FindingRecord")]
pub struct Finding {
    pub rule: Arc<RuleCard>,
    /// What the rule gave, as modifiers make it.
    pub points: i64,
    /// What counts of it after the family's bounds and the cut to 0-100.
    pub counted: i64,
    pub floor: Option<Level>,
    /// Whether points and floor count for nothing, because a reviewed verdict called it unfounded and nothing new was
    /// found since.
    pub disputed: bool,
    pub because: Bilingual,
    /// What modifiers made of what the rule gave; nothing if none applies.
    pub modified: Option<Box<Modified>>,
    /// Only in warnings: the events behind each feature that the rule reads, by the feature's name.
    pub evidence: Option<BTreeMap<String, Evidence>>,
}

/// A finding in the order of its record.
#[derive(Serialize, Deserialize)]
struct FindingRecord {
    rule: String,
    family: String,
    title: Bilingual,
    points: i64,
    counted: i64,
    floor: Option<Level>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    disputed: bool,
    because: Bilingual,
    basis: Vec<Basis>,
    action: Bilingual,
    deadline: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    given: Option<Given>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    modifiers: Vec<ModifierCard>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<BTreeMap<String, Evidence>>,
}

/// The members of a finding before what is its own.
#[derive(Serialize)]
struct Head<'a> {
    rule: &'a str,
    family: &'a str,
    title: &'a Bilingual,
}

/// The members behind.
#[derive(Serialize)]
struct Tail<'a> {
    basis: &'a [Basis],
    action: &'a Bilingual,
}

impl RuleCard {
    /// What records say of a rule.
    pub fn of(metadata: &Metadata) -> Self {
        let Metadata { id, family, title, basis, action, deadline, .. } = metadata.clone();
        Self::new(RuleText { id, family, title, basis, action, deadline: deadline.to_string() })
    }

    pub fn new(text: RuleText) -> Self {
        let RuleText { id, family, title, basis, action, deadline } = &text;
        let head = members(&Head { rule: id, family, title });
        let tail = members(&Tail { basis, action });
        let mut hash = ContentHash::begin();
        for part in [&*head, &*tail, deadline] {
            hash.text(part);
        }
        Self { text, head, tail, hash: hash.finish() }
    }
}

impl Deref for RuleCard {
    type Target = RuleText;

    fn deref(&self) -> &RuleText {
        &self.text
    }
}

impl PartialEq for RuleCard {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// An object's members without its braces.
fn members(object: &impl Serialize) -> Box<str> {
    let text = ready(object);
    text[1..text.len() - 1].into()
}

impl Finding {
    /// How long somebody has to act.
    pub fn deadline(&self) -> &str {
        self.modified.as_ref().map_or(&self.rule.deadline, |modified| &modified.deadline)
    }

    /// By how many levels modifiers raise the level that the score reaches.
    pub fn raise(&self) -> u8 {
        self.modified.as_ref().map_or(0, |modified| modified.raise())
    }

    /// Whether it only lowers the risk: no ground of a warning.
    pub fn lowers(&self) -> bool {
        self.points < 0 && self.floor.is_none()
    }

    /// Whether it can be a ground of a warning.
    pub fn is_ground(&self) -> bool {
        !self.lowers() && !self.disputed
    }

    pub(super) fn hash_into(&self, hash: &mut ContentHash) {
        let Self { rule, points, counted, floor, disputed, because, modified, evidence } = self;
        hash.part(rule.hash);
        hash.number(*points);
        hash.number(*counted);
        hash.optional(*floor, |hash, floor| hash.kind(floor as u8));
        hash.kind(u8::from(*disputed));
        hash.text(&because.zh);
        hash.text(&because.en);
        hash.optional(modified.as_ref(), |hash, modified| modified.hash_into(hash));
        hash.optional(evidence.as_ref(), |hash, evidence| hash.text(&ready(evidence)));
    }
}

impl WriteJson for Finding {
    fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = JsonObject::begin(out);
        object.ready(&self.rule.head);
        object.member("points", &self.points);
        object.member("counted", &self.counted);
        object.member("floor", &self.floor);
        if self.disputed {
            object.member("disputed", &self.disputed);
        }
        object.member("because", &self.because);
        object.ready(&self.rule.tail);
        object.member("deadline", self.deadline());
        if let Some(modified) = &self.modified {
            object.member("given", &modified.given);
            let cards: Vec<&ModifierCard> = modified.modifiers.iter().map(|card| &**card).collect();
            object.member("modifiers", &cards);
        }
        if let Some(evidence) = &self.evidence {
            object.member("evidence", evidence);
        }
        object.end();
    }
}

impl From<FindingRecord> for Finding {
    fn from(record: FindingRecord) -> Self {
        let FindingRecord { rule: id, family, title, basis, action, deadline, given, modifiers, .. } = record;
        let FindingRecord { points, counted, floor, disputed, because, evidence, .. } = record;
        let (deadline, modified) = match given {
            Some(given) => {
                let modifiers = modifiers.into_iter().map(Arc::new).collect();
                (given.deadline.clone(), Some(Box::new(Modified { given, deadline, modifiers })))
            }
            None => (deadline, None),
        };
        let rule = Arc::new(RuleCard::new(RuleText { id, family, title, basis, action, deadline }));
        Self { rule, points, counted, floor, disputed, because, modified, evidence }
    }
}

impl From<Finding> for FindingRecord {
    fn from(finding: Finding) -> Self {
        let Finding { rule, points, counted, floor, disputed, because, modified, evidence } = finding;
        let RuleText { id: rule, family, title, basis, action, deadline: of_rule } = rule.text.clone();
        let (deadline, given, modifiers) = match modified.map(|modified| *modified) {
            Some(Modified { given, deadline, modifiers }) => {
                (deadline, Some(given), modifiers.iter().map(|card| ModifierCard::clone(card)).collect())
            }
            None => (of_rule, None, Vec::new()),
        };
        Self {
            rule,
            family,
            title,
            points,
            counted,
            floor,
            disputed,
            because,
            basis,
            action,
            deadline,
            given,
            modifiers,
            evidence,
        }
    }
}
