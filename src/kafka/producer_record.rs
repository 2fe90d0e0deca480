//! One record to be written.

use yujing_core::source::Header;

/// One record to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerRecord {
    pub topic: String,
    /// Decides the partition; a record without one goes anywhere.
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<Header>,
}

impl ProducerRecord {
    /// What it takes of a message, without the framing of the whole.
    pub fn size(&self) -> usize {
        let parts = [&self.key, &self.value].into_iter().flatten().map(Vec::len).sum::<usize>();
        parts + self.headers.iter().map(header_size).sum::<usize>()
    }
}

/// A header's bytes with room for its two lengths.
pub fn header_size(header: &Header) -> usize {
    header.name.len() + header.value.as_ref().map_or(0, Vec::len) + 10
}

/// A header of a text.
pub fn header(name: &str, value: String) -> Header {
    Header { name: name.to_owned(), value: Some(value.into_bytes()) }
}
