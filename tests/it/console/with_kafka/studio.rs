//! The studio: an analyst's draft, its check and its cases, and what no draft can do.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::console::{Console, Page};
use crate::support::kafka::eventually;
use crate::support::processor::{children, eventually_by};
use crate::support::program::{EngineProcess, Program, pest_complaint, rodent, school};

/// A copy of the starter rules that engine and console share.
struct Rules {
    folder: TempDir,
}

impl Rules {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/rules")), &folder.path().join("rules"));
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("rules")
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path().join(file)).expect("read")
    }

    /// A program whose engine and console have these rules.
    fn program(&self) -> Program {
        let mut program = Program::new();
        let path = self.path().to_str().expect("UTF-8").to_owned();
        for name in ["PATHS__RULES", "CONSOLE__RULES"] {
            program.environment.push((format!("YUJING__{name}"), path.clone()));
        }
        program
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).expect("copied");
        }
    }
}

fn analyst(console: &Console<'_>, name: &str) -> Page {
    console.account(name, &["--role", "analyst", "--area", "/"])
}

fn laid_over(path: &str, text: &str) -> Value {
    json!({ "files": [{ "path": path, "text": text }] })
}

const RODENTS: &str = "pests/rodent_sighted.rhai";

#[test]
fn a_draft_is_checked_as_the_command_checks_it_and_nothing_is_written() {
    let rules = Rules::new();
    let program = rules.program();
    program.create_topics();
    let console = Console::beside(&program);
    let _process = console.start();
    let page = analyst(&console, "wang");

    let catalogue = page.get("/rules");
    assert!(catalogue["rules"].as_array().is_some_and(|rules| rules.len() > 30), "{catalogue}");
    assert!(catalogue["engine"]["zh"].is_string() && catalogue["in_force"].is_null(), "no engine runs");
    let words = page.get("/rules/vocabulary");
    let has =
        |name: &str| words["entries"].as_array().is_some_and(|words| words.iter().any(|word| word["name"] == name));
    assert!(has("known") && has("within") && has("rodent_with_complaint"), "{words}");
    let files = page.get("/rules/files");
    assert_eq!(files["version"], catalogue["version"]);
    assert_eq!(page.get(&format!("/rules/file?path={RODENTS}"))["text"], json!(rules.read(RODENTS)));

    let slip = rules.read(RODENTS).replace("op.rodent", "op.rodnet");
    let (status, found) = page.post("/rules/check", &laid_over(RODENTS, &slip));
    assert_eq!((status, &found["ok"]), (200, &json!(false)), "{found}");
    let command = {
        let copied = Rules::new();
        std::fs::write(copied.path().join(RODENTS), &slip).expect("written");
        let folder = copied.path();
        let (_, out, _) =
            program.run(&["rules", "check", "--format", "json", "--rules", folder.to_str().expect("UTF-8")]);
        serde_json::from_str::<Value>(&out).expect("JSON")
    };
    let places = |found: &Value, name: &str| -> Vec<(Value, Value, Value)> {
        let found = found[name].as_array().expect("a list");
        found.iter().map(|one| (one["code"].clone(), one["line"].clone(), one["message"].clone())).collect()
    };
    assert_eq!(places(&found, "diagnostics"), places(&command, "problems"));
    assert_eq!(found["diagnostics"][0]["path"], RODENTS);
    assert_eq!(page.get("/rules/files")["version"], catalogue["version"], "nothing was written");

    let cases = "cases/pests/rodent_sighted.toml";
    let wrong = rules.read(cases).replacen("fired = true", "fired = false", 1);
    let mut asked = laid_over(cases, &wrong);
    asked["filter"] = json!("rodent_sighted");
    let (status, report) = page.post("/rules/cases", &asked);
    assert_eq!((status, &report["ok"], &report["failed"]), (200, &json!(false), &json!(1)), "{report}");
    let failing: Vec<&Value> =
        report["cases"].as_array().expect("cases").iter().filter(|case| case["passed"] == false).collect();
    assert!(failing[0]["timeline"].as_array().is_some_and(|entries| entries.len() > 1), "{report}");
}

