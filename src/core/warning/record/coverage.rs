//! Which sources were fresh (数据齐备度).

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::rule::Bilingual;
use crate::warning::content_hash::{ContentHash, hash_of};
use crate::warning::json::{WriteJson, ready};

/// Whether a source was fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Freshness {
    Fresh,
    /// Silent for longer than its `x-max-silence`.
    Stale,
    /// Nothing ever came.
    Never,
    /// Something was written that cannot be read yet, because a publisher's transaction is still open.
    Held,
}

impl Freshness {
    /// The word that people read.
    pub fn words(self) -> Bilingual {
        match self {
            Self::Fresh => Bilingual::new("正常", "fresh"),
            Self::Stale => Bilingual::new("超期未更新", "stale"),
            Self::Never => Bilingual::new("从未接入", "never heard"),
            Self::Held => Bilingual::new("部分数据暂不可读", "held back"),
        }
    }
}

/// Which sources were fresh when the score was made (数据齐备度), by source name. The same for everyone scored as of
/// one instant: cheap to clone.
#[derive(Debug, Clone)]
pub struct Coverage(Arc<CoverageContent>);

#[derive(Debug)]
struct CoverageContent {
    by_source: BTreeMap<String, Freshness>,
    json: Box<str>,
    hash: u128,
}

impl Coverage {
    pub(super) fn hash_into(&self, hash: &mut ContentHash) {
        hash.part(self.0.hash);
    }
}

impl From<BTreeMap<String, Freshness>> for Coverage {
    fn from(by_source: BTreeMap<String, Freshness>) -> Self {
        let json = ready(&by_source);
        Self(Arc::new(CoverageContent { by_source, hash: hash_of(&json), json }))
    }
}

impl FromIterator<(String, Freshness)> for Coverage {
    fn from_iter<I: IntoIterator<Item = (String, Freshness)>>(sources: I) -> Self {
        Self::from(sources.into_iter().collect::<BTreeMap<_, _>>())
    }
}

impl Deref for Coverage {
    type Target = BTreeMap<String, Freshness>;

    fn deref(&self) -> &Self::Target {
        &self.0.by_source
    }
}

impl PartialEq for Coverage {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || **self == **other
    }
}

impl WriteJson for Coverage {
    fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.json.as_bytes());
    }
}

impl Serialize for Coverage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.by_source.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Coverage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self::from)
    }
}
