//! Handling as it is remembered: shared by all who look at a warning, because most scores leave it as it is.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Handling;
use crate::warning::json::{WriteJson, ready};

/// The handling of a warning, cheap to clone; its JSON is made once, when first asked for.
#[derive(Debug, Clone)]
pub struct KeptHandling(Arc<WithJson>);

#[derive(Debug, Clone)]
struct WithJson {
    handling: Handling,
    json: OnceLock<Box<str>>,
}

impl KeptHandling {
    pub fn new(handling: Handling) -> Self {
        Self(Arc::new(WithJson { handling, json: OnceLock::new() }))
    }

    /// The handling, to change it: for whoever else shares it, it stays what it was.
    pub fn to_mut(&mut self) -> &mut Handling {
        let kept = Arc::make_mut(&mut self.0);
        kept.json.take();
        &mut kept.handling
    }

    /// The JSON that serde gives.
    pub fn json(&self) -> &str {
        self.0.json.get_or_init(|| ready(&self.0.handling))
    }
}

impl Deref for KeptHandling {
    type Target = Handling;

    fn deref(&self) -> &Handling {
        &self.0.handling
    }
}

impl PartialEq for KeptHandling {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.handling == other.0.handling
    }
}

impl Eq for KeptHandling {}

impl Serialize for KeptHandling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.handling.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for KeptHandling {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Handling::deserialize(deserializer).map(Self::new)
    }
}

impl WriteJson for KeptHandling {
    fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.json().as_bytes());
    }
}