#[test]
fn no_draft_reads_what_is_not_its_own_or_keeps_the_console_from_answering() {
    let rules = Rules::new();
    std::fs::write(rules.folder.path().join("secret.toml"), "secret").expect("written");
    let program = rules.program();
    program.create_topics();
    let console = Console::beside(&program);
    let _process = console.start();
    let page = analyst(&console, "wang");
    for path in ["../secret.toml", "/etc/passwd", ".git/a.rhai", "pests/../../secret.toml", "a.sh", "a.rhai\u{0}", ""] {
        let (status, problem) = page.post("/rules/check", &laid_over(path, "x"));
        assert_eq!((status, &problem["code"]), (422, &json!("invalid")), "{path:?}: {problem}");
        let asked = format!("/rules/file?path={}", path.replace('\u{0}', "%00"));
        assert_eq!(page.ask("GET", &asked, None).0, 404, "{path:?}");
    }
    let twice = json!({ "files": [{ "path": "a.rhai", "text": "1" }, { "path": "a.rhai", "text": "2" }] });
    assert_eq!(page.post("/rules/check", &twice).0, 422);
    assert_eq!(page.post("/rules/check", &laid_over(RODENTS, &"// x\n".repeat(10_000))).0, 422, "too long");
    assert_eq!(page.post("/rules/check", &laid_over(RODENTS, &"x".repeat(5 * 1024 * 1024))).0, 413);
    assert_eq!(page.post("/rules/check", &json!({ "files": [{ "path": RODENTS }] })).0, 400, "no text is not null");
    assert_eq!(page.post("/rules/check", &json!({ "other": [] })).0, 400);

    // What nests without end, and what runs without end.
    let deep = format!("fn when(op) {{ {}1{} > 0 }}", "(".repeat(15_000), ")".repeat(15_000));
    let (status, found) = page.post("/rules/check", &laid_over("pests/deep.rhai", &deep));
    assert_eq!((status, &found["ok"]), (200, &json!(false)), "{found}");
    let began = Instant::now();
    let endless = rules.read(RODENTS).replace("fn when(op)    {", "fn when(op) { while true { } ");
    let mut asked = laid_over(RODENTS, &endless);
    asked["filter"] = json!("rodent_sighted");
    let (status, report) = page.post("/rules/cases", &asked);
    assert_eq!((status, &report["ok"]), (200, &json!(false)), "{report}");
    // What it may take, and what a machine that has no time for it takes to begin and to end.
    assert!(began.elapsed() < Duration::from_mins(1));
    assert_eq!(page.get("/rules/files")["files"].as_array().map(Vec::is_empty), Some(false), "it goes on answering");
}

#[test]
fn without_a_folder_the_studio_says_how_it_is_switched_on() {
    let program = Program::new();
    program.create_topics();
    let console = Console::beside(&program);
    let _process = console.start();
    let (status, problem) = analyst(&console, "wang").ask("GET", "/rules", None);
    assert_eq!((status, &problem["code"]), (409, &json!("studio_off")), "{problem}");
    assert!(problem["text"]["en"].as_str().is_some_and(|text| text.contains("yujing.toml")), "{problem}");
}

fn approver(console: &Console<'_>, name: &str) -> Page {
    console.account(name, &["--role", "approver", "--area", "/"])
}

/// A change of an analyst, proposed; its path.
fn proposed(page: &Page, files: &Value) -> String {
    let (status, change) =
        page.post("/rules/changes", &json!({ "title": "调整分值", "reason": "近期误报较多", "files": files }));
    assert_eq!((status, &change["state"]), (201, &json!("draft")), "{change}");
    let path = format!("/rules/changes/{}", change["id"].as_str().expect("an id"));
    let (status, change) = step(page, &path, "propose");
    assert_eq!((status, &change["state"]), (200, &json!("proposed")), "{change}");
    path
}

/// Waits until a change is examined: the report.
fn examined(by: &[&EngineProcess], page: &Page, path: &str, state: &str) -> Value {
    let examination = eventually_by(by, "examined", || {
        let examination = page.get(&format!("{path}/examination"));
        (examination["state"] != "waiting").then_some(examination)
    });
    assert_eq!((&examination["state"], &examination["stale"]), (&json!(state), &json!(false)), "{examination}");
    examination["report"].clone()
}

/// Approves what was examined while no engine ran.
fn approve_unprojected(console: &EngineProcess, page: &Page, path: &str) {
    examined(&[console], page, path, "passed");
    let revision = page.get(path)["revision"].clone();
    let (status, change) = page.post(
        &format!("{path}/approve"),
        &json!({ "revision": revision, "reason": "同意", "without_projection": "引擎停机检修" }),
    );
    assert_eq!(status, 200, "{change}");
}

