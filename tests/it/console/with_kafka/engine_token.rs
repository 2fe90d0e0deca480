//! A console beside an engine that asks for a token.

use serde_json::{Value, json};

use super::{OFFICER, engine, warning};
use crate::support::console::{Console, Page};
use crate::support::kafka::eventually;
use crate::support::program::{Program, SCHOOL};

const RIGHT: &str = "0123456789abcdef0123456789abcdef-right";
const WRONG: &str = "0123456789abcdef0123456789abcdef-wrong";

/// What pages show that the engine has to be asked for.
fn shown(page: &Page) -> (u16, Value, Value, Value) {
    let (status, explanation) = page.ask("GET", &format!("/operators/{SCHOOL}/explanation"), None);
    let timeline = page.get(&format!("/operators/{SCHOOL}/timeline"));
    (status, explanation["code"].clone(), timeline["with_events"].clone(), page.get("/engine")["state"].clone())
}

#[test]
fn pages_say_that_the_engine_refuses_the_token_and_neither_token_is_shown() {
    let mut program = Program::new();
    let mut set = |name: &str, value: &str| {
        program.environment.retain(|(known, _)| known != name);
        program.environment.push((name.to_owned(), value.to_owned()));
    };
    set("YUJING__SERVER__READ_TOKENS", "env:ENGINES_TOKEN");
    set("ENGINES_TOKEN", RIGHT);
    set("YUJING__CONSOLE__ENGINE_TOKEN", "env:CONSOLES_TOKEN");
    set("CONSOLES_TOKEN", RIGHT);
    let _engine = engine(&program);
    let console = Console::beside(&program);
    let process = console.start();
    let officer = console.account("zhang", &OFFICER);
    warning(&officer);
    let right = eventually("the engine", || Some(shown(&officer)).filter(|(.., state)| state == "ready"));
    assert_eq!(right, (200, Value::Null, json!(true), json!("ready")));
    process.signal("TERM");
    process.ended();
    let mut folder = console.folder;

    for token in [WRONG, ""] {
        let mut other = program.clone();
        other.environment.retain(|(name, _)| name != "CONSOLES_TOKEN" && !name.ends_with("ENGINE_TOKEN"));
        if !token.is_empty() {
            other.environment.push(("YUJING__CONSOLE__ENGINE_TOKEN".to_owned(), "env:CONSOLES_TOKEN".to_owned()));
            other.environment.push(("CONSOLES_TOKEN".to_owned(), token.to_owned()));
        }
        let console = Console::in_folder(&other, folder);
        let process = console.start();
        let (status, _, officer) =
            console.stranger().logged_in("/session", &json!({ "name": "zhang", "password": "correct horse battery" }));
        assert_eq!(status, 200);
        let refused = eventually("the state", || Some(shown(&officer)).filter(|(.., state)| state != "unknown"));
        assert_eq!(refused, (503, json!("engine_token"), json!(false), json!("token_refused")), "{token}");
        let (_, said) = officer.ask("GET", &format!("/operators/{SCHOOL}/explanation"), None);
        assert!(said["text"]["zh"].as_str().is_some_and(|zh| zh.contains("令牌")), "{said}");
        // What needs no engine stays.
        assert_eq!(officer.get("/inbox")["items"].as_array().map(Vec::len), Some(1));
        process.signal("TERM");
        let (code, log) = process.ended();
        assert!(code == Some(0) && log.contains("`console.engine_token`"), "{log}");
        for secret in [RIGHT, WRONG] {
            assert!(!log.contains(secret) && !said.to_string().contains(secret), "{log}");
        }
        folder = console.folder;
    }

    let mut unreadable = program.clone();
    unreadable.environment.retain(|(name, _)| name != "CONSOLES_TOKEN");
    let (code, _, said) = Console::in_folder(&unreadable, folder).run(&["console"]);
    assert!(code == Some(78) && said.contains("`console.engine_token`"), "{said}");
}
