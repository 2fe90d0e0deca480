//! A group robot of DingTalk (钉钉): a plain text; the signature stands in the address.

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::http::{HttpClient, Post};
use super::message::Message;
use super::robot::{cut, judge};
use super::signature::hmac_sha256;
use super::{Sent, failed};
use crate::config::{Secret, Url};

/// Bytes of a text that the robot takes.
const MOST_BYTES: usize = 20_000;
/// "send too fast".
const TOO_FAST: [i64; 1] = [130_101];

pub(super) fn send(http: &HttpClient, url: &Url, secret: Option<&Secret>, message: &Message, now: Timestamp) -> Sent {
    let signed = secret.map_or_else(|| Some(url.clone()), |secret| signed(url, secret, now));
    let signed = signed.ok_or_else(|| failed(format!("the address of {url} cannot be signed")))?;
    let body = json!({ "msgtype": "text", "text": { "content": cut(&message.text(), MOST_BYTES) } }).to_string();
    let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
    let answer = http.post(&Post { url: &signed, headers, body: body.as_bytes() }, now)?.body()?;
    judge(url, &answer, &TOO_FAST)
}

/// The address with the milliseconds and their signature behind it.
fn signed(url: &Url, secret: &Secret, now: Timestamp) -> Option<Url> {
    let milliseconds = now.as_millisecond();
    let signed = format!("{milliseconds}\n{}", secret.expose());
    let signature = hmac_sha256(secret.expose().as_bytes(), signed.as_bytes());
    let signature = utf8_percent_encode(&signature, NON_ALPHANUMERIC);
    let joint = if url.expose().query().is_some() { '&' } else { '?' };
    Url::parse(&format!("{}{joint}timestamp={milliseconds}&sign={signature}", url.expose()))
}