/// Takes a step, having read the change as it is.
fn step(page: &Page, path: &str, name: &str) -> (u16, Value) {
    let revision = page.get(path)["revision"].clone();
    page.post(&format!("{path}/{name}"), &json!({ "revision": revision, "reason": "同意" }))
}

/// Waits for a state of a change.
fn in_state(by: &[&EngineProcess], page: &Page, path: &str, state: &str) -> Value {
    eventually_by(by, state, || {
        let change = page.get(path);
        (change["state"] == state).then_some(change)
    })
}

/// Two files: a rule that gives another number of points, and its cases that expect them.
fn more_points(rules: &Rules) -> Value {
    let cases = "cases/pests/rodent_sighted.toml";
    let (rule, cases_text) = (rules.read(RODENTS), rules.read(cases));
    json!([
        { "path": RODENTS, "text": rule.replace("{ 15 }", "{ 16 }") },
        { "path": cases, "text": cases_text.replace("points = 15, score = 19", "points = 16, score = 20") },
    ])
}

#[test]
fn what_one_person_writes_and_another_approves_comes_into_force() {
    let rules = Rules::new();
    let program = rules.program();
    program.create_topics();
    let engine = program.start();
    program.wait_until_ready();
    let console = Console::beside(&program);
    let process = console.start();
    // Who is both writes here, and so may not approve.
    let author = console.account("wang", &["--role", "analyst,approver", "--area", "/"]);
    let second = approver(&console, "zhao");
    let path = proposed(&author, &more_points(&rules));
    let (status, problem) = step(&author, &path, "approve");
    assert_eq!((status, &problem["code"]), (403, &json!("own_change")), "{problem}");
    let seen = author.get(&path);
    assert!(seen["why_not"]["zh"].as_str().is_some_and(|text| text.contains("四眼原则")), "{seen}");
    assert_eq!(step(&analyst(&console, "sun"), &path, "approve").0, 403, "an analyst approves nothing");
    let report = examined(&[&engine, &process], &second, &path, "passed");
    assert!(report["cases"].as_u64() > Some(50) && report["failed"] == 0, "{report}");
    assert_eq!(
        (&report["projection"]["unchanged"], &report["no_projection"]),
        (&json!(false), &Value::Null),
        "{report}"
    );
    assert_eq!((&report["cost"]["features"], &report["projection"]["operators"]), (&json!([]), &json!(0)), "{report}");
    let difference = second.get(&format!("{path}/difference"));
    assert_eq!(
        (&difference["rules"]["changed"], &difference["check"]["ok"]),
        (&json!(["rodent_sighted"]), &json!(true))
    );
    let stale = second.post(&format!("{path}/approve"), &json!({ "revision": 1 }));
    assert_eq!((stale.0, &stale.1["code"]), (409, &json!("moved")), "{}", stale.1);
    let (status, approved) = step(&second, &path, "approve");
    assert_eq!((status, &approved["state"]), (200, &json!("approved")), "{approved}");
    let change = in_state(&[&engine, &process], &author, &path, "in_force");
    assert!(rules.read(RODENTS).contains("{ 16 }"));
    let (_, in_force) = program.get("/api/v1/ruleset").expect("it answers");
    assert_eq!(in_force["hash"], change["ruleset"], "{change}");
    let steps: Vec<&str> =
        change["steps"].as_array().expect("steps").iter().filter_map(|step| step["step"].as_str()).collect();
    assert_eq!(steps, ["created", "proposed", "approved", "written", "in_force"]);
    let catalogue = author.get("/rules");
    assert_eq!(
        (&catalogue["in_force"]["ruleset"], &catalogue["in_force"]["folder_differs"]),
        (&change["ruleset"], &json!(false))
    );
    let audit = console.account("root", &["--role", "administrator"]).get("/audit?action=change_approved");
    assert_eq!((&audit["total"], &audit["entries"][0]["account"]), (&json!(1), &json!("zhao")), "{audit}");

    // What was in force is listed, compared, and proposed again.
    let versions = second.get("/rules/history")["versions"].clone();
    assert_eq!((&versions[0]["ruleset"], &versions[0]["in_force"]), (&change["ruleset"], &json!(true)), "{versions}");
    assert_eq!(
        (&versions[0]["change"]["author"], &versions[0]["change"]["approver"]),
        (&json!("wang"), &json!("zhao"))
    );
    let (now, before) =
        (versions[0]["ruleset"].as_str().expect("a hash"), versions[1]["ruleset"].as_str().expect("a hash"));
    let compared = second.get(&format!("/rules/compare?from={before}&to={now}"));
    assert_eq!(compared["files"].as_array().map(Vec::len), Some(1), "cases are no part of a version: {compared}");
    assert_eq!((&compared["files"][0]["path"], &compared["files"][0]["how"]), (&json!(RODENTS), &json!("changed")));
    assert_eq!(second.get(&format!("/rules/compare?from={now}&to=folder"))["files"], json!([]));
    assert_eq!(second.ask("GET", &format!("/rules/compare?from={before}&to=nothing"), None).0, 404);
    let rollback = |hash: &str, reason: &str| {
        author.post(&format!("/rules/history/{hash}/rollback"), &json!({ "reason": reason }))
    };
    assert_eq!(rollback(before, "").0, 422, "it says why");
    assert_eq!(rollback("nothing", "试运行结束").0, 404);
    assert_eq!(rollback(now, "试运行结束").0, 422, "that is what the folder holds");
    let (status, back) = rollback(before, "试运行结束");
    let both = json!(["cases/pests/rodent_sighted.toml", RODENTS]);
    assert_eq!((status, &back["state"], &back["paths"]), (201, &json!("proposed"), &both), "cases too: {back}");
    let back = format!("/rules/changes/{}", back["id"].as_str().expect("an id"));
    assert_eq!(step(&author, &back, "approve").0, 403, "four eyes here too");
    examined(&[&engine, &process], &second, &back, "passed");
    assert_eq!(step(&second, &back, "approve").0, 200);
    in_state(&[&engine, &process], &author, &back, "in_force");
    let starter = Rules::new();
    for file in ["cases/pests/rodent_sighted.toml", RODENTS] {
        assert_eq!(rules.read(file), starter.read(file), "{file} is as it was");
    }
}

