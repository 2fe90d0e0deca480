//! Dead letters as other clients read them.

use jiff::Timestamp;
use yujing_core::engine::{DeadLetter, Output};
use yujing_core::source::{Header, Record, Refusal, RefusalCode, SourceId};
use yujing_kafka::{Transaction, Transactions as _};
use yujing_live::encoder::Encoder;

use crate::support::adapter::{config, transactions};
use crate::support::kafka::{create_topic, read_committed, unique};

const SHA256_OF_HUGE: &str = "ff2bb758455cfaaea711fd38e8b5ad2f9693bdd73f054257addb67aa732fbc56";

fn letter(topic: &str, value: Vec<u8>) -> DeadLetter {
    DeadLetter {
        record: Record {
            source: SourceId(0),
            topic: topic.into(),
            partition: 3,
            offset: 42,
            timestamp: Timestamp::UNIX_EPOCH,
            key: Some(vec![0, 159, 146, 150]),
            value: Some(value),
            headers: vec![Header { name: "ce_id".to_owned(), value: Some(vec![255, 0]) }],
        },
        place: 0,
        refusal: Refusal {
            code: RefusalCode::NotUtf8,
            reason: None,
            pointer: "/title".to_owned(),
            expected: "UTF-8 text".to_owned(),
            got: Some("byte 0xff".to_owned()),
        },
    }
}

#[test]
fn a_dead_letter_is_the_record_byte_for_byte_with_the_documented_headers() {
    let config = config();
    let topic = unique("complaints");
    let dead = format!("{topic}{}", config.topics.dead_letter_suffix);
    create_topic(&dead, 1, &[]);
    let garbage: Vec<u8> = (0..=255).collect();
    let huge = vec![b'z'; 5 * 1024 * 1024];
    let output = Output {
        dead_letters: vec![letter(&topic, garbage.clone()), letter(&topic, huge.clone())],
        ..Output::default()
    };
    let encoder = Encoder::new(config.topics.clone(), &config.kafka.group_id, 1_000_000);
    let records = encoder.output(&output);
    transactions(&config)
        .commit(Transaction { records, positions: yujing_core::engine::Positions::new(), group: None })
        .expect("committed");

    let read = read_committed(&dead);
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].key.as_deref(), Some(&[0, 159, 146, 150][..]));
    assert_eq!(read[0].value.as_deref(), Some(&garbage[..]));
    assert_eq!(read[0].headers["ce_id"], [255, 0]);
    let expected = [
        ("__connect.errors.topic", topic.as_str()),
        ("__connect.errors.partition", "3"),
        ("__connect.errors.offset", "42"),
        ("__connect.errors.exception.message", "not_utf8 at `/title`: expected UTF-8 text, got byte 0xff"),
        ("yujing.error.code", "not_utf8"),
        ("yujing.error.pointer", "/title"),
        ("yujing.error.expected", "UTF-8 text"),
        ("yujing.error.got", "byte 0xff"),
        ("yujing.engine.version", env!("CARGO_PKG_VERSION")),
    ];
    for (name, value) in expected {
        assert_eq!(read[0].header(name), value, "{name}");
    }
    assert!(huge.starts_with(read[1].value.as_deref().expect("the beginning of the value")));
    assert_eq!(read[1].header("yujing.error.original_length"), huge.len().to_string());
    // `head -c 5242880 /dev/zero | tr '\0' z | sha256sum`
    assert_eq!(read[1].header("yujing.error.original_sha256"), SHA256_OF_HUGE);

    // The schema of these headers is what publishers read: it must know every one and demand none that is not there.
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../../schemas/dead-letters.schema.json")).expect("JSON");
    for record in &read {
        let headers: serde_json::Map<String, serde_json::Value> = record
            .headers
            .keys()
            .filter(|name| *name != "ce_id")
            .map(|name| (name.clone(), record.header(name).into()))
            .collect();
        for name in headers.keys() {
            assert!(schema["properties"].get(name).is_some(), "{name} is not documented");
        }
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let document = serde_json::Value::Object(headers);
        let problems: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{problems:?}");
    }
}
