//! `yujing report`: what it refuses, and a month on a real Kafka, in a browser too.

use rstest::rstest;

use crate::support::program::{Program, nowhere};

mod story;
mod with_browser;
mod with_kafka;

#[rstest]
#[case::words("next", "`next` is no month")]
#[case::no_month("2026-13", "`2026-13` is no month")]
#[case::a_day("2026-03-01", "`2026-03-01` is no month")]
#[case::future("2999-01", "2999-01 has not begun")]
fn a_month_that_is_none_is_refused_before_anything_is_read(#[case] month: &str, #[case] expected: &str) {
    let (code, out, err) = Program::on(&nowhere()).run(&["report", "--month", month, "--lang", "en"]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains(expected), "{err}");
}

#[test]
fn a_broker_that_is_away_is_said_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("report");
    let servers = nowhere();
    let arguments = ["report", "--month", "2026-03", "--lang", "en", "--out", out.to_str().expect("UTF-8")];
    let (code, _, err) = Program::on(&servers).run(&arguments);
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains(&servers) && err.contains("cannot be read"), "{err}");
    assert!(!out.exists());
}