#[test]
fn who_decides_sees_what_the_change_would_do_to_the_levels_of_now() {
    let rules = Rules::new();
    // Without this rule, and its cases, the operator is not warned of in red.
    let combined = ["pests/rodent_with_complaint.rhai", "cases/pests/rodent_with_complaint.toml"];
    let texts = combined.map(|file| rules.read(file));
    std::fs::write(rules.path().join(combined[0]), texts[0].replace("\"active\"", "\"retired\"")).expect("written");
    std::fs::remove_file(rules.path().join(combined[1])).expect("removed");
    let program = rules.program();
    program.create_topics();
    let engine = program.start();
    program.wait_until_ready();
    program.publish("operators", &school());
    program.publish("camera-alerts", &rodent());
    program.publish("complaints", &pest_complaint());
    let operator = format!("/api/v1/operators/{}", school()["operator_id"].as_str().expect("an id"));
    let sources = ["camera-alerts", "complaints"];
    eventually("both events", || {
        let (_, known) = program.get(&format!("{operator}/events"))?;
        let known: Vec<&str> =
            known["events"].as_array()?.iter().filter_map(|event| event["source"].as_str()).collect();
        sources.iter().all(|source| known.contains(source)).then_some(())
    });
    let (_, before) = program.get(&operator).expect("it answers");
    assert_ne!(before["level"], "red");
    let console = Console::beside(&program);
    let process = console.start();
    let (author, second) = (analyst(&console, "wang"), approver(&console, "zhao"));
    let files = json!([{ "path": combined[0], "text": texts[0] }, { "path": combined[1], "text": texts[1] }]);
    let path = proposed(&author, &files);
    let report = examined(&[&engine, &process], &second, &path, "passed");
    let projection = &report["projection"];
    let sums = ["operators", "raised", "lowered"].map(|name| projection[name].as_u64());
    assert_eq!(sums, [Some(1), Some(1), Some(0)], "{report}");
    let moves = (&projection["levels"][0]["from"], &projection["levels"][0]["to"]);
    assert_eq!(moves, (&before["level"], &json!("red")), "{report}");
    let rising = projection["rising"].as_array().expect("rules");
    let rising = rising.iter().find(|rising| rising["rule"] == "rodent_with_complaint").expect("the rule");
    assert_eq!((&rising["operators"], &rising["decisive"]), (&json!(1), &json!(1)), "{report}");
    assert_eq!(projection["examples"][0]["operator_id"], school()["operator_id"], "{report}");
    let (_, in_force) = program.get("/api/v1/ruleset").expect("it answers");
    assert_ne!(in_force["hash"], report["ruleset"], "nothing came of it");
    assert_eq!(program.get(&operator).expect("it answers").1["level"], before["level"]);
    assert!(second.get("/rules")["in_force"]["refusal"].is_null());
}

