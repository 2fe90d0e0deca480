//! Engine and `yujing notify` together: a warning is told over HTTP, and that it was told stands in its handling.

use serde_json::{Value, json};

use crate::support::handled_ruleset::handled_ruleset;
use crate::support::kafka::{eventually, read_committed};
use crate::support::notify::Notify;
use crate::support::program::Program;
use crate::support::receiver::{Receiver, Reply};

const OPERATOR: &str = "XC-A";

/// The handling of the operator's open warning by its newest score.
fn handling(program: &Program) -> Option<Value> {
    let scores = read_committed(program.value("TOPICS__SCORES"));
    let newest = scores.iter().rfind(|score| score.key.as_deref() == Some(OPERATOR.as_bytes()))?;
    let score: Value = serde_json::from_slice(newest.value.as_deref()?).expect("JSON");
    Some(score["standing"]["warning"]["handling"].clone())
}

#[test]
fn a_warning_is_told_over_http_and_its_receipt_stands_in_its_handling() {
    let receiver = Receiver::start(|_| Reply::status(200));
    let rules = handled_ruleset();
    let mut program = Program::new();
    let folder = rules.path().to_str().expect("UTF-8").to_owned();
    program.environment.push(("YUJING__PATHS__RULES".to_owned(), folder));
    let url = receiver.url("/");
    let channels = format!("default = [\"duty\"]\n[channels.duty]\nkind = \"cloudevents\"\nurl = \"{url}\"\n");
    let notify = Notify::on(program, &channels);
    let program = &notify.program;
    let _engine = program.start();
    program.wait_until_ready();
    let _process = notify.start();

    program.complain(OPERATOR, 0, 3);
    let receipts = eventually("a receipt in the handling", || {
        let handling = handling(program)?;
        handling["receipts"].as_array().filter(|receipts| !receipts.is_empty()).cloned()
    });
    let receipt = |name: &str| receipts[0][name].clone();
    assert_eq!(
        [receipt("post"), receipt("channel"), receipt("sequence")],
        [json!("district"), json!("duty"), json!(1)]
    );
    let told: Value = serde_json::from_slice(&receiver.got()[0].body).expect("JSON");
    assert_eq!((&told["step"], &told["operator_id"]), (&json!("opened"), &json!(OPERATOR)));
    let handling = handling(program).expect("a score");
    assert_eq!((&handling["state"], &handling["steps"]), (&json!("new"), &Value::Null), "to be told is no step");
    let (code, out, err) = program.run(&["explain", OPERATOR]);
    assert!(code == Some(0) && out.contains("送达") && out.contains("duty"), "{out}{err}");
}
