//! What the READMEs show is what the program makes.

use std::path::Path;
use std::sync::Arc;

use clap::CommandFactory as _;
use jiff::Timestamp;
use regex::Regex;
use serde_json::{Map, Value, json};
use yujing_cli::Language;
use yujing_cli::warning_page::WarningPage;
use yujing_core::engine::{Engine, Mode, Positions};
use yujing_core::source::Record;
use yujing_core::warning::{Level, Step, WarningEvent};
use yujing_workbench::case::records::{Examples, RecordBuilder};
use yujing_workbench::{rules_folder, schemas_folder};

const ZH: &str = include_str!("../../../README.zh-CN.md");
const EN: &str = include_str!("../../../README.md");

/// The school canteen of the published examples.
const SCHOOL: &str = "JY31201030001472";
/// The restaurant of the published examples, which sends what the school does not, so that no source is silent.
const OTHER: &str = "JY21201030043213";

/// Published examples and two events of the day, through the engine with the starter rules.
fn warning() -> WarningEvent {
    let sources = Arc::new(schemas_folder::load(Path::new("schemas")).expect("the published schemas are valid"));
    let examples = Examples::load(Path::new("schemas"), &sources).expect("every source has an example");
    let ruleset =
        rules_folder::load(Path::new("rules"), &sources).unwrap_or_else(|found| panic!("{}", found.render(false)));
    let mut engine = Engine::new(Arc::clone(&sources), Arc::new(ruleset));
    let mut take = |records: Vec<Record>| {
        let mut pending = engine.apply(&records, &Positions::new(), Mode::Live).expect("features are computed");
        let warnings = std::mem::take(&mut pending.output.warnings);
        engine.commit(pending);
        warnings
    };

    let (mut school, mut other) =
        (RecordBuilder::new(&sources, &examples, SCHOOL), RecordBuilder::new(&sources, &examples, OTHER));
    let register: Value =
        serde_json::from_str(include_str!("../../../schemas/examples/operators/valid/02-school-canteen.json"))
            .expect("JSON");
    let quiet = ["inspections", "lab-samples", "camera-alerts", "dispositions", "complaints", "events"];
    let mut records = vec![record_of(&mut school, "operators", &register, "2026-03-02T08:00:00+08:00")];
    records.extend(quiet.map(|source| record_of(&mut other, source, &json!({}), "2026-03-02T08:00:00+08:00")));
    assert_eq!(take(records), []);
    let complaint = json!({
        "event_id": "12345-2026030200871", "occurred_at": "2026-03-02T19:42:00+08:00", "publisher": "hotline-12345",
        "case_no": "2026030200871", "kind": "report", "channel": "hotline_12345", "category": "pests",
        "complainant_hash": "5f0c9c1f3a7d",
    });
    assert_eq!(take(vec![record_of(&mut school, "complaints", &complaint, "2026-03-02T19:42:05+08:00")]), []);
    let alert = json!({
        "event_id": "CAM-0611-20260303022140", "occurred_at": "2026-03-03T02:21:40+08:00",
        "publisher": "kitchen-camera-gateway", "camera_id": "HX-0611-2", "zone": "storage", "class": "rodent",
        "confidence": 0.83,
    });
    let warnings = take(vec![record_of(&mut school, "camera-alerts", &alert, "2026-03-03T02:21:43+08:00")]);
    let [warning] = warnings.as_slice() else { panic!("one warning: {warnings:?}") };
    assert_eq!((&*warning.operator_id, warning.step, warning.level), (SCHOOL, Step::Opened, Level::Red));
    warning.clone()
}

fn record_of(story: &mut RecordBuilder<'_>, source: &str, fields: &Value, at: &str) -> Record {
    let at: Timestamp = at.parse().expect("a time");
    let mut fields: Map<String, Value> = fields.as_object().expect("an object").clone();
    fields.entry("reported_at").or_insert_with(|| at.to_string().into());
    story.build(source, &fields, at).expect("there is such a source")
}

#[test]
fn the_warning_in_the_readmes_is_one_of_the_engine_with_the_starter_rules_as_yujing_warnings_prints_it() {
    let warning = warning();
    let hash = warning.ruleset.clone();
    let payload = serde_json::to_vec(&warning).expect("JSON");
    let page = WarningPage::parse(&payload).expect("a warning");
    let readmes = [(Language::Zh, ZH, "<64位十六进制数>"), (Language::En, EN, "<64 hexadecimal digits>")];
    for (language, readme, hidden) in readmes {
        let shown = page.text(language).replace(&*hash, hidden);
        assert!(readme.contains(&format!("\n{shown}\n")), "the README does not show\n{shown}");
    }
}

#[test]
fn every_command_is_named_in_both_readmes() {
    let program = yujing_cli::Arguments::command();
    for readme in [ZH, EN] {
        // One that is hidden is for the program itself.
        for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
            let name = command.get_name();
            let named = Regex::new(&format!("`(yujing )?{name}\\b")).expect("a pattern");
            assert!(named.is_match(readme), "{name}");
            for below in command.get_subcommands().filter(|_| name == "rules") {
                let named = Regex::new(&format!(r"`rules ([a-z]+\|)*{}\b", below.get_name())).expect("a pattern");
                assert!(named.is_match(readme), "rules {}", below.get_name());
            }
        }
    }
}

#[test]
fn links_of_the_readmes_and_files_of_their_table_of_tests_are_there() {
    let link = Regex::new(r"\]\(([^)#:]+)(#[^)]*)?\)").expect("a pattern");
    let file = Regex::new(r"`((?:src|tests)/[a-z0-9_/]+\.rs)`").expect("a pattern");
    for readme in [ZH, EN] {
        let places: Vec<&str> = link
            .captures_iter(readme)
            .chain(file.captures_iter(readme))
            .filter_map(|found| found.get(1))
            .map(|found| found.as_str())
            .collect();
        assert!(places.len() > 15, "{places:?}");
        for place in places {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(place).exists(), "{place}");
        }
    }
}
