//! Rulesets taken without a restart, by the whole program on a real Kafka.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::kafka::{TestRecord, eventually, produce, read_committed};
use crate::support::program::{EngineProcess, Program};
use crate::support::ruleset::small_ruleset;

/// A rule that a single complaint fires.
const ANY: &str = r#"//! id       = "any_complaint"
//! title    = { zh = "有投诉举报", en = "A complaint" }
//! family   = "complaints"
//! status   = "active"
//! owner    = "投诉科"
//! effective_from = 2020-01-01
//! basis    = [{ law = "食品安全法", article = "第一百一十五条", confirmed = false }]
//! action   = { zh = "电话了解情况", en = "Call" }
//! deadline = "3wd"

fn when(op)    { op.complaints_30d >= 1 }
fn points(op)  { 40 }
fn because(op) { #{
    zh: `近30日投诉举报${op.complaints_30d}件。`,
    en: `Complaints in 30 days: ${op.complaints_30d}.` } }
"#;
const ANY_FILE: &str = "complaints/any_complaint.rhai";
const CASE_FILE: &str = "cases/complaints/any_complaint.toml";

fn case(level: &str) -> String {
    format!(
        r#"rule = "any_complaint"
[[case]]
name = "one complaint"
kind = ["positive"]
operator = {{ operator_id = "JY21201030043213" }}
timeline = [
  {{ at = 2026-03-02T02:10:00+08:00, complaints = {{ event_id = "c1" }} }},
  {{ at = 2026-03-02T02:10:01+08:00, expect = {{ fired = true, level = "{level}" }} }},
]
"#
    )
}

/// An program whose analysts work in a folder of their own.
struct Analysts {
    program: Program,
    rules: TempDir,
}

impl Analysts {
    fn new() -> Self {
        let (mut program, rules) = (Program::new(), small_ruleset(&[]));
        let path = rules.path().to_str().expect("UTF-8").to_owned();
        program.environment.push(("YUJING__PATHS__RULES".to_owned(), path));
        program.environment.push(("YUJING__ENGINE__SWEEP_CHUNK".to_owned(), "3".to_owned()));
        program.environment.push(("YUJING_LANG".to_owned(), "en".to_owned()));
        let (code, out, err) = program.run(&["topics", "--create"]);
        assert_eq!(code, Some(0), "{out}{err}");
        Self { program, rules }
    }

    fn start(&self) -> EngineProcess {
        let engine = self.program.start();
        self.program.wait_until_ready();
        engine
    }

    fn file(&self, path: &str) -> PathBuf {
        self.rules.path().join(path)
    }

    /// Saves a file as editors do: beside it, then renamed.
    fn save(&self, path: &str, text: &str) {
        let (file, draft) = (self.file(path), self.file("draft~"));
        fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        fs::write(&draft, text).expect("written");
        fs::rename(draft, file).expect("renamed");
    }

    fn ruleset(&self) -> Value {
        eventually("the ruleset", || self.program.get("/api/v1/ruleset").filter(|(status, _)| *status == 200)).1
    }

    fn hash(&self) -> String {
        self.ruleset()["hash"].as_str().expect("a hash").to_owned()
    }

    /// Waits until the last attempt has ended so, and every operator was judged.
    fn ended_attempt(&self, outcome: &str) -> Value {
        eventually("the end of an attempt", || {
            let ruleset = self.ruleset();
            let last = &ruleset["last_attempt"];
            (last["outcome"] == outcome && ruleset["operators_not_judged_yet"] == 0).then(|| last.clone())
        })
    }

    /// Every step of an operator's warnings: step, level, cause, sequence.
    fn steps(&self, operator: &str) -> Vec<(String, String, String, u64)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        read_committed(self.program.value("TOPICS__WARNINGS"))
            .into_iter()
            .map(|record| serde_json::from_slice::<Value>(&record.value.expect("a value")).expect("JSON"))
            .filter(|event| event["operator_id"] == operator)
            .map(|event| {
                let sequence = event["sequence"].as_u64().expect("a sequence");
                (text(&event["step"]), text(&event["level"]), text(&event["cause"]), sequence)
            })
            .collect()
    }

    fn await_steps(&self, operator: &str, count: usize) -> Vec<(String, String, String, u64)> {
        eventually("a step", || Some(self.steps(operator)).filter(|steps| steps.len() >= count))
    }

    fn metric(&self, line: &str) -> Option<String> {
        let text = self.program.text("/metrics")?;
        text.lines().find_map(|found| Some(found.strip_prefix(line)?.trim().to_owned()))
    }
}

