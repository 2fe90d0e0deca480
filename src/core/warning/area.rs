//! Areas (辖区): the district, its sub-districts, communities and grid cells.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The columns of the register that say where an operator is, from the widest area to the narrowest.
const COLUMNS: [&str; 3] = ["sub_district", "community", "grid"];

/// How wide an area is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaKind {
    /// 区: everyone.
    District,
    /// 街道
    SubDistrict,
    /// 社区
    Community,
    /// 网格
    Grid,
}

impl AreaKind {
    /// From the widest to the narrowest.
    pub const ALL: [Self; 4] = [Self::District, Self::SubDistrict, Self::Community, Self::Grid];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::District => "district",
            Self::SubDistrict => "sub_district",
            Self::Community => "community",
            Self::Grid => "grid",
        }
    }

    /// The kind of a word as records and requests write it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// An area by the names of the areas around it and its own, from the sub-district on: the district has none, a
/// community two. A name that the register does not give is `None`: operators without a community are an area of their
/// own, so that sums add up. Areas of the same name in two sub-districts are two.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Area(Vec<Option<Arc<str>>>);

impl Area {
    /// The grid cell in which the register has an operator.
    pub fn of_row(attributes: &Map<String, Value>) -> Self {
        let name = |column: &str| attributes.get(column).and_then(Value::as_str).map(Arc::from);
        Self(COLUMNS.map(name).to_vec())
    }

    pub fn kind(&self) -> AreaKind {
        AreaKind::ALL[self.0.len()]
    }

    /// Its name of a kind as wide as itself or wider.
    pub fn name(&self, kind: AreaKind) -> Option<&Arc<str>> {
        let place = AreaKind::ALL.iter().position(|known| *known == kind)?.checked_sub(1)?;
        self.0.get(place)?.as_ref()
    }

    /// Itself and the areas around it, the district first.
    pub fn with_surroundings(&self) -> impl Iterator<Item = Self> + use<> {
        let names = self.0.clone();
        (0..=names.len()).map(move |depth| Self(names[..depth].to_vec()))
    }

    /// The area that this one is a part of; the district is part of none.
    pub fn surrounding(&self) -> Option<Self> {
        let (_, around) = self.0.split_last()?;
        Some(Self(around.to_vec()))
    }

    /// The key of its record: its names as a JSON array, such as `["友谊路街道",null]`.
    pub fn key(&self) -> String {
        let names: Vec<Option<&str>> = self.0.iter().map(Option::as_deref).collect();
        serde_json::to_string(&names).expect("invariant: texts are JSON")
    }

    /// The area of a key; `None` if it is the key of none.
    pub fn of_key(key: &[u8]) -> Option<Self> {
        let names: Vec<Option<Arc<str>>> = serde_json::from_slice::<Vec<Option<String>>>(key)
            .ok()?
            .into_iter()
            .map(|name| name.map(Arc::from))
            .collect();
        (names.len() <= COLUMNS.len()).then_some(Self(names))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn area(row: &Value) -> Area {
        Area::of_row(row.as_object().expect("an object"))
    }

    #[test]
    fn an_operator_is_in_one_area_of_each_kind() {
        let grid =
            area(&json!({ "name": "（略）", "sub_district": "友谊路街道", "community": "谊景村社区", "grid": "3" }));
        let keys: Vec<String> = grid.with_surroundings().map(|area| area.key()).collect();
        assert_eq!(
            keys,
            ["[]", r#"["友谊路街道"]"#, r#"["友谊路街道","谊景村社区"]"#, r#"["友谊路街道","谊景村社区","3"]"#]
        );
        let kinds: Vec<AreaKind> = grid.with_surroundings().map(|area| area.kind()).collect();
        assert_eq!(kinds, AreaKind::ALL);
        let community = grid.surrounding().expect("a community");
        assert_eq!(community.name(AreaKind::Community).map(|name| &**name), Some("谊景村社区"));
        assert_eq!((community.name(AreaKind::Grid), community.name(AreaKind::District)), (None, None));
        assert_eq!(Area::default().surrounding(), None);
    }

    #[test]
    fn areas_of_one_name_in_two_sub_districts_are_two_and_none_is_not_an_empty_name() {
        let of = |sub_district: Value, community: Value| {
            area(&json!({ "sub_district": sub_district, "community": community })).surrounding()
        };
        assert_ne!(of(json!("甲"), json!("一")), of(json!("乙"), json!("一")));
        assert_ne!(of(json!("甲"), json!(null)), of(json!("甲"), json!("")));
        assert_eq!(of(json!("甲"), json!(null)), of(json!("甲"), json!(7)));
    }

    #[test]
    fn a_key_gives_its_area_back() {
        for row in [json!({}), json!({ "sub_district": "a\"/]", "grid": "" })] {
            for area in area(&row).with_surroundings() {
                assert_eq!(Area::of_key(area.key().as_bytes()), Some(area));
            }
        }
        for key in ["", "{}", "[1]", r#"["a","b","c","d"]"#, "友谊路街道"] {
            assert_eq!(Area::of_key(key.as_bytes()), None, "{key}");
        }
    }
}
