//! A group robot of Feishu (飞书): a card in the colour of the level, whose texts are plain.

use jiff::Timestamp;
use serde_json::json;
use yujing_core::rule::Level;

use super::Sent;
use super::http::{HttpClient, Post};
use super::message::Message;
use super::robot::{cut, judge};
use super::signature::hmac_sha256;
use crate::config::{Secret, Url};

/// Bytes of a card's text; the robot takes 20 kB in all.
const MOST_BYTES: usize = 15_000;
/// "frequency limited", "too many requests".
const TOO_FAST: [i64; 2] = [11_232, 9_499];

pub(super) fn send(http: &HttpClient, url: &Url, secret: Option<&Secret>, message: &Message, now: Timestamp) -> Sent {
    let mut body = json!({
        "msg_type": "interactive",
        "card": {
            "header": { "template": colour(message.level), "title": { "tag": "plain_text", "content": message.title } },
            "elements": [
                { "tag": "div", "text": { "tag": "plain_text", "content": cut(&message.text(), MOST_BYTES) } },
            ],
        },
    });
    if let Some(secret) = secret {
        let second = now.as_second().to_string();
        let key = format!("{second}\n{}", secret.expose());
        body["sign"] = hmac_sha256(key.as_bytes(), b"").into();
        body["timestamp"] = second.into();
    }
    let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
    let answer = http.post(&Post { url, headers, body: body.to_string().as_bytes() }, now)?.body()?;
    judge(url, &answer, &TOO_FAST)
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::None => "grey",
        Level::Blue => "blue",
        Level::Yellow => "yellow",
        Level::Orange => "orange",
        Level::Red => "red",
    }
}
