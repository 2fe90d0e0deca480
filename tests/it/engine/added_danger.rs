//! A second danger under an open warning is a step of its own (追加): cases as data, in every way that `rules test` knows.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use assert_cmd::Command;
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::json;
use yujing_core::engine::{Engine, Mode, Positions};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;
use yujing_core::warning::{Cause, Step};
use yujing_workbench::case::records::{Examples, RecordBuilder};
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::ruleset::small_ruleset;

const FEATURES: &str = "SELECT operator_id,
  -- @zh 近7日反映食物中毒的投诉举报件数
  -- @en Complaints of food poisoning, 7 days
  -- @missing 0
  count(*) FILTER (WHERE category = 'food_poisoning' AND within(occurred_at, INTERVAL '7 days')) AS ill_7d,
  -- @zh 近7日虫鼠类投诉举报件数
  -- @en Complaints of pests, 7 days
  -- @missing 0
  count(*) FILTER (WHERE category = 'pests' AND within(occurred_at, INTERVAL '7 days')) AS pests_7d
FROM complaints GROUP BY operator_id
";

/// A policy with two more families.
fn policy() -> String {
    let mut policy = include_str!("../../../rules/ruleset.toml").split("[base]").next().expect("a policy").to_owned();
    policy.push_str("[base]\nfeature = \"static_risk\"\npoints = { \"1\" = 0 }\notherwise = 0\n");
    for family in ["complaints", "illness", "pests"] {
        write!(policy, "[families.{family}]\ntitle = {{ zh = \"类别\", en = \"Family\" }}\ncap = 100\n")
            .expect("memory");
    }
    policy
}

