//! The harness itself: a test that stands on a broken broker proves nothing.

use crate::support::kafka::{TestRecord, create_topic, produce, read_committed, read_uncommitted, unique};

#[test]
fn what_is_written_is_read_back_byte_for_byte() {
    let topic = unique("harness");
    create_topic(&topic, 3, &[("cleanup.policy", "delete")]);
    let mut sent = TestRecord::new("JY21201030043213", "近7日").at(2, 1_760_000_000_000);
    sent.headers.insert("ce_id".to_owned(), b"a\x00b".to_vec());
    let tombstone =
        TestRecord { partition: 0, timestamp: 1_760_000_000_001, key: Some(b"k".to_vec()), ..TestRecord::default() };
    produce(&topic, &[sent.clone(), tombstone.clone()]);
    assert_eq!(read_committed(&topic), [tombstone, sent]);
    assert_eq!(read_uncommitted(&topic).len(), 2);
}