#[test]
fn what_does_not_hold_goes_back_to_its_author_and_nobody_decides_about_it() {
    let rules = Rules::new();
    let program = rules.program();
    program.create_topics();
    let console = Console::beside(&program);
    let process = console.start();
    let (author, second) = (analyst(&console, "wang"), approver(&console, "zhao"));
    // The check finds nothing: only the cases show that the rule gives other points than they expect.
    let files = more_points(&rules);
    let path = proposed(&author, &json!([files[0]]));
    let (status, problem) = step(&second, &path, "approve");
    assert_eq!((status, &problem["code"]), (409, &json!("not_examined")), "{problem}");
    // Nothing is lost by a console that ends amid it.
    process.signal("KILL");
    process.ended();
    let again = console.start();
    let report = examined(&[&again], &author, &path, "failed");
    let failing = &report["failing"][0];
    assert!(report["failed"].as_u64() > Some(0) && report["cases"].as_u64() > report["failed"].as_u64(), "{report}");
    assert_eq!((&failing["rule"], &failing["passed"]), (&json!("rodent_sighted"), &json!(false)), "{failing}");
    assert!(failing["timeline"].as_array().is_some_and(|entries| entries.len() > 1), "{failing}");
    let returned = author.get(&path);
    assert_eq!(
        (&returned["state"], &returned["steps"][2]["step"]),
        (&json!("draft"), &json!("returned")),
        "{returned}"
    );
    assert_eq!(step(&second, &path, "approve").1["code"], "wrong_state");

    // Mended it passes; without an engine nobody knows what it would do, and the approver has to say why not.
    let draft = json!({ "revision": returned["revision"], "title": "调整分值", "reason": "", "files": files });
    assert_eq!(author.ask("PUT", &path, Some(&draft)).0, 200);
    assert_eq!(author.get(&format!("{path}/examination"))["stale"], true, "of what it was");
    assert_eq!(author.post(&format!("{path}/examination"), &json!({})).1["code"], "wrong_state");
    assert_eq!(step(&author, &path, "propose").0, 200);
    let report = examined(&[&again], &second, &path, "passed");
    assert!(report["projection"].is_null() && report["no_projection"]["zh"].is_string(), "{report}");
    let (status, problem) = step(&second, &path, "approve");
    assert_eq!((status, &problem["code"]), (409, &json!("not_projected")), "{problem}");
    let (status, examination) = second.post(&format!("{path}/examination"), &json!({}));
    assert_eq!((status, &examination["state"]), (202, &json!("waiting")), "{examination}");
    approve_unprojected(&again, &second, &path);
    let steps = author.get(&path)["steps"].clone();
    let unprojected = steps.as_array().expect("steps").iter().find(|step| step["step"] == "unprojected");
    assert_eq!(unprojected.map(|step| step["reason"].clone()), Some(json!("引擎停机检修")), "{steps}");
    let root = console.account("root", &["--role", "administrator"]);
    let audit = root.get("/audit?action=change_approved_unprojected");
    assert_eq!((&audit["total"], &audit["entries"][0]["detail"]), (&json!(1), &json!("引擎停机检修")), "{audit}");
}

#[test]
fn a_change_that_is_asked_for_twice_begins_once() {
    let rules = Rules::new();
    let program = rules.program();
    program.create_topics();
    let console = Console::beside(&program);
    let _process = console.start();
    let page = analyst(&console, "wang");
    let asked = json!({ "id": "11111111-2222-4333-8444-555555555555", "title": "一次", "reason": "双击" });
    let both = [page.post("/rules/changes", &asked), page.post("/rules/changes", &asked)];
    assert_eq!([both[0].0, both[1].0], [201, 201]);
    assert_eq!(both[0].1, both[1].1);
    assert_eq!(page.get("/rules/changes")["changes"].as_array().map(Vec::len), Some(1));
    let (status, problem) = analyst(&console, "sun").post("/rules/changes", &asked);
    assert_eq!((status, &problem["code"]), (409, &json!("id_taken")), "{problem}");
}

