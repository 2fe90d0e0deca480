//! Every kind of channel against real HTTP servers: what they are sent, and what their answers mean.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};
use yujing_core::source::Header;
use yujing_notify::NotifyConfig;
use yujing_notify::channel::{Channel, Surroundings};
use yujing_notify::delivery::deliveries;
use yujing_notify::notice::{Letter, Notice, Place};
use yujing_notify::queue::{Attempt, Outcome};

use super::event;
use crate::support::port::free_port;
use crate::support::receiver::{Receiver, Reply};

const SECRET: &str = "a-secret-of-the-far-side";

/// One try of an event through a channel of these keys.
fn send(keys: &str) -> Outcome {
    let text = format!("default = [\"x\"]\nlink = \"https://console.example/w/{{warning_id}}\"\n[channels.x]\n{keys}");
    let config = NotifyConfig::read(Path::new("notify.toml"), &text).expect("in order");
    let channel = Channel::new(&config.channels["x"], &Surroundings::new(None, config.link.clone())).expect("made");
    let body = event(7, 3, &["grid/东一", "health"]).to_string().into_bytes();
    let header = |name: &str, value: &str| Header { name: name.to_owned(), value: Some(value.as_bytes().to_vec()) };
    let letter = Letter {
        place: Place { partition: 0, offset: 0 },
        notice: Notice::parse(&body).expect("an event"),
        body,
        headers: vec![header("ce_specversion", "1.0"), header("ce_source", "urn:x"), header("ce_subject", "示例 1")],
    };
    let delivery = deliveries(&letter.notice, &config).remove(0);
    let now = "2026-03-01T18:21:05Z".parse::<Timestamp>().expect("an instant");
    channel.send(&Attempt { letter: Arc::new(letter), delivery, number: 1 }, now)
}

fn cloud_events(url: &str) -> String {
    format!("kind = \"cloudevents\"\nurl = \"{url}\"\ntimeout = \"10s\"\n")
}

fn hmac(key: &[u8], message: &[u8]) -> String {
    let script = "import base64,hmac,sys;k,m=[bytes.fromhex(a) for a in sys.argv[1:]];\
                  print(base64.b64encode(hmac.new(k,m,'sha256').digest()).decode())";
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let output = std::process::Command::new("python3").args(["-c", script, &hex(key), &hex(message)]).output();
    String::from_utf8(output.expect("python3 runs").stdout).expect("UTF-8").trim().to_owned()
}

#[rstest]
#[case::taken(Reply::status(204), None, None)]
#[case::taken_with_a_long_answer(Reply::json(&"x".repeat(200_000)), None, None)]
#[case::a_message_that_is_wrong(Reply::status(400), Some(false), None)]
#[case::too_large(Reply::status(413), Some(false), None)]
#[case::gone(Reply::status(410), Some(false), None)]
#[case::no_right(Reply::status(403), Some(true), None)]
#[case::not_there_yet(Reply::status(404), Some(true), None)]
#[case::down(Reply::status(500), Some(true), None)]
#[case::away_for_a_while(Reply::status(503).header("retry-after", "7"), Some(true), Some(7))]
#[case::too_fast(Reply::status(429), Some(true), Some(30))]
#[case::too_fast_until(Reply::status(429).header("retry-after", "Sun, 01 Mar 2026 18:22:05 GMT"), Some(true), Some(60))]
#[case::to_a_sign_in_page(Reply::status(302).header("location", "/login"), Some(true), None)]
#[case::to_nowhere(Reply::status(307), Some(true), None)]
#[case::a_head_without_end(Reply::status(200).header("x", &"y".repeat(100_000)), Some(true), None)]
#[case::hangs(Reply::Hang(Duration::from_mins(1)), Some(true), None)]
#[case::breaks_off(Reply::Close, Some(true), None)]
fn an_answer_says_whether_to_try_again(#[case] reply: Reply, #[case] again: Option<bool>, #[case] pause: Option<u64>) {
    let receiver = Receiver::start(move |_| reply.clone());
    let began = Instant::now();
    let outcome = send(&cloud_events(&receiver.url("/hook?key=hunter2")));
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    match (&outcome, again) {
        (Outcome::Delivered, None) | (Outcome::Refused { .. }, Some(false)) => {}
        (Outcome::Failed { pause: asked, .. }, Some(true)) => {
            assert_eq!(asked.map(|asked| asked.as_secs()), pause, "{outcome:?}");
        }
        _ => panic!("{outcome:?}"),
    }
    assert!(!format!("{outcome:?}").contains("hunter2"), "{outcome:?}");
    assert_eq!(receiver.got().len(), 1);
}

#[test]
fn nothing_listens_and_no_such_host_are_failures() {
    for url in [format!("http://127.0.0.1:{}/", free_port()), "http://no-such-host.invalid/".to_owned()] {
        let outcome = send(&cloud_events(&url));
        assert!(matches!(outcome, Outcome::Failed { pause: None, .. }), "{outcome:?}");
    }
}

#[test]
fn a_redirect_is_followed_on_the_same_server_with_the_same_request_and_to_no_other() {
    let other = Receiver::start(|_| Reply::status(200));
    let elsewhere = other.url("/");
    let receiver = Receiver::start(move |request| match &*request.path {
        "/moved" => Reply::status(308).header("location", "/here"),
        "/here" => Reply::status(200),
        "/circle" => Reply::status(307).header("location", "/circle"),
        _ => Reply::status(307).header("location", &elsewhere),
    });
    assert_eq!(send(&cloud_events(&receiver.url("/moved"))), Outcome::Delivered);
    let got = receiver.got();
    assert_eq!(got.iter().map(|request| &*request.path).collect::<Vec<_>>(), ["/moved", "/here"]);
    assert_eq!((&got[0].body, &got[0].headers["ce-id"]), (&got[1].body, &got[1].headers["ce-id"]));
    for path in ["/circle", "/elsewhere"] {
        let outcome = send(&cloud_events(&receiver.url(path)));
        assert!(matches!(outcome, Outcome::Failed { pause: None, .. }), "{path}: {outcome:?}");
    }
    assert_eq!(other.got().len(), 0, "another server gets nothing");
    assert!(receiver.got().len() < 10, "a circle ends");
}

