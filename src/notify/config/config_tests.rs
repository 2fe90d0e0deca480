use std::path::Path;

use proptest::prelude::*;
use yujing_core::rule::Level;
use yujing_core::warning::Step;

use super::*;

const GOOD: &str = r#"
default = ["duty"]
[channels.duty]
kind = "wecom"
url = "https://robots.example/send?key=hunter2"
"#;

fn read(text: &str) -> Result<NotifyConfig, Diagnostics> {
    NotifyConfig::read(Path::new("notify.toml"), text)
}

/// The codes of what is wrong, and no secret in what is said.
fn codes(text: &str) -> Vec<(&'static str, Option<usize>)> {
    let found = read(text).expect_err(text);
    let said = format!("{found:?} {found}");
    assert!(!said.contains("hunter2"), "{said}");
    found.0.iter().map(|one| (one.code, one.position.map(|(line, _)| line))).collect()
}

#[test]
fn every_kind_of_mistake_is_told_with_its_place() {
    let with = |more: &str| format!("{GOOD}{more}");
    for (text, code, line) in [
        ("default = [", "notify/syntax", Some(1)),
        ("", "notify/syntax", Some(1)),
        ("default = []\n", "notify/nobody-told", Some(1)),
        (
            "default = [\"duti\"]\n[channels.duty]\nkind = \"wecom\"\nurl = \"http://a/\"\n",
            "notify/unknown-channel",
            Some(1),
        ),
        (&with("secrt = \"hunter2\"\n"), "notify/unknown-key", Some(6)),
        (&with("secret = \"hunter2hunter2hunter2\"\n"), "notify/unknown-key", Some(3)),
        (&with("per_minute = 0\n"), "notify/out-of-range", Some(3)),
        (&with("timeout = \"0s\"\n"), "notify/out-of-range", Some(3)),
        (&with("timeout = \"2m\"\n"), "notify/out-of-range", Some(3)),
        (&with("password = 7\n"), "notify/syntax", Some(6)),
        (&with("[retry]\nfirst = \"0s\"\n"), "notify/out-of-range", Some(6)),
        (&with("[retry]\nfirst = \"10m\"\n"), "notify/out-of-range", Some(6)),
        (&with("[retry]\ngive_up_after = \"0s\"\n"), "notify/out-of-range", Some(6)),
        (&with("[channels.Duty]\nkind = \"wecom\"\nurl = \"http://a/\"\n"), "notify/channel-name", Some(6)),
        (&with("[channels.x]\nkind = \"fax\"\n"), "notify/syntax", Some(7)),
        (&with("[channels.x]\nkind = \"feishu\"\n"), "notify/missing-key", Some(6)),
        (&with("[channels.x]\nkind = \"feishu\"\nurl = \"robots.example/hunter2\"\n"), "notify/address", Some(6)),
        (&with("[channels.x]\nkind = \"feishu\"\nurl = \"env:NO_SUCH_VARIABLE\"\n"), "notify/secret", Some(6)),
        (
            &with("[channels.x]\nkind = \"feishu\"\nurl = \"http://a/\"\nsecret = \"hunter2\"\n"),
            "notify/secret",
            Some(6),
        ),
        (&with("[[route]]\nposts = [\"gr*d\"]\nchannels = []\n"), "notify/post", Some(6)),
        (&with("[[route]]\nposts = [\"\"]\nchannels = []\n"), "notify/post", Some(6)),
        (&with("[[route]]\nchannels = [\"dut\"]\n"), "notify/unknown-channel", Some(6)),
        (&with("[[route]]\nleast_level = \"purple\"\nchannels = []\n"), "notify/syntax", Some(7)),
        (
            &with("[channels.m]\nkind = \"email\"\nhost = \"h\"\nfrom = \"a@b\"\nto = []\n"),
            "notify/missing-key",
            Some(6),
        ),
        (
            &with("[channels.m]\nkind = \"email\"\nhost = \"h\"\nfrom = \"a@b\"\nto = [\"张 <x@y>\"]\n"),
            "notify/address",
            Some(6),
        ),
        (
            &with(
                "[channels.m]\nkind = \"email\"\nsecurity = \"none\"\nhost = \"h\"\nfrom = \"a@b\"\nto = [\"a@b\"]\n\
                 username = \"u\"\npassword = \"hunter2\"\n",
            ),
            "notify/secret",
            Some(6),
        ),
        (
            &with("link = \"x\"\n").replace("default", "link = \"no page\"\ndefault").replace("link = \"x\"\n", ""),
            "notify/address",
            Some(2),
        ),
    ] {
        assert_eq!(codes(text), [(code, line)], "{text}");
    }
}

#[test]
fn the_file_that_ships_is_in_order_with_and_without_its_examples() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/notify.toml");
    let text = std::fs::read_to_string(&path).expect("it ships");
    let plain = read(&text).expect("in order");
    assert_eq!((plain.channels.len(), plain.routes.len()), (1, 0));
    // Its examples read secrets from the environment; a file stands for it here.
    let secret = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(secret.path(), "https://robots.example/send?key=hunter2\n").expect("written");
    let is_example = |line: &&str| {
        line.starts_with("# [")
            || line.split_once(" = ").is_some_and(|(key, _)| {
                key.strip_prefix("# ")
                    .is_some_and(|key| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
            })
    };
    let uncommented: Vec<&str> = text.lines().map(|line| if is_example(&line) { &line[2..] } else { line }).collect();
    let file = format!("file:{}", secret.path().display());
    let mut shown = uncommented.join("\n").replace("file:/run/secrets/notify-duty", &file);
    for name in ["WECOM_URL", "DINGTALK_URL", "DINGTALK_SECRET", "FEISHU_URL", "FEISHU_SECRET", "MAIL_PASSWORD"] {
        assert!(shown.contains(name), "{name}");
        shown = shown.replace(&format!("env:NOTIFY_{name}"), &file);
    }
    let all = read(&shown).expect("in order");
    let kinds: Vec<&str> = all.channels.values().map(|channel| channel.kind.as_str()).collect();
    assert_eq!(kinds, ["email", "cloudevents", "wecom", "feishu", "dingtalk"]);
    assert_eq!(all.routes.len(), 4);
    assert!(!format!("{all:?}").contains("hunter2"));
}

#[test]
fn the_first_route_that_fits_decides() {
    let config = read(&format!(
        "{GOOD}[channels.a]\nkind = \"wecom\"\nurl = \"http://a/\"\n\
         [[route]]\nposts = [\"grid/*\"]\nsteps = [\"amended\"]\nchannels = []\n\
         [[route]]\nposts = [\"grid/*\", \"health\"]\nleast_level = \"orange\"\nchannels = [\"a\", \"duty\"]\n"
    ))
    .expect("in order");
    let told = |post, step, level| config.channels_of(post, step, level).join(" ");
    assert_eq!(told("grid/东一", Step::Opened, Level::Red), "a duty");
    assert_eq!(told("health", Step::Opened, Level::Orange), "a duty");
    assert_eq!(told("health/x", Step::Opened, Level::Red), "duty");
    assert_eq!(told("grid/东一", Step::Opened, Level::Yellow), "duty");
    assert_eq!(told("grid/东一", Step::Amended, Level::Red), "");
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in "(?s).{0,200}") {
        let _ = read(&text);
        let _ = read(&format!("{GOOD}{text}"));
    }
}
