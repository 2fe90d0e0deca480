//! The event for another system, as it is on the topic: a CloudEvent in binary mode, signed by the rules of Standard
//! Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`).

use jiff::Timestamp;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::Sent;
use super::http::{HttpClient, Post};
use super::signature::hmac_sha256;
use crate::config::{Secret, Url};
use crate::notice::Letter;

/// The attributes that are sent, with their names as Kafka's headers and as HTTP's.
const ATTRIBUTES: [(&str, &str); 5] = [
    ("ce_specversion", "ce-specversion"),
    ("ce_source", "ce-source"),
    ("ce_type", "ce-type"),
    ("ce_subject", "ce-subject"),
    ("ce_time", "ce-time"),
];

/// What the HTTP binding of CloudEvents encodes in headers, besides what is not ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

pub(super) fn send(http: &HttpClient, url: &Url, secret: Option<&Secret>, letter: &Letter, now: Timestamp) -> Sent {
    let id = letter.notice.event_id();
    let mut headers = vec![("content-type", "application/json".to_owned()), ("ce-id", id.clone())];
    for (kafka, http) in ATTRIBUTES {
        let value = letter.header(kafka).map(|value| utf8_percent_encode(value, ENCODED).to_string());
        headers.extend(value.map(|value| (http, value)));
    }
    if let Some(secret) = secret {
        headers.extend(signature(secret, &id, &letter.body, now));
    }
    http.post(&Post { url, headers, body: &letter.body }, now).map(drop)
}

fn signature(secret: &Secret, id: &str, body: &[u8], now: Timestamp) -> [(&'static str, String); 3] {
    let second = now.as_second().to_string();
    let message = [id.as_bytes(), b".", second.as_bytes(), b".", body].concat();
    let signature = format!("v1,{}", hmac_sha256(secret.expose().as_bytes(), &message));
    [("webhook-id", id.to_owned()), ("webhook-timestamp", second), ("webhook-signature", signature)]
}