/// The processes of a console that look at drafts.
fn workers(console: u32) -> Vec<u32> {
    let is_worker = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|part| part == b"try-rules")
    };
    children(console).into_iter().filter(is_worker).collect()
}

#[test]
fn the_process_that_checks_is_kept_and_one_that_is_killed_or_hangs_is_replaced_and_told() {
    let rules = Rules::new();
    let program = rules.program();
    program.create_topics();
    let console = Console::beside(&program);
    let process = console.start();
    let page = analyst(&console, "wang");
    let check = || page.post("/rules/check", &laid_over(RODENTS, &rules.read(RODENTS))).1;
    // On a machine that has no time for it a check may be stopped as one that hangs: then it is asked for again.
    let checked_by = |what: &str, is_meant: &dyn Fn(u32) -> bool| {
        eventually_by(&[&process], what, || {
            let is_ok = check()["ok"] == true;
            let found = workers(process.id());
            found.first().copied().filter(|worker| is_ok && found.len() == 1 && is_meant(*worker))
        })
    };
    let signal = |worker: u32, name: &str| {
        let sent = std::process::Command::new("kill").args([name, &worker.to_string()]).status();
        assert!(sent.expect("kill runs").success());
    };
    let last = std::cell::Cell::new(0);
    let first = checked_by("two checks by one process", &|worker| last.replace(worker) == worker);
    signal(first, "-KILL");
    let second = checked_by("another process", &|worker| worker != first);
    signal(second, "-STOP");
    let told = check();
    assert_eq!((&told["ok"], &told["diagnostics"][0]["code"]), (&json!(false), &json!("check/stopped")), "{told}");
    let words = told["diagnostics"][0]["message"]["en"].as_str().expect("words");
    assert!(words.contains("not done within 50 seconds"), "{words}");
    checked_by("a third process", &|worker| worker != second);
}

#[test]
fn a_change_is_tried_on_history_and_the_two_rulesets_are_told_apart() {
    let rules = Rules::new();
    let program = rules.program();
    program.create_topics();
    program.publish("operators", &school());
    program.publish("camera-alerts", &rodent());
    program.publish("complaints", &pest_complaint());
    let console = Console::beside(&program);
    let process = console.start();
    let (author, second) = (analyst(&console, "wang"), approver(&console, "zhao"));
    // No rule about rodents with complaints any more: nobody would be warned.
    let combined = "pests/rodent_with_complaint.rhai";
    let never = rules.read(combined).replace("status   = \"active\"", "status   = \"retired\"");
    assert_ne!(never, rules.read(combined));
    let files = json!([{ "path": combined, "text": never }]);
    let (_, change) = author.post("/rules/changes", &json!({ "title": "停用", "reason": "", "files": files }));
    let path = format!("/rules/changes/{}", change["id"].as_str().expect("an id"));
    assert_eq!(author.get(&format!("{path}/trial"))["state"], "none");
    for bad in [json!({ "days": 0 }), json!({ "days": 367 }), json!({ "budget": 0 })] {
        assert_eq!(author.post(&format!("{path}/trial"), &bad).0, 422, "{bad}");
    }
    let (status, trial) = second.post(&format!("{path}/trial"), &json!({ "days": 7, "budget": 5 }));
    assert_eq!(status, 202, "{trial}");
    let trial = eventually_by(&[&process], "an end", || {
        let trial = author.get(&format!("{path}/trial"));
        (trial["state"] != "queued" && trial["state"] != "running").then_some(trial)
    });
    assert_eq!((&trial["state"], &trial["stale"]), (&json!("done"), &json!(false)), "{trial}");
    let result = &trial["result"];
    assert_eq!((&result["records"], &result["budget"]), (&json!(3), &json!(5)), "{result}");
    assert_eq!(result["in_force"]["warnings"], 1, "{result}");
    assert!(
        result["rules"]
            .as_array()
            .is_some_and(|rules| rules.iter().any(|rule| rule["rule"] == "rodent_with_complaint"))
    );

    // What was edited since is told, and a trial that is cancelled stays so.
    let revision = author.get(&path)["revision"].clone();
    let draft = json!({ "revision": revision, "title": "停用", "reason": "", "files": more_points(&rules) });
    assert_eq!(author.ask("PUT", &path, Some(&draft)).0, 200);
    assert_eq!(author.get(&format!("{path}/trial"))["stale"], true);
    author.post(&format!("{path}/trial"), &json!({}));
    assert_eq!(author.ask("DELETE", &format!("{path}/trial"), None).1["state"], "cancelled");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(author.get(&format!("{path}/trial"))["state"], "cancelled");
}

