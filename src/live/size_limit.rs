//! What leaves fits into one Kafka message, whatever an operator's events hold: otherwise that operator alone would
//! stop everyone. Scores and warnings are cut step by step, and say so in `degraded`; dead letters are cut by
//! themselves.

use serde_json::{Map, Value, json};
use yujing_kafka::producer_record::{ProducerHeader, ProducerRecord};
use yujing_telemetry::kafka::RecordCut;

/// The header of a score or a warning that was cut: how many bytes it had.
const ORIGINAL_LENGTH: &str = "yujing.original_length";

/// Room that Kafka's own framing of one record may take.
pub(super) const FRAMING: usize = 512;

/// Where texts of any length may stand in a score or a warning; within a finding see [`IN_FINDINGS`].
const TEXTS: [&str; 4] = ["text", "features", "operator", "degraded"];
const IN_FINDINGS: [&str; 5] = ["title", "because", "basis", "action", "evidence"];

/// One way to make a record smaller.
struct Step {
    /// The most characters of a text.
    text: usize,
    /// The most events named behind a feature.
    events: usize,
    /// The most entries of `degraded`.
    reasons: usize,
    /// The parts that are emptied.
    emptied: &'static [&'static str],
}

/// Taken one after the other until the record fits: texts first, what a restore needs never.
const STEPS: [Step; 3] = [
    Step { text: 1_000, events: 20, reasons: 20, emptied: &[] },
    Step { text: 100, events: 3, reasons: 5, emptied: &[] },
    Step { text: 20, events: 0, reasons: 5, emptied: &["features", "offsets"] },
];

/// A score or a warning as it is, or cut if it is too large for one message.
pub(super) fn fit(mut record: ProducerRecord, message_max_bytes: usize) -> ProducerRecord {
    let (size, room) = (record.size(), message_max_bytes.saturating_sub(FRAMING));
    let Some(value) = record.value.take_if(|_| size > room) else { return record };
    record.headers.push(ProducerHeader::new(ORIGINAL_LENGTH, value.len().to_string()));
    let room_for_value = room.saturating_sub(record.size());
    record.value = Some(match serde_json::from_slice(&value) {
        Ok(body) => cut(body, value.len(), room_for_value),
        Err(_) => value,
    });
    record
}

/// What is to be reported of a record that was cut.
pub(super) fn cut_of(record: &ProducerRecord) -> Option<RecordCut> {
    let length = record.headers.iter().find(|header| header.name == ORIGINAL_LENGTH)?;
    let bytes = std::str::from_utf8(length.value.as_deref()?).ok()?.to_owned();
    let operator = String::from_utf8_lossy(record.key.as_deref().unwrap_or_default()).into_owned();
    Some(RecordCut { topic: record.topic.to_string(), operator, bytes })
}

/// A score or a warning in at most `room` bytes, which are at least [`LEAST_MESSAGE`](yujing_config::LEAST_MESSAGE)
/// without key and headers.
fn cut(mut body: Map<String, Value>, size: usize, room: usize) -> Vec<u8> {
    let reason = format!("the record had {size} bytes, too many for one Kafka message: it was cut");
    for step in &STEPS {
        step.take(&mut body);
        let bytes = with_reason(&body, &reason);
        if bytes.len() <= room {
            return bytes;
        }
    }
    // Nothing is left but the rules that fired, more than a ruleset should have.
    while let Some(Value::Array(findings)) = body.get_mut("findings").filter(|findings| **findings != json!([])) {
        findings.truncate(findings.len() / 2);
        let bytes = with_reason(&body, &reason);
        if bytes.len() <= room {
            return bytes;
        }
    }
    with_reason(&body, &reason)
}

impl Step {
    fn take(&self, body: &mut Map<String, Value>) {
        for name in self.emptied {
            body.entry(*name).and_modify(|part| *part = json!({}));
        }
        if let Some(Value::Array(reasons)) = body.get_mut("degraded") {
            reasons.truncate(self.reasons);
        }
        let findings = body.get_mut("findings").and_then(Value::as_array_mut);
        for finding in findings.into_iter().flatten().filter_map(Value::as_object_mut) {
            let evidence = finding.get_mut("evidence").and_then(Value::as_object_mut);
            for of_feature in evidence.into_iter().flat_map(Map::values_mut) {
                if let Some(Value::Array(newest)) = of_feature.get_mut("newest") {
                    newest.truncate(self.events);
                }
            }
            for name in IN_FINDINGS {
                finding.entry(name).and_modify(|part| self.shorten(part));
            }
        }
        for name in TEXTS {
            body.entry(name).and_modify(|part| self.shorten(part));
        }
    }