fn step(step: &str, level: &str, cause: &str, sequence: u64) -> (String, String, String, u64) {
    (step.to_owned(), level.to_owned(), cause.to_owned(), sequence)
}

#[test]
fn a_live_engine_takes_a_rule_keeps_its_warnings_refuses_a_broken_edit_restarts_with_what_is_in_force_and_goes_back() {
    let analysts = Analysts::new();
    let mut engine = analysts.start();
    let first = analysts.hash();
    assert_eq!(analysts.ruleset()["publication"]["cause"], "start");
    analysts.program.complain("XC-A", 0, 3);
    analysts.program.complain("XC-B", 0, 1);
    assert_eq!(analysts.await_steps("XC-A", 1), [step("opened", "blue", "events", 1)]);

    // A new rule: the open warning goes on, and who is new to it is warned of.
    analysts.save(ANY_FILE, ANY);
    let attempt = analysts.ended_attempt("applied");
    assert_eq!(attempt["trigger"], "folder", "{attempt:#}");
    let change = &attempt["difference"];
    assert_eq!((&change["rules"]["added"], &change["operators"]), (&json!(["any_complaint"]), &json!(2)), "{change:#}");
    let moves = json!([
        { "from": "none", "to": "yellow", "operators": 1 }, { "from": "blue", "to": "orange", "operators": 1 }
    ]);
    assert_eq!(change["levels"], moves, "{change:#}");
    assert_eq!(analysts.await_steps("XC-A", 2)[1], step("escalated", "orange", "ruleset", 2));
    assert_eq!(analysts.await_steps("XC-B", 1), [step("opened", "yellow", "ruleset", 1)]);
    let second = analysts.hash();
    assert_ne!(second, first);
    assert!(engine.is_running(), "it runs without a restart");

    // A broken edit is refused and reported, and scores go on.
    analysts.save(ANY_FILE, &ANY.replace("complaints_30d >= 1 }", "complaints_30 >= 1 }"));
    let attempt = analysts.ended_attempt("refused");
    assert_eq!(attempt["refusal"]["problems"][0]["code"], "rule/unknown-feature", "{attempt:#}");
    let report = attempt["refusal"]["report"]["en"].as_str().expect("a report");
    assert!(
        report.contains("complaints_30d") && report.contains(ANY_FILE) && !report.contains("yujing-rules-"),
        "{report}"
    );
    assert_eq!(analysts.hash(), second);
    assert_eq!(analysts.metric("yujing_ruleset_last_reload_successful").as_deref(), Some("0"));
    assert_eq!(analysts.metric(r#"yujing_ruleset_reload_total{outcome="refused"}"#).as_deref(), Some("1"));
    assert_eq!(analysts.metric("yujing_ruleset_folder_differs").as_deref(), Some("1"));
    analysts.program.complain("XC-C", 0, 1);
    assert_eq!(analysts.await_steps("XC-C", 1), [step("opened", "yellow", "events", 1)]);

    // After a restart what is in force runs, not the broken folder.
    engine.signal("TERM");
    let (code, log) = engine.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("ruleset_applied") && log.contains("ruleset_refused"), "{log}");
    assert_eq!(log.matches("calendar/unconfirmed").count(), 1, "what is doubtful in the rules is logged once: {log}");
    let engine = analysts.start();
    assert_eq!(analysts.hash(), second);
    let attempt = analysts.ended_attempt("refused");
    assert_eq!((&attempt["trigger"], &attempt["dry_run"]), (&json!("start"), &json!(true)), "{attempt:#}");
    assert_eq!(attempt["refusal"]["problems"][0]["code"], "rule/unknown-feature", "{attempt:#}");
    assert_eq!(analysts.metric("yujing_ruleset_last_reload_successful").as_deref(), Some("0"));
    assert_eq!(analysts.metric("yujing_ruleset_folder_differs").as_deref(), Some("1"));
    assert_eq!(analysts.ruleset()["folder_differs"], true);
    for operator in ["XC-A", "XC-B", "XC-C"] {
        assert_eq!(analysts.steps(operator).len(), if operator == "XC-A" { 2 } else { 1 }, "{operator}");
    }

    // Back to the first one: what only the new rule held falls at once, and says why.
    let (code, out, err) = analysts.program.run(&["rules", "rollback", &first[..8], "--dry-run"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("nothing changed") && out.contains("rules removed: any_complaint"), "{out}");
    assert_eq!(analysts.hash(), second);
    let (code, out, err) = analysts.program.run(&["rules", "rollback", &first[..8]]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("in force now") && out.contains("3 change their level at once"), "{out}");
    assert_eq!(analysts.await_steps("XC-A", 3)[2], step("eased", "blue", "ruleset", 3));
    assert_eq!(analysts.await_steps("XC-B", 2)[1], step("withdrawn", "none", "ruleset", 2));
    assert_eq!(analysts.hash(), first);

    let (code, out, err) = analysts.program.run(&["rules", "history"]);
    assert_eq!(code, Some(0), "{err}");
    let rows: Vec<&str> =
        out.lines().filter(|line| line.contains(&first[..12]) || line.contains(&second[..12])).collect();
    let says = |row: &str, words: &[&str]| words.iter().all(|word| row.contains(word));
    assert_eq!(rows.len(), 3, "{out}");
    assert!(says(rows[0], &["in force", &first[..12], "rollback", "+0 ~0 -1", "3"]), "{out}");
    assert!(says(rows[1], &[&second[..12], "folder", "+1 ~0 -0", "2"]) && !rows[1].contains("in force"), "{out}");
    assert!(says(rows[2], &[&first[..12], "start"]), "{out}");
    let (_, lines, _) = analysts.program.run(&["rules", "history", "--json"]);
    let last: Value = serde_json::from_str(lines.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&last["sequence"], &last["previous"]), (&json!(3), &json!(second)));
    engine.signal("TERM");
    let (code, log) = engine.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("ruleset_refused") && log.contains("ruleset_folder_differs"), "{log}");
}