#[test]
fn a_new_rule_begins_with_what_the_command_writes_and_a_live_trial_says_what_it_needs() {
    let rules = Rules::new();
    let mut program = rules.program();
    let candidate = rules.folder.path().join("candidate");
    let shadow = candidate.to_str().expect("UTF-8").to_owned();
    program.environment.push(("YUJING__ENGINE__SHADOW__STUDIO".to_owned(), shadow));
    program.create_topics();
    let console = Console::beside(&program);
    let _process = console.start();
    let page = analyst(&console, "wang");
    let asked = json!({ "id": "rodent_at_night", "family": "pests", "reads": ["rodent_episodes_7d"], "lang": "en" });
    let (status, template) = page.post("/rules/template", &asked);
    let paths = ["pests/rodent_at_night.rhai", "cases/pests/rodent_at_night.toml"];
    assert_eq!(
        (status, [&template["files"][0]["path"], &template["files"][1]["path"]]),
        (200, paths.map(|path| json!(path)).each_ref())
    );
    let begun =
        ["rules", "new", "rodent_at_night", "--family", "pests", "--reads", "rodent_episodes_7d", "--lang", "en"];
    let (code, out, err) = program.run(&begun);
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(template["files"][0]["text"], json!(rules.read(paths[0])));
    for bad in [
        json!({ "id": "Rodent", "family": "pests" }),
        json!({ "id": "a", "family": "nothing" }),
        json!({ "id": "rodent_sighted", "family": "pests" }),
    ] {
        assert_eq!(page.post("/rules/template", &bad).0, 422, "{bad}");
    }

    let (_, change) =
        page.post("/rules/changes", &json!({ "title": "试评", "reason": "", "files": more_points(&rules) }));
    let path = format!("/rules/changes/{}/shadow", change["id"].as_str().expect("an id"));
    assert_eq!(page.get(&path)["state"], "none");
    let (status, shadow) = page.post(&path, &json!({}));
    assert_eq!((status, &shadow["state"]), (202, &json!("starting")), "no engine runs that would judge: {shadow}");
    let put = std::fs::read_to_string(candidate.join(RODENTS)).expect("read");
    assert!(put.contains("{ 16 }") && rules.read(RODENTS).contains("{ 15 }"), "the rules folder stays as it is");
}

#[test]
fn a_change_is_refused_withdrawn_and_written_again_and_never_over_an_edit_made_outside() {
    let rules = Rules::new();
    let program = rules.program();
    program.create_topics();
    let console = Console::beside(&program);
    let _process = console.start();
    let (author, second) = (analyst(&console, "wang"), approver(&console, "zhao"));
    let path = proposed(&author, &more_points(&rules));
    let without_reason = json!({ "revision": author.get(&path)["revision"], "reason": " " });
    assert_eq!(second.post(&format!("{path}/refuse"), &without_reason).0, 422, "a refusal says why");
    assert_eq!(step(&second, &path, "refuse").1["state"], "refused");
    assert_eq!(step(&second, &path, "approve").1["code"], "wrong_state");

    // Two save the same draft: the second one hears of it, and what the first one wrote stays.
    let refused = author.get(&path);
    let draft = |revision: &Value, title: &str| json!({ "revision": revision, "title": title, "reason": "", "files": more_points(&rules) });
    assert_eq!(author.ask("PUT", &path, Some(&draft(&refused["revision"], "甲"))).1["state"], "draft");
    let (status, problem) = author.ask("PUT", &path, Some(&draft(&refused["revision"], "乙")));
    assert_eq!((status, &problem["code"]), (409, &json!("moved")), "{problem}");
    assert_eq!(author.get(&path)["title"], "甲");

    // A draft with errors is not proposed, and one that changes nothing is not either.
    let wrong = json!([{ "path": RODENTS, "text": "fn when(op) { op.nothing_like_it }" }]);
    let (_, broken) = author.post("/rules/changes", &json!({ "title": "错", "reason": "", "files": wrong }));
    let broken = format!("/rules/changes/{}", broken["id"].as_str().expect("an id"));
    assert_eq!(step(&author, &broken, "propose").1["code"], "has_errors");
    let same = json!([{ "path": RODENTS, "text": rules.read(RODENTS) }]);
    let (_, empty) = author.post("/rules/changes", &json!({ "title": "空", "reason": "", "files": same }));
    assert_eq!(empty["files"], json!([]), "what is as the folder has it drops out");
    for bad in [json!({ "title": "", "reason": "" }), json!({ "title": "长".repeat(101), "reason": "" })] {
        assert_eq!(author.post("/rules/changes", &bad).0, 422, "{bad}");
    }

    // Somebody edits the folder: the approval is refused with what moved, and the edit stays.
    assert_eq!(step(&author, &path, "propose").0, 200);
    let other = "cameras/camera_blocked.rhai";
    let edited = rules.read(other) + "// edited outside\n";
    std::fs::write(rules.path().join(other), &edited).expect("written");
    let (status, problem) = step(&second, &path, "approve");
    assert_eq!((status, &problem["code"]), (409, &json!("outdated")), "{problem}");
    assert!(problem["text"]["zh"].as_str().is_some_and(|text| text.contains(other)), "{problem}");
    let outdated = author.get(&path);
    assert_eq!(outdated["moved"], json!([{ "path": other, "how": "changed", "touched": false }]));
    assert!(outdated["may"].as_array().is_some_and(|may| may.contains(&json!("rebase"))), "{outdated}");
    let (status, rebased) = step(&author, &path, "rebase");
    assert_eq!((status, &rebased["state"], &rebased["outdated"]), (200, &json!("draft"), &json!(false)), "{rebased}");
    assert_eq!(step(&author, &path, "withdraw").1["state"], "withdrawn");
    assert_eq!(rules.read(other), edited);
    assert_eq!(author.get("/rules/changes")["changes"].as_array().map(Vec::len), Some(3));
    assert_eq!(author.ask("GET", "/rules/changes/00000000-0000-0000-0000-000000000000", None).0, 404);
}

