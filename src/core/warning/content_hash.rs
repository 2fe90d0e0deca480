//! What a record says, as a number: two of one kind have the same if and only if their JSON is the same (but for chance,
//! one in 2¹²⁸). It is no lasting name: another build of the program may give another number.

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_128;

use crate::feature::FeatureValue;

/// Room for most records, so that the bytes are moved rarely.
const USUAL_BYTES: usize = 1_024;

/// A hash under way. Every part says where it ends, so that no two contents are the same by concatenation.
#[derive(Debug)]
pub struct ContentHash {
    bytes: Vec<u8>,
}

impl ContentHash {
    pub fn begin() -> Self {
        Self { bytes: Vec::with_capacity(USUAL_BYTES) }
    }

    pub fn number(&mut self, number: i64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    /// The hash of a part that stands ready.
    pub fn part(&mut self, hash: u128) {
        self.bytes.extend_from_slice(&hash.to_le_bytes());
    }

    pub fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// How many of something follow.
    pub fn length(&mut self, length: usize) {
        self.bytes.extend_from_slice(&(length as u64).to_le_bytes());
    }

    /// Which of several kinds follows.
    pub fn kind(&mut self, kind: u8) {
        self.bytes.push(kind);
    }

    pub fn instant(&mut self, instant: Timestamp) {
        self.bytes.extend_from_slice(&instant.as_nanosecond().to_le_bytes());
    }

    /// Something that may be missing.
    pub fn optional<T>(&mut self, value: Option<T>, add: impl FnOnce(&mut Self, T)) {
        self.kind(u8::from(value.is_some()));
        if let Some(value) = value {
            add(self, value);
        }
    }

    pub fn feature(&mut self, value: &FeatureValue) {
        match value {
            FeatureValue::Bool(truth) => self.bytes.extend_from_slice(&[1, u8::from(*truth)]),
            FeatureValue::Int(whole) => {
                self.kind(2);
                self.number(*whole);
            }
            FeatureValue::Float(number) if number.is_finite() => {
                self.kind(3);
                self.bytes.extend_from_slice(&number.to_bits().to_le_bytes());
            }
            FeatureValue::Text(text) => {
                self.kind(4);
                self.text(text);
            }
            // JSON has no word for what is no number.
            FeatureValue::Unknown | FeatureValue::Float(_) => self.kind(0),
        }
    }

    pub fn finish(self) -> u128 {
        xxh3_128(&self.bytes)
    }
}

/// The hash of a text by itself.
pub fn hash_of(text: &str) -> u128 {
    xxh3_128(text.as_bytes())
}
