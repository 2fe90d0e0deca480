//! The keys that publishers check their partitioner against.

use serde_json::Value;

/// A key and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vector {
    pub key: String,
    of_4: i32,
    of_12: i32,
}

impl Vector {
    /// The key's partition in a topic of 4 or of 12.
    pub fn partition_of(&self, partitions: i32) -> i32 {
        match partitions {
            4 => self.of_4,
            12 => self.of_12,
            other => panic!("no vectors for {other} partitions"),
        }
    }
}

/// The published vectors.
pub fn vectors() -> Vec<Vector> {
    let document: Value =
        serde_json::from_str(include_str!("../../../schemas/murmur2-vectors.json")).expect("published vectors");
    let number = |value: &Value| i32::try_from(value.as_i64().expect("a number")).expect("small");
    let vectors: Vec<Vector> = document["vectors"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|vector| Vector {
            key: vector["key"].as_str().expect("a key").to_owned(),
            of_4: number(&vector["partition_of_4"]),
            of_12: number(&vector["partition_of_12"]),
        })
        .collect();
    assert!(!vectors.is_empty());
    vectors
}