/// A rule with further lines of metadata and code.
fn rule(id: &str, family: &str, deadline: &str, metadata: &str, when: &str, level: &str) -> String {
    format!(
        "//! id       = \"{id}\"
//! title    = {{ zh = \"规则\", en = \"Rule {id}\" }}
//! family   = \"{family}\"
//! status   = \"active\"
//! owner    = \"投诉科\"
//! effective_from = 2020-01-01
//! basis    = [{{ law = \"食品安全法\", article = \"第一百一十五条\", confirmed = false }}]
//! action   = {{ zh = \"核查\", en = \"Visit\" }}
//! deadline = \"{deadline}\"
{metadata}fn when(op)    {{ {when} }}
fn points(op)  {{ 1 }}
{level}
fn because(op) {{ #{{ zh: `${{op.ill_7d}}件`, en: `${{op.ill_7d}}` }} }}
"
    )
}

/// The small ruleset, whose warnings are due in 24 hours, with `ill` about food poisoning and `pests` about pests.
fn files(ill: &str, pests: &str) -> Vec<(&'static str, String)> {
    vec![
        ("ruleset.toml", policy()),
        ("features/kinds.sql", FEATURES.to_owned()),
        (
            "complaints/many_complaints.rhai",
            rule("many_complaints", "complaints", "24h", "", "op.complaints_30d >= 3", FLOOR),
        ),
        ("illness/ill.rhai", ill.to_owned()),
        ("pests/pests.rhai", pests.to_owned()),
    ]
}

/// Three complaints open a warning at nine; then one of food poisoning comes at ten, one of pests at eleven, the first
/// kind again at noon; each time `lifecycle` and the hours until the action is due are expected.
fn case(expected: [(&str, &str); 3]) -> String {
    let mut case = "rule = \"many_complaints\"\n[[case]]\nname = \"the case\"\nkind = [\"positive\"]\n\
         operator = { operator_id = \"JY21201030043213\" }\ntimeline = [\n"
        .to_owned();
    for id in ["a", "b", "c"] {
        writeln!(case, "{{ at = 2026-03-02T09:00:00+08:00, complaints = {{ event_id = \"{id}\" }} }},")
            .expect("memory");
    }
    case.push_str(
        "{ at = 2026-03-02T09:30:00+08:00, expect = { level = \"blue\", due_at = 2026-03-03T09:00:00+08:00 } },\n",
    );
    let categories = [("10", "food_poisoning"), ("11", "pests"), ("12", "food_poisoning")];
    for ((hour, category), (lifecycle, due)) in categories.into_iter().zip(expected) {
        writeln!(
            case,
            "{{ at = 2026-03-02T{hour}:00:00+08:00, complaints = {{ event_id = \"e{hour}\", category = \"{category}\" }} }},\n\
             {{ at = 2026-03-02T{hour}:30:00+08:00, expect = {{ level = \"blue\", lifecycle = {lifecycle}, due_at = {due} }} }},"
        )
        .expect("memory");
    }
    case + "]\n"
}

const NONE: &str = "\"none\"";
const ADDED: &str = "[\"added\"]";
const AS_BEFORE: &str = "2026-03-03T09:00:00+08:00";

const FLOOR: &str = "fn level(op) { \"blue\" }";
const SOMETIMES: &str = "fn level(op) { if op.ill_7d >= 2 { \"blue\" } else { \"none\" } }";
const WANTED: &str = "//! added    = true\n";
const UNWANTED: &str = "//! added    = false\n";

#[rstest]
#[case::it_sets_a_level(
    rule("ill", "complaints", "24h", "", "op.ill_7d >= 1", FLOOR),
    [(ADDED, AS_BEFORE), (NONE, AS_BEFORE), (NONE, AS_BEFORE)]
)]
#[case::it_is_due_sooner(
    rule("ill", "complaints", "2h", WANTED, "op.ill_7d >= 1", ""),
    [(ADDED, "2026-03-02T12:00:00+08:00"), (NONE, "2026-03-02T12:00:00+08:00"), (NONE, "2026-03-02T12:00:00+08:00")]
)]
#[case::it_is_of_a_family_that_was_not_named(
    rule("ill", "illness", "240h", WANTED, "op.ill_7d >= 1", ""),
    [(ADDED, AS_BEFORE), (NONE, AS_BEFORE), (NONE, AS_BEFORE)]
)]
#[case::nothing_of_that(
    rule("ill", "complaints", "240h", WANTED, "op.ill_7d >= 1", ""),
    [(NONE, AS_BEFORE), (NONE, AS_BEFORE), (NONE, AS_BEFORE)]
)]
#[case::the_rule_does_not_want_it(
    rule("ill", "illness", "2h", UNWANTED, "op.ill_7d >= 1", FLOOR),
    [(NONE, AS_BEFORE), (NONE, AS_BEFORE), (NONE, AS_BEFORE)]
)]
#[case::a_rule_without_a_level_does_not_by_itself(
    rule("ill", "illness", "2h", "", "op.ill_7d >= 1", ""),
    [(NONE, AS_BEFORE), (NONE, AS_BEFORE), (NONE, AS_BEFORE)]
)]
#[case::a_level_that_it_sets_only_later(
    rule("ill", "complaints", "24h", "", "op.ill_7d >= 1", SOMETIMES),
    [(NONE, AS_BEFORE), (NONE, AS_BEFORE), (ADDED, AS_BEFORE)]
)]
fn what_is_found_under_an_open_warning_is_reported_once_if_its_rule_wants_it(
    #[case] ill: String,
    #[case] expected: [(&str, &str); 3],
) {
    let pests = rule("pests", "complaints", "240h", "", "op.pests_7d >= 1", "");
    let mut files = files(&ill, &pests);
    files.push(("cases/complaints/many_complaints.toml", case(expected)));
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let folder = small_ruleset(&files);
    let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
    let command = command.current_dir(env!("CARGO_MANIFEST_DIR")).env_clear().env("YUJING_LANG", "en");
    let output = command.args(["rules", "test", "--rules"]).arg(folder.path()).output().expect("it runs");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The engine by hand: what left it of one operator.
struct Scenario {
    engine: Engine,
    sources: Arc<Sources>,
    steps: Vec<(Step, Cause, u64)>,
    due: Option<Timestamp>,
}

impl Scenario {
    fn new(files: &[(&'static str, String)]) -> Self {
        let sources = Arc::new(schemas_folder::load(Path::new("schemas")).expect("schemas"));
        let engine = Engine::new(Arc::clone(&sources), load(files, &sources));
        Self { engine, sources, steps: Vec::new(), due: None }
    }

    fn complain(&mut self, at: Timestamp, category: &str, ids: &[&str]) {
        let examples = Examples::load(Path::new("schemas"), &self.sources).expect("examples");
        let mut story = RecordBuilder::new(&self.sources, &examples, "JY21201030043213");
        let record = |id: &&str| {
            let fields = json!({ "event_id": id, "category": category });
            story.build("complaints", fields.as_object().expect("an object"), at).expect("there are complaints")
        };
        let records: Vec<_> = ids.iter().map(record).collect();
        let pending = self.engine.apply(&records, &Positions::new(), Mode::Live).expect("features are computed");
        self.commit(pending);
    }

    fn sweep(&mut self, at: Timestamp) {
        let pending = self.engine.sweep(&["JY21201030043213".into()], at, Cause::Time, &Positions::new());
        self.commit(pending.expect("features are computed"));
    }

    fn commit(&mut self, pending: yujing_core::engine::Pending) {
        for event in &pending.output.warnings {
            self.steps.push((event.step, event.cause, event.sequence));
            self.due = event.due_at;
            let recomputed = json!(self.engine.ruleset().recompute(event));
            let said = json!(event);
            for part in ["step", "cause", "from", "level", "sequence", "due_at", "text"] {
                assert_eq!(recomputed[part], said[part], "I4: {part} of {:?}", event.step);
            }
        }
        self.engine.commit(pending);
    }
}

fn load(files: &[(&'static str, String)], sources: &Sources) -> Arc<Ruleset> {
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let loaded = rules_folder::load(small_ruleset(&files).path(), sources);
    Arc::new(loaded.unwrap_or_else(|problems| panic!("{}", problems.render(false))))
}

fn nine() -> Timestamp {
    "2026-03-02T09:00:00+08:00".parse().expect("a time")
}

const QUIET: &str = "op.pests_7d >= 99";

#[test]
fn a_finding_that_comes_and_goes_every_hour_is_reported_once() {
    let ill = rule("ill", "illness", "240h", "", "op.ill_7d % 2 == 1", FLOOR);
    let mut reported = Scenario::new(&files(&ill, &rule("pests", "pests", "240h", "", QUIET, "")));
    reported.complain(nine(), "quality", &["a", "b", "c"]);
    for hour in 1..=2 {
        let id = format!("e{hour}");
        reported.complain(nine() + SignedDuration::from_hours(hour), "food_poisoning", &[&id]);
    }
    assert_eq!(reported.steps, [(Step::Opened, Cause::Events, 1), (Step::Added, Cause::Events, 2)]);
}

#[test]
fn a_rise_brings_the_due_time_forward_and_never_puts_it_off() {
    let pests = rule("pests", "pests", "24h", "", "op.pests_7d >= 1", "fn level(op) { \"red\" }");
    let mut reported = Scenario::new(&files(&rule("ill", "illness", "2h", "", "op.ill_7d >= 1", FLOOR), &pests));
    reported.complain(nine(), "food_poisoning", &["a"]);
    let eleven = nine() + SignedDuration::from_hours(2);
    assert_eq!(reported.due, Some(eleven));
    reported.complain(eleven - SignedDuration::from_mins(1), "pests", &["b"]);
    assert_eq!(reported.steps.last(), Some(&(Step::Escalated, Cause::Events, 2)));
    assert_eq!(reported.due, Some(eleven));
}

#[test]
fn what_another_ruleset_finds_says_that_the_rules_did_and_a_standing_that_names_nothing_reports_nothing_again() {
    let pests = |when: &str| rule("pests", "pests", "240h", "", when, FLOOR);
    let ill = rule("ill", "illness", "240h", "", QUIET, "");
    let mut reported = Scenario::new(&files(&ill, &pests(QUIET)));
    reported.complain(nine(), "pests", &["a", "b", "c"]);
    let candidate = load(&files(&ill, &pests("op.pests_7d >= 1")), &reported.sources);
    reported.engine.put_in_force(Arc::clone(&candidate));
    reported.sweep(nine() + SignedDuration::from_hours(1));
    assert_eq!(reported.steps, [(Step::Opened, Cause::Events, 1), (Step::Added, Cause::Ruleset, 2)]);

    // Another engine goes on from a record that does not say what was reported.
    let score = reported.engine.score_of("JY21201030043213", nine()).expect("features").expect("it is known");
    let mut score = json!(score);
    score["standing"]["warning"].as_object_mut().expect("open").remove("named");
    let mut later = Scenario::new(&files(&ill, &pests("op.pests_7d >= 1")));
    later.engine.restore_standing(serde_json::from_value(score).expect("a score"), None);
    later.complain(nine() + SignedDuration::from_hours(2), "pests", &["a", "b", "c"]);
    later.sweep(nine() + SignedDuration::from_hours(3));
    assert_eq!(later.steps, []);
}
