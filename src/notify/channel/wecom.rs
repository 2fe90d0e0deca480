//! A group robot of WeCom (企业微信): a plain text, in which nothing that others wrote is read as markup.

use jiff::Timestamp;
use serde_json::json;

use super::Sent;
use super::http::{HttpClient, Post};
use super::message::Message;
use super::robot::{cut, judge};
use crate::config::Url;

/// Bytes of a text that the robot takes.
const MOST_BYTES: usize = 2_048;
/// "api freq out of limit".
const TOO_FAST: [i64; 1] = [45_009];

pub(super) fn send(http: &HttpClient, url: &Url, message: &Message, now: Timestamp) -> Sent {
    let body = json!({ "msgtype": "text", "text": { "content": cut(&message.text(), MOST_BYTES) } }).to_string();
    let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
    let answer = http.post(&Post { url, headers, body: body.as_bytes() }, now)?.body()?;
    judge(url, &answer, &TOO_FAST)
}
