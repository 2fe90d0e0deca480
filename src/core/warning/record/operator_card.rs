//! Who the operator is.

use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::warning::area::Area;
use crate::warning::content_hash::{ContentHash, hash_of};
use crate::warning::json::{WriteJson, ready};

/// Who the operator is, from the reference source; absent fields are unknown. It changes rarely and stands in every
/// record, so it is kept as the JSON that it is there: cheap to clone.
#[derive(Debug, Clone)]
pub struct OperatorCard(Arc<CardContent>);

#[derive(Debug)]
struct CardContent {
    registered: bool,
    area: Arc<Area>,
    closed_on: Option<Date>,
    json: Box<str>,
    hash: u128,
}

/// A card in the order of its record.
#[derive(Default, Serialize, Deserialize)]
struct CardRecord {
    /// Whether the reference source knows the operator.
    registered: bool,
    /// The reference row without personal fields, by column: name, business form, sub-district, community, grid, ...
    #[serde(flatten)]
    attributes: Map<String, Value>,
}

impl OperatorCard {
    /// A reference row without personal fields, by column: name, business form, sub-district, community, grid, ...
    pub fn registered(attributes: Map<String, Value>) -> Self {
        Self::of(&CardRecord { registered: true, attributes })
    }

    fn of(record: &CardRecord) -> Self {
        let json = ready(record);
        let area = Arc::new(Area::of_row(&record.attributes));
        let closed_on = record.attributes.get("closed_on").and_then(|day| day.as_str()?.parse().ok());
        Self(Arc::new(CardContent { registered: record.registered, area, closed_on, hash: hash_of(&json), json }))
    }

    /// Whether the reference source knows the operator.
    pub fn is_registered(&self) -> bool {
        self.0.registered
    }

    /// The grid cell in which the reference source has it.
    pub fn area(&self) -> &Arc<Area> {
        &self.0.area
    }

    /// The day on which the operator closes or closed, as far as the reference source knows one.
    pub fn closed_on(&self) -> Option<Date> {
        self.0.closed_on
    }

    /// The reference row, by column. It is read anew each time.
    pub fn attributes(&self) -> Map<String, Value> {
        let mut members: Map<String, Value> = serde_json::from_str(&self.0.json).unwrap_or_default();
        members.shift_remove("registered");
        members
    }

    pub(super) fn hash_into(&self, hash: &mut ContentHash) {
        hash.part(self.0.hash);
    }
}

/// Of an operator whom the reference source does not know.
impl Default for OperatorCard {
    fn default() -> Self {
        Self::of(&CardRecord::default())
    }
}

impl PartialEq for OperatorCard {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.json == other.0.json
    }
}

impl WriteJson for OperatorCard {
    fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.json.as_bytes());
    }
}

impl Serialize for OperatorCard {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        CardRecord { registered: self.0.registered, attributes: self.attributes() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for OperatorCard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        CardRecord::deserialize(deserializer).map(|record| Self::of(&record))
    }
}
