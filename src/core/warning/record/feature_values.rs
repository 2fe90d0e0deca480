//! Features by name in a record: the values are the record's own, the names all records of a ruleset share.

use std::collections::BTreeMap;
use std::ops::Index;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::feature::{Feature, FeatureRow, FeatureValue};
use crate::warning::content_hash::ContentHash;
use crate::warning::json::{WriteJson, append, ready};

/// The names of a catalogue's features, sorted as records have them.
#[derive(Debug)]
pub struct FeatureNames {
    sorted: Vec<FeatureName>,
    hash: u128,
}

#[derive(Debug)]
struct FeatureName {
    name: Box<str>,
    /// The name as the key of a JSON member, with its colon.
    key: Box<str>,
    /// The place of the value: the feature's in the catalogue.
    place: usize,
}

/// The value of every feature, by its name.
#[derive(Debug, Clone)]
pub struct FeatureValues {
    names: Arc<FeatureNames>,
    /// By place in the catalogue.
    values: FeatureRow,
}

impl FeatureNames {
    /// The names of a catalogue.
    pub fn of(catalogue: &[Feature]) -> Self {
        Self::in_order(catalogue.iter().map(|feature| feature.name.as_str()))
    }

    /// Names in the order of their values.
    pub(super) fn in_order<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let places: BTreeMap<&str, usize> = names.enumerate().map(|(place, name)| (name, place)).collect();
        let with_key = |(name, place): (&str, usize)| {
            let key = format!("{}:", ready(name)).into_boxed_str();
            FeatureName { name: name.into(), key, place }
        };
        let sorted: Vec<FeatureName> = places.into_iter().map(with_key).collect();
        let mut hash = ContentHash::begin();
        for known in &sorted {
            hash.text(&known.name);
        }
        Self { sorted, hash: hash.finish() }
    }
}

impl FeatureValues {
    /// `values` are in the order of the catalogue that the names are of.
    pub fn new(names: &Arc<FeatureNames>, values: FeatureRow) -> Self {
        assert_eq!(names.sorted.len(), values.len(), "every feature has a value");
        Self { names: Arc::clone(names), values }
    }

    /// A feature's value; nothing if there is no such feature.
    pub fn get(&self, name: &str) -> Option<&FeatureValue> {
        let found = self.names.sorted.binary_search_by(|known| (*known.name).cmp(name)).ok()?;
        Some(self.values.value(self.names.sorted[found].place))
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &FeatureValue)> {
        self.names.sorted.iter().map(|name| (&*name.name, self.values.value(name.place)))
    }

    /// The same as a map.
    pub fn by_name(&self) -> BTreeMap<String, FeatureValue> {
        self.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    pub(super) fn hash_into(&self, hash: &mut ContentHash) {
        hash.part(self.names.hash);
        self.iter().for_each(|(_, value)| hash.feature(value));
    }
}

impl Default for FeatureValues {
    fn default() -> Self {
        Self::from(BTreeMap::new())
    }
}

impl From<BTreeMap<String, FeatureValue>> for FeatureValues {
    fn from(values: BTreeMap<String, FeatureValue>) -> Self {
        let names = Arc::new(FeatureNames::in_order(values.keys().map(String::as_str)));
        Self { names, values: FeatureRow::of(values.into_values().collect()) }
    }
}

impl Index<&str> for FeatureValues {
    type Output = FeatureValue;

    fn index(&self, name: &str) -> &FeatureValue {
        self.get(name).expect("the feature is one of the record's")
    }
}

impl PartialEq for FeatureValues {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl WriteJson for FeatureValues {
    fn write_json(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        for (number, name) in self.names.sorted.iter().enumerate() {
            if number > 0 {
                out.push(b',');
            }
            out.extend_from_slice(name.key.as_bytes());
            append(out, self.values.value(name.place));
        }
        out.push(b'}');
    }
}

impl Serialize for FeatureValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for FeatureValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self::from)
    }
}