#[test]
fn a_failing_case_is_reported_by_the_command_and_a_signal_takes_the_mended_folder() {
    let mut analysts = Analysts::new();
    analysts.program.environment.push(("YUJING__ENGINE__WATCH_RULES".to_owned(), "false".to_owned()));
    let engine = analysts.start();
    let first = analysts.hash();
    let (code, out, err) = analysts.program.run(&["rules", "reload"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("in force already"), "{out}");

    analysts.save(ANY_FILE, ANY);
    analysts.save(CASE_FILE, &case("red"));
    let (code, out, err) = analysts.program.run(&["rules", "reload"]);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains(CASE_FILE) && out.contains("one complaint") && out.contains("red"), "{out}");
    assert!(err.contains("the ruleset stays as it is"), "{err}");
    assert_eq!(analysts.hash(), first);

    analysts.save(CASE_FILE, &case("yellow"));
    let (code, out, err) = analysts.program.run(&["rules", "reload", "--dry-run", "--json"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let projected: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        (&projected["outcome"], &projected["difference"]["rules"]["added"][0]),
        (&json!("projected"), &json!("any_complaint"))
    );
    assert_eq!(analysts.hash(), first);

    engine.signal("HUP");
    let attempt = analysts.ended_attempt("applied");
    assert_eq!(attempt["trigger"], "signal", "{attempt:#}");
    assert_ne!(analysts.hash(), first);
    assert_eq!(analysts.metric("yujing_ruleset_last_reload_successful").as_deref(), Some("1"));
}

#[test]
fn a_folder_that_is_deleted_is_refused_and_taken_when_it_is_back() {
    let analysts = Analysts::new();
    let _engine = analysts.start();
    let first = analysts.hash();
    let aside = analysts.rules.path().with_extension("aside");
    fs::rename(analysts.rules.path(), &aside).expect("renamed");
    analysts.ended_attempt("refused");
    assert_eq!(analysts.hash(), first);

    fs::write(aside.join(ANY_FILE), ANY).expect("written");
    fs::rename(&aside, analysts.rules.path()).expect("renamed");
    analysts.ended_attempt("applied");
    assert_ne!(analysts.hash(), first);
}

/// Two thousand concatenations: what walks them without a bound runs out of stack.
fn attack() -> String {
    format!(
        "SELECT operator_id,\n  -- @zh 攻击\n  -- @en Attack\n  -- @missing 0\n  count(*) FILTER (WHERE category{} = 'x') AS attack\n\
         FROM complaints GROUP BY operator_id\n",
        " || 'a'".repeat(2_000)
    )
}

#[test]
fn whatever_the_folder_holds_the_engine_goes_on_and_starts_again_by_what_was_published() {
    let analysts = Analysts::new();
    let mut engine = analysts.start();
    let first = analysts.hash();
    analysts.save("features/attack.sql", &attack());
    analysts.ended_attempt("refused");
    assert!(engine.is_running(), "it runs on");

    let pipe = analysts.file("complaints/pipe.rhai");
    let puts: [(&str, &dyn Fn()); 4] = [
        ("too deep", &|| {}),
        ("file/not-regular", &|| {
            fs::remove_file(analysts.file("features/attack.sql")).expect("removed");
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("it runs").success());
        }),
        ("file/link", &|| {
            fs::remove_file(&pipe).expect("removed");
            std::os::unix::fs::symlink("/proc/self/environ", &pipe).expect("linked");
        }),
        ("file/unreadable", &|| {
            fs::rename(analysts.rules.path(), analysts.rules.path().with_extension("aside")).expect("renamed");
        }),
    ];
    for (number, (what, put)) in puts.into_iter().enumerate() {
        engine.signal("TERM");
        let (code, log) = engine.ended();
        assert_eq!(code, Some(0), "{log}");
        put();
        engine = analysts.start();
        let attempt = analysts.ended_attempt("refused");
        assert_eq!((&attempt["trigger"], analysts.hash()), (&json!("start"), first.clone()), "{what}: {attempt:#}");
        let code = attempt["refusal"]["problems"][0]["code"].as_str().unwrap_or_default();
        assert!(!what.starts_with("file/") || code == what, "{what}: {attempt:#}");
        assert!(!attempt.to_string().contains("YUJING__"), "what lies behind a link is not reported: {attempt:#}");
        assert_eq!(analysts.metric("yujing_ruleset_last_reload_successful").as_deref(), Some("0"), "{what}");
        let operator = format!("XC-{number}");
        analysts.program.complain(&operator, 0, 3);
        assert_eq!(analysts.await_steps(&operator, 1), [step("opened", "blue", "events", 1)], "{what}");
    }
    fs::rename(analysts.rules.path().with_extension("aside"), analysts.rules.path()).expect("renamed");
    fs::remove_file(&pipe).expect("removed");
    analysts.ended_attempt("unchanged");
    assert_eq!(analysts.metric("yujing_ruleset_last_reload_successful").as_deref(), Some("1"));
}

