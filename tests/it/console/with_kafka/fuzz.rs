//! The console against requests that nobody thought of. The fuzzer makes them from `console/openapi.json`, as people of each
//! kind: nothing ends in a fault or hangs, and every answer is one that the contract names for its request.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{OFFICER, contract, engine, warning};
use crate::support::console::{Console, PREFIX, Page};
use crate::support::folder::copy_folder;
use crate::support::fuzzer::schemathesis;
use crate::support::program::{Program, SCHOOL};

/// How long each kind of people is at it, in seconds; they are at it at once.
const TIME: u32 = 60;

/// What a process of its own looks into, which takes far longer than everything else: a few requests each.
const SLOW: [&str; 4] = ["/rules/check", "/rules/cases", "/rules/template", "/rules/changes/{id}/examination"];

/// What holds of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
                      response_headers_conformance";

/// Ids that are there, for requests that get further than to a 404.
fn settings(ids: &[(&str, &[&str])]) -> String {
    let one = |(parameter, values): &(&str, &[&str])| {
        let values = json!(values);
        format!(
            "[dictionaries.{parameter}]\nvalues = {values}\n\
             [parameters.{parameter}]\ndictionary = \"{parameter}\"\nprobability = 0.7\n"
        )
    };
    let slow = json!(SLOW);
    let few = format!(
        "[[operations]]\ninclude-path = {slow}\ngeneration.max-examples = 3\nphases.coverage.enabled = false\n"
    );
    ids.iter().map(one).chain([few]).collect()
}

/// The part of the contract that is for people of these roles and for strangers, of paths that are wanted.
fn contract_for(roles: &[&str], wanted: impl Fn(&str) -> bool) -> Value {
    let mut contract = contract();
    for (path, methods) in contract["paths"].as_object_mut().expect("paths") {
        methods.as_object_mut().expect("methods").retain(|_, operation| {
            let of = operation["x-roles"].as_array().expect("roles");
            // Logging out would end the session that is used, and streams do not end.
            let is_left_out = ["logout", "events"].iter().any(|id| operation["operationId"] == *id);
            !is_left_out && wanted(path) && (of.is_empty() || of.iter().any(|role| roles.iter().any(|one| role == one)))
        });
    }
    contract
}

/// What the fuzzer found wrong with the answers that a page gets, asked by a contract for so many seconds; none.
fn fuzz(page: &Page, contract: &Value, settings: &Path, time: u32) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("contract.json");
    std::fs::write(&file, contract.to_string()).expect("written");
    let output = Command::new(schemathesis())
        .args(["--config-file", settings.to_str().expect("UTF-8"), "run"])
        .arg(&file)
        .arg("--url")
        .arg(format!("{}{PREFIX}", page.address()))
        .args(page.headers().iter().flat_map(|(name, value)| ["-H".to_owned(), format!("{name}: {value}")]))
        .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--seed", "12", "--max-examples", "60"])
        .args(["--max-time", &time.to_string(), "--request-timeout", "60", "--max-redirects", "0"])
        .args(["--rate-limit", "45/s", "--continue-on-failure", "--generation-database", "none", "--no-color"])
        // What it remembers stays there.
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (!output.status.success()).then(|| said.into_owned())
}

#[test]
fn no_request_ends_in_a_fault_and_answers_are_those_of_the_contract() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rules = folder.path().join("rules");
    copy_folder(Path::new("rules"), &rules);
    // Running them all takes a minute, and nothing here is about them.
    std::fs::remove_dir_all(rules.join("cases")).expect("removed");
    let mut program = Program::new();
    for name in ["PATHS__RULES", "CONSOLE__RULES"] {
        program.environment.push((format!("YUJING__{name}"), rules.to_str().expect("UTF-8").to_owned()));
    }
    let _engine = engine(&program);
    let console = Console::beside(&program);
    let _process = console.start();
    let officer = console.account("zhang", &[&OFFICER[..], &["--role", "reviewer"]].concat());
    let analyst = console.account("li", &["--role", "analyst", "--role", "approver", "--area", "/"]);
    let administrator = console.account("root", &["--role", "administrator"]);
    // Somebody whose account the administrator may play with.
    let guinea_pig = console.account("guinea-pig", &["--role", "viewer"]).get("/session")["account"]["id"].clone();
    let warning_id = warning(&officer)["warning_id"].clone();
    let file = json!({ "path": "pests/made_up.rhai", "text": "//! id = \"made_up\"\n" });
    let (status, change) =
        analyst.post("/rules/changes", &json!({ "title": "a change", "reason": "r", "files": [file] }));
    assert_eq!(status, 201, "{change}");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (warning_id, change, account) = (text(&warning_id), text(&change["id"]), text(&guinea_pig));
    let settings_file = folder.path().join("schemathesis.toml");
    let ids: [(&str, &[&str]); 3] =
        [("warning_id", &[&warning_id]), ("operator_id", &[SCHOOL]), ("id", &[&change, &account])];
    std::fs::write(&settings_file, settings(&ids)).expect("written");

    // Whoever may change accounts would end the sessions of the others: that comes last.
    let is_account = |path: &str| path.starts_with("/accounts/");
    let people: [(&Page, &[&str]); 3] = [
        (&officer, &["officer", "reviewer"]),
        (&analyst, &["analyst", "approver"]),
        (&administrator, &["administrator"]),
    ];
    let settings_path = settings_file.as_path();
    let mut found: Vec<String> = std::thread::scope(|scope| {
        let asked = people.map(|(page, roles)| {
            let contract = contract_for(roles, |path| !is_account(path));
            scope.spawn(move || fuzz(page, &contract, settings_path, TIME))
        });
        asked.into_iter().filter_map(|one| one.join().expect("no panic")).collect()
    });
    found.extend(fuzz(&administrator, &contract_for(&["administrator"], is_account), settings_path, TIME / 4));
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(console.account("wang", &OFFICER).get("/operators")["total"], 1, "all is there, and people come in");
}
