//! A refused record on its way to the dead letter topic: byte for byte as it came, with headers that say where it came
//! from and what was wrong (`schemas/dead-letters.schema.json`). The common names are Kafka Connect's, so that usual
//! tools read them.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use yujing_base::digest::hex;
use yujing_core::engine::DeadLetter;
use yujing_core::feature::shortened;
use yujing_kafka::producer_record::{ProducerHeader, ProducerRecord, RecordBytes};

use super::size_limit::FRAMING;

/// The most characters of a text that explains a refusal: names of fields come from outside too.
const LONGEST_TEXT: usize = 1_000;
/// What is kept of a value that is cut, to show what it was.
const KEPT: usize = 64 * 1024;

/// The dead letter as a record for `topic`. What does not fit into `message_max_bytes` is cut: first the value, then
/// the original headers, then the key; lengths and SHA-256 of what was cut stand in headers.
pub fn encode(letter: &DeadLetter, topic: Arc<str>, message_max_bytes: usize) -> ProducerRecord {
    let record = &letter.record;
    let headers = record.headers.iter().map(ProducerHeader::from).collect();
    let key = record.key.clone().map(RecordBytes::from);
    let mut dead = ProducerRecord { topic, key, value: record.value.clone(), headers };
    let mut added = explanation(letter);
    let room = message_max_bytes.saturating_sub(FRAMING);
    for cut in [cut_value, cut_headers, cut_key] {
        if dead.size() + added.iter().map(ProducerHeader::size).sum::<usize>() <= room {
            break;
        }
        cut(&mut dead, &mut added, room);
    }
    dead.headers.append(&mut added);
    dead
}

fn explanation(letter: &DeadLetter) -> Vec<ProducerHeader> {
    let (record, refusal) = (&letter.record, &letter.refusal);
    let mut headers = vec![
        ProducerHeader::new("__connect.errors.topic", record.topic.to_string()),
        ProducerHeader::new("__connect.errors.partition", record.partition.to_string()),
        ProducerHeader::new("__connect.errors.offset", record.offset.to_string()),
        ProducerHeader::new("__connect.errors.stage", "VALUE_CONVERTER"),
        ProducerHeader::new("__connect.errors.class.name", "yujing::source::Decoder"),
        ProducerHeader::new("__connect.errors.exception.class.name", "yujing::source::Refusal"),
        ProducerHeader::new("__connect.errors.exception.message", short(refusal.to_string())),
        ProducerHeader::new("yujing.error.code", refusal.code.to_string()),
        ProducerHeader::new("yujing.error.pointer", short(refusal.pointer.clone())),
        ProducerHeader::new("yujing.error.expected", short(refusal.expected.clone())),
        ProducerHeader::new("yujing.engine.version", env!("CARGO_PKG_VERSION")),
    ];
    headers.extend(refusal.reason.map(|reason| ProducerHeader::new("yujing.error.reason", reason)));
    headers.extend(refusal.got.clone().map(|got| ProducerHeader::new("yujing.error.got", short(got))));
    headers
}

fn cut_value(dead: &mut ProducerRecord, added: &mut Vec<ProducerHeader>, room: usize) {
    let Some(value) = &mut dead.value else { return };
    added.push(ProducerHeader::new("yujing.error.original_length", value.len().to_string()));
    added.push(ProducerHeader::new("yujing.error.original_sha256", sha256(value)));
    value.truncate(KEPT.min(room / 2));
}

fn cut_headers(dead: &mut ProducerRecord, added: &mut Vec<ProducerHeader>, _room: usize) {
    added.push(ProducerHeader::new("yujing.error.original_headers", dead.headers.len().to_string()));
    dead.headers.clear();
}

fn cut_key(dead: &mut ProducerRecord, added: &mut Vec<ProducerHeader>, _room: usize) {
    let Some(key) = dead.key.take() else { return };
    added.push(ProducerHeader::new("yujing.error.original_key_length", key.len().to_string()));
    added.push(ProducerHeader::new("yujing.error.original_key_sha256", sha256(&key)));
}

fn short(text: String) -> String {
    shortened(&text, LONGEST_TEXT).unwrap_or(text)
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use yujing_core::source::{Header, Record, Refusal, RefusalCode, SourceId};

    use super::*;

    fn letter(key: usize, value: usize, headers: usize) -> DeadLetter {
        let original = Header { name: "x".to_owned(), value: Some(vec![b'h'; headers]) };
        DeadLetter {
            record: Record {
                source: SourceId(0),
                topic: "complaints".into(),
                partition: 3,
                offset: 42,
                timestamp: Timestamp::UNIX_EPOCH,
                key: Some(vec![b'k'; key]),
                value: Some(vec![b'v'; value]),
                headers: vec![original],
            },
            place: 0,
            refusal: Refusal {
                code: RefusalCode::NotJson,
                reason: None,
                pointer: String::new(),
                expected: "a JSON document".to_owned(),
                got: None,
            },
        }
    }

    fn text(dead: &ProducerRecord, name: &str) -> Option<String> {
        let header = dead.headers.iter().find(|header| header.name == name)?;
        Some(String::from_utf8_lossy(header.value.as_deref()?).into_owned())
    }

    #[test]
    fn what_fits_stays_byte_for_byte_with_its_own_headers_first() {
        let dead = encode(&letter(8, 1_000, 10), "complaints.dlq".into(), 1_000_000);
        assert_eq!(dead.key.as_deref(), Some(&[b'k'; 8][..]));
        assert_eq!(dead.value.as_deref(), Some(&[b'v'; 1_000][..]));
        assert_eq!(dead.headers[0].name, "x");
        assert_eq!(text(&dead, "__connect.errors.offset").as_deref(), Some("42"));
        assert_eq!(text(&dead, "yujing.error.code").as_deref(), Some("not_json"));
        assert_eq!(text(&dead, "yujing.error.original_length"), None);
    }

    #[test]
    fn whatever_is_said_of_it_a_dead_letter_fits_where_little_fits() {
        let limit = yujing_config::LEAST_MESSAGE;
        let mut letter = letter(2_000, 900_000, 900_000);
        letter.record.topic = "t".repeat(249).into();
        letter.refusal.pointer = format!("/{}", "名".repeat(300_000));
        letter.refusal.expected = "x".repeat(300_000);
        letter.refusal.got = Some("\u{1f400}".repeat(300_000));
        let dead = encode(&letter, "complaints.dlq".into(), limit);
        assert!(dead.size() <= limit - FRAMING, "{}", dead.size());
        let pointer = text(&dead, "yujing.error.pointer").expect("it is shown");
        assert!(pointer.starts_with("/名") && pointer.ends_with('…'), "{pointer}");
    }

    #[test]
    fn whatever_its_parts_a_dead_letter_fits() {
        let limit = 1_000_000;
        for (key, value, headers) in
            [(8, 5_000_000, 10), (8, 10, 5_000_000), (5_000_000, 10, 10), (9_000_000, 9_000_000, 9_000_000)]
        {
            let dead = encode(&letter(key, value, headers), "complaints.dlq".into(), limit);
            assert!(dead.size() <= limit - FRAMING, "key {key}, value {value}, headers {headers}: {}", dead.size());
            let length = text(&dead, "yujing.error.original_length").expect("the value was cut");
            assert_eq!(length, value.to_string());
            assert_eq!(text(&dead, "yujing.error.original_sha256"), Some(sha256(&vec![b'v'; value])));
            assert_eq!(text(&dead, "__connect.errors.topic").as_deref(), Some("complaints"));
        }
    }
}
