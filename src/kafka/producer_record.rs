//! One record to be written.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use yujing_core::source::Header;

/// One record to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerRecord {
    pub topic: Arc<str>,
    /// Decides the partition; a record without one goes anywhere.
    pub key: Option<RecordBytes>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<ProducerHeader>,
}

/// A header of a record to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerHeader {
    pub name: Cow<'static, str>,
    pub value: Option<RecordBytes>,
}

/// Bytes of a record. Most are the same in many records, and are not copied for each.
#[derive(Clone)]
pub enum RecordBytes {
    Fixed(&'static str),
    Shared(Arc<str>),
    Own(Vec<u8>),
}

impl ProducerRecord {
    /// What it takes of a message, without the framing of the whole.
    pub fn size(&self) -> usize {
        let value = self.value.as_ref().map_or(0, Vec::len);
        self.key.as_deref().map_or(0, <[u8]>::len)
            + value
            + self.headers.iter().map(ProducerHeader::size).sum::<usize>()
    }
}

impl ProducerHeader {
    /// A header of a text.
    pub fn new(name: &'static str, value: impl Into<RecordBytes>) -> Self {
        Self { name: Cow::Borrowed(name), value: Some(value.into()) }
    }

    /// Its bytes with room for its two lengths.
    pub fn size(&self) -> usize {
        self.name.len() + self.value.as_deref().map_or(0, <[u8]>::len) + 10
    }
}

/// A header that came, to be written as it was.
impl From<&Header> for ProducerHeader {
    fn from(header: &Header) -> Self {
        Self { name: Cow::Owned(header.name.clone()), value: header.value.clone().map(RecordBytes::from) }
    }
}

impl Deref for RecordBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Fixed(text) => text.as_bytes(),
            Self::Shared(text) => text.as_bytes(),
            Self::Own(bytes) => bytes,
        }
    }
}

impl PartialEq for RecordBytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for RecordBytes {}

impl fmt::Debug for RecordBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self), f)
    }
}

impl From<&'static str> for RecordBytes {
    fn from(text: &'static str) -> Self {
        Self::Fixed(text)
    }
}

impl From<Arc<str>> for RecordBytes {
    fn from(text: Arc<str>) -> Self {
        Self::Shared(text)
    }
}

impl From<String> for RecordBytes {
    fn from(text: String) -> Self {
        Self::Own(text.into_bytes())
    }
}

impl From<Vec<u8>> for RecordBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Own(bytes)
    }
}