#[test]
fn a_console_killed_between_approval_and_writing_goes_on_where_it_was() {
    let rules = Rules::new();
    let program = rules.program();
    program.create_topics();
    let console = Console::beside(&program);
    let process = console.start();
    let (author, second) = (analyst(&console, "wang"), approver(&console, "zhao"));
    let files = more_points(&rules);
    let path = proposed(&author, &files);
    approve_unprojected(&process, &second, &path);
    process.signal("KILL");
    process.ended();
    assert!(rules.read(RODENTS).contains("{ 15 }"), "its cases run first");
    // As if it had been killed later, between the two files.
    std::fs::write(rules.path().join(RODENTS), files[0]["text"].as_str().expect("a text")).expect("written");
    let again = console.start();
    let written = eventually_by(&[&again], "both files", || {
        let change = author.get(&path);
        let last = change["steps"].as_array()?.last()?["step"].clone();
        (last == "written").then_some(change)
    });
    assert_eq!(written["state"], "approved", "no engine runs that could take it");
    for file in files.as_array().expect("files") {
        assert_eq!(json!(rules.read(file["path"].as_str().expect("a path"))), file["text"]);
    }
    let left = std::fs::read_dir(rules.path().join("pests")).expect("a folder");
    assert_eq!(
        left.filter(|entry| entry.as_ref().is_ok_and(|one| one.file_name().to_string_lossy().starts_with('.'))).count(),
        0
    );
}

#[test]
fn a_folder_edited_after_the_approval_keeps_the_edit_and_loses_what_was_written_in_part() {
    let rules = Rules::new();
    let program = rules.program();
    program.create_topics();
    let console = Console::beside(&program);
    let process = console.start();
    let (author, second) = (analyst(&console, "wang"), approver(&console, "zhao"));
    let files = more_points(&rules);
    let path = proposed(&author, &files);
    approve_unprojected(&process, &second, &path);
    process.signal("KILL");
    process.ended();
    std::fs::write(rules.path().join(RODENTS), files[0]["text"].as_str().expect("a text")).expect("written");
    let cases = "cases/pests/rodent_sighted.toml";
    let edited = rules.read(cases) + "# edited outside\n";
    std::fs::write(rules.path().join(cases), &edited).expect("written");
    let again = console.start();
    let failed = in_state(&[&again], &author, &path, "failed");
    assert!(failed["failure"]["en"].as_str().is_some_and(|text| text.contains(cases)), "{failed}");
    assert!(rules.read(RODENTS).contains("{ 15 }"), "taken back");
    assert_eq!(rules.read(cases), edited);
}