#[test]
fn two_people_who_save_at_once_end_with_what_both_saved_last() {
    let analysts = Analysts::new();
    let _engine = analysts.start();
    let another = ANY.replace("any_complaint", "another_complaint");
    let save = |path: &str, text: &str| {
        // Half of it first, without renaming: a half-written file may be seen.
        let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
        for round in 0..6 {
            fs::write(analysts.file(path), &text[..half]).expect("written");
            std::thread::sleep(std::time::Duration::from_millis(130 + 40 * round));
            fs::write(analysts.file(path), text).expect("written");
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| save(ANY_FILE, ANY));
        scope.spawn(|| save("complaints/another_complaint.rhai", &another));
    });
    eventually("both rules in force", || {
        let ruleset = analysts.ruleset();
        let rules = ruleset["rules"].as_array().expect("rules").len();
        (rules == 3 && ruleset["folder_differs"] == false).then_some(())
    });
}

#[test]
fn without_anything_published_the_folder_must_be_in_order_and_afterwards_it_can_be_taken_whatever_is_published() {
    let analysts = Analysts::new();
    let ended = |arguments: &[&str]| {
        let child =
            analysts.program.command(arguments).stderr(std::process::Stdio::piped()).spawn().expect("it starts");
        EngineProcess::of(child).ended()
    };
    analysts.save(ANY_FILE, "nonsense");
    let (code, log) = ended(&["run"]);
    assert_eq!(code, Some(78), "{log}");
    assert!(log.contains("no ruleset was published yet") && log.contains(ANY_FILE), "{log}");
    fs::remove_file(analysts.file(ANY_FILE)).expect("removed");
    let engine = analysts.start();
    let first = analysts.hash();
    engine.signal("TERM");
    assert_eq!(engine.ended().0, Some(0));

    // A ruleset in force that this version cannot build: told, until somebody takes the folder.
    let files = BTreeMap::from([("ruleset.toml".to_owned(), "from the future".to_owned())]);
    let hash = yujing_core::ruleset::content_hash(&files);
    let body = json!({ "hash": hash, "files": files });
    let publication = json!({
        "sequence": 2, "ruleset": hash, "previous": first, "published_at": "2026-03-02T00:00:00Z", "cause": "folder",
        "change": null, "engine": "99.0.0",
    });
    let topic = analysts.program.value("TOPICS__RULESETS");
    produce(
        topic,
        &[
            TestRecord::new(&hash, body.to_string()),
            TestRecord::new("publication/000000000002", publication.to_string()),
        ],
    );
    let (code, log) = ended(&["run"]);
    assert_eq!(code, Some(78), "{log}");
    assert!(log.contains("--take-folder") && log.contains("ruleset.toml"), "{log}");

    let child = analysts.program.command(&["run", "--take-folder"]).spawn().expect("it starts");
    let engine = EngineProcess::of(child);
    analysts.program.wait_until_ready();
    assert_eq!(analysts.hash(), first);
    assert_eq!(analysts.ruleset()["publication"]["sequence"], 3);
    drop(engine);
}

