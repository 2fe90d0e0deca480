//! The synthetic district is seeded, labelled, and speaks the published schemas.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use yujing_workbench::publish::{Checker, Document, TimestampSource};
use yujing_workbench::schemas_folder;
use yujing_workbench::synthetic::{Background, District, IncidentKind, PUBLISHER, PlannedEvent, plant};

fn span() -> (Timestamp, Timestamp) {
    let until: Timestamp = "2026-03-02T04:00:00Z".parse().expect("a time");
    (until - SignedDuration::from_hours(24 * 20), until)
}

fn everything(seed: u64) -> Vec<PlannedEvent> {
    let (from, until) = span();
    let district = District::generate(seed, 400);
    let incidents = plant(&district, seed, 8, from, until);
    let planted = incidents.into_iter().flat_map(|incident| incident.events);
    Background::new(&district, seed, 60, from, until).chain(planted).collect()
}

#[test]
fn the_same_seed_gives_the_same_district_and_another_seed_another() {
    assert_eq!(everything(7), everything(7));
    assert_ne!(everything(7), everything(8));
}

#[test]
fn every_synthetic_event_is_accepted_by_the_published_schemas_and_labelled() {
    let sources = schemas_folder::load(Path::new("schemas")).expect("the schemas load");
    let mut accepted: BTreeMap<&str, u32> = BTreeMap::new();
    for event in everything(1) {
        let (id, source) = sources.by_name(event.source).expect("the source exists");
        let checker = Checker::new(id, source, TimestampSource::ReportedAt);
        assert_eq!(event.document["publisher"], PUBLISHER);
        let json = serde_json::to_vec(&event.document).expect("a document is JSON");
        let checked = checker.check(Document { place: event.operator_id.clone(), json }, event.at);
        let checked = checked.unwrap_or_else(|refusal| panic!("{refusal}: {:?}", event.document));
        assert_eq!(checked.unknown_fields, 0, "{:?}", event.document);
        *accepted.entry(event.source).or_default() += 1;
    }
    let spoken: BTreeSet<_> = accepted.keys().copied().collect();
    assert_eq!(spoken, BTreeSet::from(["camera-alerts", "complaints", "inspections", "lab-samples"]));
}

#[test]
fn every_synthetic_operator_is_accepted_and_says_in_its_name_that_it_is_synthetic() {
    let sources = schemas_folder::load(Path::new("schemas")).expect("the schemas load");
    let (id, source) = sources.operators().expect("there is a reference source");
    let checker = Checker::new(id, source, TimestampSource::Now);
    let district = District::generate(1, District::DEFAULT_OPERATORS);
    let mut sub_districts = BTreeSet::new();
    for operator in &district.operators {
        assert!(operator.document["name"].as_str().is_some_and(|name| name.starts_with("【合成】")));
        sub_districts.insert(operator.document["sub_district"].to_string());
        let mut document = operator.document.clone();
        document["occurred_at"] = "2026-03-01T00:00:00Z".into();
        let document = Document { place: operator.operator_id.clone(), json: document.to_string().into_bytes() };
        let checked = checker.check(document, "2026-03-01T00:00:00Z".parse().expect("a time"));
        assert_eq!(&*checked.expect("accepted").operator_id, operator.operator_id);
    }
    assert_eq!((district.operators.len(), sub_districts.len()), (12_060, 14));
}

#[test]
fn incidents_are_planted_at_operators_of_their_own_in_every_kind() {
    let (from, until) = span();
    let district = District::generate(3, 2_000);
    let incidents = plant(&district, 3, 12, from, until);
    let places: BTreeSet<_> = incidents.iter().map(|incident| &incident.operator_id).collect();
    let kinds: BTreeSet<_> = incidents.iter().map(|incident| format!("{:?}", incident.kind)).collect();
    assert_eq!((places.len(), kinds.len()), (12, IncidentKind::ALL.len()));
    for incident in &incidents {
        assert!(incident.events.is_sorted_by_key(|event| event.at));
        assert!(incident.complete_at().is_some_and(|at| (from..=until).contains(&at)));
    }
}

#[test]
fn arrivals_of_the_background_go_forward_at_about_the_rate_asked_for() {
    let (from, until) = span();
    let district = District::generate(1, 400);
    let background = Background::new(&district, 1, 500, from, until);
    let expected = background.expected();
    let events: Vec<_> = background.collect();
    assert!(events.is_sorted_by_key(|event| event.at));
    let count = events.len() as u64;
    assert!((expected * 9 / 10..expected * 11 / 10).contains(&count), "{count} events, {expected} expected");
}
