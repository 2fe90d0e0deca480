//! Modifiers come into force and go out of it at the first instant of a day, without an event.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use yujing_core::engine::{Engine, Mode, Output, Positions};
use yujing_core::rule::Level;
use yujing_core::source::Record;
use yujing_core::warning::{Cause, Step, WarningEvent};
use yujing_workbench::case::records::{Examples, RecordBuilder};
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::ruleset::small_ruleset;

const OPERATOR: &str = "JY21201030043213";
const CAMPAIGN: &str = r#"
[[modifier]]
id     = "campaign"
kind   = "campaign"
title  = { zh = "三月专项", en = "campaign in March" }
from   = 2026-03-05
to     = 2026-03-06
raise  = 1
clocks = "50%"
basis  = [{ law = "食品安全法", article = "第一百零九条", confirmed = false }]
"#;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn take(engine: &mut Engine, records: &[Record]) -> Output {
    let mut pending = engine.apply(records, &Positions::new(), Mode::Live).expect("features are computed");
    let output = std::mem::take(&mut pending.output);
    engine.commit(pending);
    output
}

fn wake(engine: &mut Engine, as_of: &str) -> Vec<WarningEvent> {
    let mut pending = engine.wake(at(as_of), usize::MAX, &Positions::new()).expect("features are computed");
    let output = std::mem::take(&mut pending.output);
    engine.commit(pending);
    output.warnings
}

#[test]
fn a_campaign_raises_an_open_warning_at_midnight_and_lets_it_go_after_its_last_day() {
    let sources = Arc::new(schemas_folder::load(Path::new("schemas")).expect("the published schemas are valid"));
    let examples = Examples::load(Path::new("schemas"), &sources).expect("every source has an example");
    let folder = small_ruleset(&[("modifiers.toml", CAMPAIGN)]);
    let ruleset = rules_folder::load(folder.path(), &sources).expect("the rules load");
    let mut engine = Engine::new(Arc::clone(&sources), Arc::new(ruleset));
    let mut story = RecordBuilder::new(&sources, &examples, OPERATOR);
    let records: Vec<_> = (0..3)
        .map(|number| {
            let fields = json!({ "event_id": format!("c{number}") });
            let record_at = at("2026-03-04T10:00:00+08:00");
            story.build("complaints", fields.as_object().expect("an object"), record_at).expect("there are complaints")
        })
        .collect();
    let opened = take(&mut engine, &records).warnings.pop().expect("a warning");
    assert_eq!((opened.level, opened.findings[0].modified.is_none()), (Level::Blue, true));

    assert!(wake(&mut engine, "2026-03-04T23:59:59+08:00").is_empty());
    let raised = wake(&mut engine, "2026-03-05T00:00:00+08:00").pop().expect("it is raised");
    assert_eq!((raised.step, raised.cause, raised.level), (Step::Escalated, Cause::Time, Level::Yellow));
    assert_eq!(raised.as_of, at("2026-03-05T00:00:00+08:00"));
    assert_eq!(raised.findings[0].deadline(), "12h");
    // Half of the time from now on would be later than what it had.
    assert_eq!(raised.due_at, Some(at("2026-03-05T10:00:00+08:00")));
    assert!(raised.text.zh.contains("（三月专项，提级一级、时限按50%计）"), "{}", raised.text.zh);
    assert!(raised.text.en.contains("(raised one level, clocks at 50%: campaign in March)"), "{}", raised.text.en);

    // From the 7th on nothing raises it: after the dwell it is what the points give.
    assert!(wake(&mut engine, "2026-03-07T23:59:59+08:00").is_empty());
    let eased = wake(&mut engine, "2026-03-08T00:00:00+08:00").pop().expect("it falls");
    assert_eq!((eased.step, eased.cause, eased.level), (Step::Eased, Cause::Time, Level::Blue));
}