#[test]
fn a_ruleset_in_force_whose_body_is_gone_is_reported_and_is_there_again_once_the_folder_was_taken() {
    let analysts = Analysts::new();
    let stop = |engine: EngineProcess| {
        engine.signal("TERM");
        let (code, log) = engine.ended();
        assert_eq!(code, Some(0), "{log}");
    };
    let engine = analysts.start();
    let first = analysts.hash();
    stop(engine);
    let gone = TestRecord { value: None, ..TestRecord::new(&first, "") };
    produce(analysts.program.value("TOPICS__RULESETS"), &[gone]);
    analysts.save(ANY_FILE, ANY);
    let (code, log) = analysts.program.start().ended();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains(&first) && log.contains("--take-folder"), "{log}");

    fs::remove_file(analysts.file(ANY_FILE)).expect("removed");
    let mut taking = analysts.program.command(&["run", "--take-folder"]);
    let engine = EngineProcess::of(taking.stderr(std::process::Stdio::piped()).spawn().expect("it starts"));
    analysts.program.wait_until_ready();
    assert_eq!(analysts.hash(), first);
    stop(engine);
    analysts.save(ANY_FILE, ANY);
    let engine = analysts.start();
    assert_eq!(analysts.hash(), first, "it is built from what the topic has");
    stop(engine);
}

#[test]
fn the_starter_rules_are_in_order_as_a_reload_reads_them() {
    // The folder as a mounted volume shows it: behind links, with hidden folders beside them.
    let volume = tempfile::tempdir().expect("a folder");
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    copy(&rules, &volume.path().join("..2026_03_02"));
    std::os::unix::fs::symlink("..2026_03_02", volume.path().join("..data")).expect("linked");
    for entry in fs::read_dir(&rules).expect("rules") {
        let name = entry.expect("an entry").file_name();
        std::os::unix::fs::symlink(Path::new("..data").join(&name), volume.path().join(&name)).expect("linked");
    }
    let sources =
        yujing_workbench::schemas_folder::load(Path::new("schemas")).expect("the published schemas are valid");
    let snapshot = yujing_workbench::rules_folder::read(volume.path()).expect("it reads");
    let taken = snapshot.build(&sources).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let loaded = yujing_workbench::rules_folder::load(&rules, &sources).expect("the starter rules are in order");
    assert_eq!(taken.hash, loaded.hash);
    assert!(taken.features.catalogue()[0].file.starts_with(volume.path()), "{:?}", taken.features.catalogue()[0].file);
    let changed = yujing_live::reload::RulesetDifference::between(&loaded, &taken).change;
    assert_eq!(changed, yujing_core::ruleset::RulesetChange::default(), "nothing differs");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(drop).expect("copied") }
    }
}