#[test]
fn another_system_gets_the_record_as_it_is_and_a_signature() {
    let receiver = Receiver::start(|_| Reply::status(202));
    let keys = format!("{}secret = \"{SECRET}\"\n", cloud_events(&receiver.url("/hook")));
    assert_eq!(send(&keys), Outcome::Delivered);
    let got = receiver.got().remove(0);
    assert_eq!(got.body, event(7, 3, &["grid/东一", "health"]).to_string().into_bytes());
    let id = "00000000-0000-0000-0000-000000000007:3";
    for (name, value) in [
        ("content-type", "application/json"),
        ("ce-id", id),
        ("ce-specversion", "1.0"),
        ("ce-source", "urn:x"),
        ("ce-subject", "%E7%A4%BA%E4%BE%8B%201"),
        ("webhook-id", id),
        ("webhook-timestamp", "1772389265"),
    ] {
        assert_eq!(got.headers.get(name).map(String::as_str), Some(value), "{name}");
    }
    let signed = [format!("{id}.1772389265.").as_bytes(), &got.body].concat();
    assert_eq!(got.headers["webhook-signature"], format!("v1,{}", hmac(SECRET.as_bytes(), &signed)));
}

#[test]
fn robots_get_plain_texts_that_say_who_is_to_act_until_when() {
    let receiver = Receiver::start(|_| Reply::json(r#"{"errcode":0,"errmsg":"ok"}"#));
    let url = receiver.url("/send?key=1");
    assert_eq!(send(&format!("kind = \"wecom\"\nurl = \"{url}\"\n")), Outcome::Delivered);
    let body: Value = serde_json::from_slice(&receiver.got()[0].body).expect("JSON");
    let expected = "【红色预警·发布】示例小学食堂：<at user_id=\"all\">\\u{202e}\n签收时限：2026年3月2日02时36分\n\
                    处置岗位：grid/东一岗\n抄送：health岗\n预警编号：00000000-0000-0000-0000-000000000007（第3条）\n\
                    详情：https://console.example/w/00000000-0000-0000-0000-000000000007";
    assert_eq!(body, json!({ "msgtype": "text", "text": { "content": expected } }));

    let english = format!("kind = \"dingtalk\"\nurl = \"{url}\"\nsecret = \"{SECRET}\"\nlanguage = \"en\"\n");
    assert_eq!(send(&english), Outcome::Delivered);
    let got = receiver.got().remove(1);
    let signature = hmac(SECRET.as_bytes(), format!("1772389265000\n{SECRET}").as_bytes());
    let encoded = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    assert_eq!(got.path, format!("/send?key=1&timestamp=1772389265000&sign={encoded}"));
    let body: Value = serde_json::from_slice(&got.body).expect("JSON");
    let text = body["text"]["content"].as_str().expect("a text");
    assert!(text.contains("\nAcknowledge by: 2026-03-02 02:36 Beijing time\nPost to act: post grid/东一\n"), "{text}");
}

#[test]
fn feishu_gets_a_card_in_the_colour_of_the_level_with_its_signature_in_the_body() {
    let receiver = Receiver::start(|_| Reply::json(r#"{"code":0,"msg":"success"}"#));
    let keys = format!("kind = \"feishu\"\nurl = \"{}\"\nsecret = \"{SECRET}\"\n", receiver.url("/hook/1"));
    assert_eq!(send(&keys), Outcome::Delivered);
    let body: Value = serde_json::from_slice(&receiver.got()[0].body).expect("JSON");
    assert_eq!((&body["msg_type"], &body["timestamp"]), (&json!("interactive"), &json!("1772389265")));
    assert_eq!(body["sign"], hmac(format!("1772389265\n{SECRET}").as_bytes(), b""));
    let card = &body["card"];
    assert_eq!(card["header"]["template"], "red");
    assert_eq!(card["header"]["title"], json!({ "tag": "plain_text", "content": "食品安全红色预警·发布" }));
    assert_eq!(card["elements"][0]["text"]["tag"], "plain_text", "nothing that others wrote is markup");
}

#[rstest]
#[case("wecom", r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#, Some(60))]
#[case("wecom", r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, None)]
#[case("dingtalk", r#"{"errcode":130101,"errmsg":"send too fast"}"#, Some(60))]
#[case("dingtalk", r#"{"errcode":310000,"errmsg":"sign not match"}"#, None)]
#[case("feishu", r#"{"code":11232,"msg":"frequency limited"}"#, Some(60))]
#[case("feishu", r#"{"code":19021,"msg":"sign match fail"}"#, None)]
#[case("feishu", "not json", None)]
fn a_robots_number_says_that_it_did_not_take_the_message(
    #[case] kind: &str,
    #[case] answer: &'static str,
    #[case] pause: Option<u64>,
) {
    let receiver = Receiver::start(move |_| Reply::json(answer));
    let outcome = send(&format!("kind = \"{kind}\"\nurl = \"{}\"\n", receiver.url("/")));
    let Outcome::Failed { pause: asked, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(asked.map(|asked| asked.as_secs()), pause, "{outcome:?}");
}