    fn shorten(&self, part: &mut Value) {
        match part {
            Value::String(text) => {
                if let Some(short) = yujing_core::feature::shortened(text, self.text) {
                    *text = short;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.shorten(item)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.shorten(value)),
            _ => {}
        }
    }
}

fn with_reason(body: &Map<String, Value>, reason: &str) -> Vec<u8> {
    let mut marked = body.clone();
    if let Some(Value::Array(reasons)) = marked.get_mut("degraded") {
        reasons.push(json!(reason));
    }
    serde_json::to_vec(&marked).expect("invariant: a JSON value can be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(change: impl FnOnce(&mut Value)) -> Map<String, Value> {
        let golden = include_str!("../core/warning/record/snapshots/yujing_core__warning__record__tests__opened.snap");
        let mut event = serde_json::from_str(golden.splitn(3, "---\n").nth(2).expect("a golden file")).expect("JSON");
        change(&mut event);
        event.as_object().expect("an object").clone()
    }

    #[test]
    fn a_long_text_is_cut_before_any_evidence_is_left_out() {
        let body = event(|event| event["findings"][0]["because"]["en"] = json!("x".repeat(2_000_000)));
        let cut: Value = serde_json::from_slice(&cut(body.clone(), 2_000_000, 900_000)).expect("JSON");
        assert_eq!(cut["findings"][0]["because"]["en"], json!("x".repeat(999) + "…"));
        assert_eq!(cut["findings"][0]["evidence"], body["findings"][0]["evidence"]);
        assert_eq!(cut["features"], body["features"]);
        assert_eq!(
            cut["degraded"],
            json!(["the record had 2000000 bytes, too many for one Kafka message: it was cut"])
        );
    }

    mod slow {
        use proptest::prelude::*;
        use serde_json::json;
        use yujing_config::LEAST_MESSAGE;
        use yujing_core::warning::WarningEvent;
        use yujing_core::warning::record::RestoredWarning;

        use super::{cut, event};

        proptest! {
            /// Texts, findings, evidence, reasons and features of any size.
            #[test]
            fn whatever_is_in_it_a_cut_event_fits_can_be_read_and_keeps_what_a_restore_needs(
                text in 0_usize..400_000,
                findings in 1_usize..300,
                events in 0_usize..3_000,
                reasons in 0_usize..2_000,
                features in 0_usize..2_000,
                offsets in 0_usize..5_000,
            ) {
                let long = "鼠".repeat(text);
                let body = event(|event| {
                    let mut finding = event["findings"][0].clone();
                    finding["because"]["zh"] = json!(long);
                    let one = finding["evidence"]["pest_complaints_7d"]["newest"][0].clone();
                    finding["evidence"]["pest_complaints_7d"]["newest"] = json!(vec![one; events.min(40)]);
                    event["findings"] = json!(vec![finding; findings.min(if text > 10_000 { 3 } else { 300 })]);
                    event["operator"]["name"] = json!(long);
                    event["degraded"] = json!(vec![long.get(..300).unwrap_or("x"); reasons]);
                    for feature in 0..features {
                        event["features"][format!("feature_{feature}")] = json!("x".repeat(100));
                    }
                    for partition in 0..offsets {
                        event["offsets"][format!("foodsafety.complaint.received.v1:{partition}")] = json!(1);
                    }
                });
                let room = LEAST_MESSAGE - 4_096;
                let bytes = cut(body.clone(), 1, room);
                prop_assert!(bytes.len() <= room, "{} bytes", bytes.len());
                let read: WarningEvent = serde_json::from_slice(&bytes).expect("it is still a warning");
                prop_assert!(read.degraded.last().is_some_and(|reason| reason.contains("it was cut")));
                let parse = |body: &[u8]| serde_json::from_slice::<RestoredWarning>(body).expect("a warning").into_score();
                let (whole, cut) = (parse(&serde_json::to_vec(&body).expect("JSON")), parse(&bytes));
                prop_assert_eq!((whole.standing, whole.operator_id, whole.as_of, whole.ruleset),
                    (cut.standing, cut.operator_id, cut.as_of, cut.ruleset));
            }
        }
    }
}
