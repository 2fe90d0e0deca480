//! How robots answer: with 200 and a number, which is 0 if the message was taken.

use std::time::Duration;

use serde::Deserialize;
use yujing_base::escape;

use super::{Sent, failed};
use crate::config::Url;
use crate::queue::Outcome;

/// After "too fast" a robot takes nothing for the rest of the minute.
const PAUSE: Duration = Duration::from_mins(1);
/// The most characters of a robot's words that are shown.
const LONGEST_WORDS: usize = 200;

#[derive(Debug, Deserialize)]
struct RobotAnswer {
    #[serde(alias = "errcode")]
    code: i64,
    #[serde(default, alias = "errmsg")]
    msg: String,
}

/// What an answer means; `too_fast` are the robot's numbers for messages that came too fast. Anything else is tried
/// again: what robots refuse mostly is how they are set up (a keyword, a signature, addresses), which somebody mends.
pub(super) fn judge(url: &Url, answer: &[u8], too_fast: &[i64]) -> Sent {
    let Ok(RobotAnswer { code, msg }) = serde_json::from_slice(answer) else {
        return Err(failed(format!("the answer of {url} is not a robot's")));
    };
    if code == 0 {
        return Ok(());
    }
    let words: String = msg.chars().take(LONGEST_WORDS).collect();
    let reason = format!("{url} answers {code} ({})", escape::line(&words));
    Err(Outcome::Failed { reason, pause: too_fast.contains(&code).then_some(PAUSE) })
}

/// A text of at most so many bytes, cut between characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    const MARK: &str = "…";
    if text.len() <= most {
        return text.to_owned();
    }
    let mut end = most - MARK.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{MARK}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_other_than_zero_is_a_failure_and_too_fast_asks_for_a_pause() {
        let url = Url::parse("https://robots.example/send?key=hunter2").expect("an address");
        let judged = |answer: &str| judge(&url, answer.as_bytes(), &[45_009]);
        assert_eq!(judged(r#"{"errcode":0,"errmsg":"ok"}"#), Ok(()));
        assert_eq!(judged(r#"{"code":0,"msg":"success","data":{}}"#), Ok(()));
        for (answer, pause) in [
            (r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#, Some(PAUSE)),
            (r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, None),
            ("<html>sign in</html>", None),
            ("{}", None),
        ] {
            let Err(Outcome::Failed { reason, pause: asked }) = judged(answer) else { panic!("{answer}") };
            assert_eq!(asked, pause, "{answer}");
            assert!(!reason.contains("hunter2"), "{reason}");
        }
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("预警", 6), "预警");
        assert_eq!(cut("预警预警", 8), "预…");
        assert_eq!(cut("abcdef", 5), "ab…");
    }
}
