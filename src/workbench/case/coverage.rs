//! What the cases show of the rules: which rule lacks a positive, a negative, a boundary or a retraction case.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use yujing_core::rule::{Bilingual, Status};
use yujing_core::ruleset::Ruleset;
use yujing_core::warning::Level;

use super::expect::Expectation;
use super::file::{Case, CaseFile, CaseKind, EntryKind};

/// What the cases show of one rule.
#[derive(Debug, Clone, Serialize)]
pub struct RuleCoverage {
    pub rule: String,
    pub title: Bilingual,
    pub status: Status,
    /// How many cases show each kind.
    pub shown: BTreeMap<CaseKind, usize>,
    /// Kinds that no case shows; nothing for a retired rule.
    pub lacks: Vec<CaseKind>,
    /// Cases marked as a kind that their timeline does not show.
    pub only_claimed: Vec<UnshownKind>,
}

/// A case that says of itself more than it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnshownKind {
    pub case: String,
    pub kind: CaseKind,
}

/// The coverage of every rule, in the order of ids.
pub fn coverage(files: &[impl Borrow<CaseFile>], ruleset: &Ruleset) -> Vec<RuleCoverage> {
    let of_rule = |id: &str, title: &Bilingual, status: Status| {
        let of_rule = || files.iter().map(Borrow::borrow).filter(|file: &&CaseFile| file.rule == id);
        let cases = || of_rule().flat_map(|file| &file.cases);
        let claims = || cases().flat_map(|case| case.kinds.iter().map(move |kind| (case, *kind)));
        let mut shown = BTreeMap::new();
        for (_, kind) in claims().filter(|(case, kind)| shows(case, *kind)) {
            *shown.entry(kind).or_insert(0) += 1;
        }
        let lacks = CaseKind::ALL.into_iter().filter(|kind| status != Status::Retired && !shown.contains_key(kind));
        let only_claimed = claims().filter(|(case, kind)| !shows(case, *kind));
        RuleCoverage {
            rule: id.to_owned(),
            title: title.clone(),
            status,
            lacks: lacks.collect(),
            only_claimed: only_claimed.map(|(case, kind)| UnshownKind { case: case.name.clone(), kind }).collect(),
            shown,
        }
    };
    let rules = ruleset.rules.list().iter().map(|rule| &rule.metadata);
    rules.map(|metadata| of_rule(&metadata.id, &metadata.title, metadata.status)).collect()
}

/// Whether a case's timeline is of a kind. A kind is a promise: a positive case expects its rule to fire, a negative
/// one that it stays quiet, a boundary case either; a retraction takes something back and expects the rule to let go,
/// or to give fewer points than before.
pub fn shows(case: &Case, kind: CaseKind) -> bool {
    let is_expected = |fired: bool| {
        let expectations = case.timeline.iter().filter_map(|entry| match &entry.kind {
            EntryKind::Expect(expected) => Some(expected),
            EntryKind::Event { .. } => None,
        });
        expectations.into_iter().any(|expected| expects(expected, fired))
    };
    match kind {
        CaseKind::Positive => is_expected(true),
        CaseKind::Negative => is_expected(false),
        CaseKind::Boundary => is_expected(true) || is_expected(false),
        CaseKind::Retraction => after_a_retraction(case).is_some_and(|points| is_expected(false) || points.fall()),
    }
}

/// The most points that were expected before something was taken back, and the fewest after it.
#[derive(Debug, Default)]
struct Points {
    before: Option<i64>,
    after: Option<i64>,
}

impl Points {
    fn fall(&self) -> bool {
        self.before.zip(self.after).is_some_and(|(before, after)| after < before)
    }
}

/// What is expected around the first record that takes another back; `None` if there is no such record.
fn after_a_retraction(case: &Case) -> Option<Points> {
    let mut seen = BTreeSet::new();
    let (mut points, mut taken_back) = (Points::default(), false);
    for entry in &case.timeline {
        match &entry.kind {
            // An event that comes again is meant to correct itself, also where its revision was forgotten.
            EntryKind::Event { source, fields } => {
                let again = fields.get("event_id").is_some_and(|id| !seen.insert((source, id.to_string())));
                let retracts = fields.get("op").is_some_and(|op| op == "retract");
                taken_back |= again || retracts || fields.contains_key("revision");
            }
            EntryKind::Expect(expected) if taken_back => {
                points.after = [points.after, expected.own.points].into_iter().flatten().min();
            }
            EntryKind::Expect(expected) => points.before = points.before.max(expected.own.points),
        }
    }
    taken_back.then_some(points)
}

/// Whether an expectation says of the file's rule that it fired, or that it did not.
fn expects(expected: &Expectation, fired: bool) -> bool {
    match (expected.own.fired, expected.own.points) {
        (Some(said), _) => said == fired,
        (None, _) if expected.nothing => !fired,
        (None, Some(_)) => fired,
        // A level that a floor of the rule gives.
        (None, None) => fired && expected.level.is_some_and(|level| level > Level::None),
    }
}
