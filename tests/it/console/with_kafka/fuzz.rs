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
const TIME: u32 = 40;

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
    ids.iter().map(one).collect()
}

/// What of the contract is for people of these roles, and for strangers.
fn contract_for(roles: &[&str]) -> Value {
    let mut contract = contract();
    for methods in contract["paths"].as_object_mut().expect("paths").values_mut() {
        methods.as_object_mut().expect("methods").retain(|_, operation| {
            let of = operation["x-roles"].as_array().expect("roles");
            // Logging out would end the session that is used, and streams do not end.
            let is_left_out = ["logout", "events"].iter().any(|id| operation["operationId"] == *id);
            !is_left_out && (of.is_empty() || of.iter().any(|role| roles.iter().any(|one| role == one)))
        });
    }
    contract
}

/// What the fuzzer found wrong with the answers that a page of people of these roles gets; none.
fn fuzz(page: &Page, roles: &[&str], settings: &Path) -> Option<String> {
    let contract = settings.with_file_name(format!("{}.json", roles.join("-")));
    std::fs::write(&contract, contract_for(roles).to_string()).expect("written");
    let output = Command::new(schemathesis())
        .args(["--config-file", settings.to_str().expect("UTF-8"), "run"])
        .arg(contract)
        .arg("--url")
        .arg(format!("{}{PREFIX}", page.address()))
        .args(page.headers().iter().flat_map(|(name, value)| ["-H".to_owned(), format!("{name}: {value}")]))
        .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--seed", "12", "--max-examples", "60"])
        .args(["--max-time", &TIME.to_string(), "--request-timeout", "60", "--max-redirects", "0"])
        .args(["--rate-limit", "45/s", "--continue-on-failure", "--generation-database", "none", "--no-color"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
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

    let found: Vec<String> = std::thread::scope(|scope| {
        let people: [(&Page, &[&str]); 3] = [
            (&officer, &["officer", "reviewer"]),
            (&analyst, &["analyst", "approver"]),
            (&administrator, &["administrator"]),
        ];
        let settings = &settings_file;
        let people = people.map(|(page, roles)| scope.spawn(move || fuzz(page, roles, settings)));
        people.into_iter().filter_map(|one| one.join().expect("no panic")).collect()
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(console.stranger().probe("/healthz"), Some(200));
    assert_eq!(officer.get("/operators")["total"], 1);
}
