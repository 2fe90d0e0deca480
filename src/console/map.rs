//! The office's map: areas of sub-districts as GeoJSON (RFC 7946), checked when the console starts, drawn by the pages.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::ConsoleError;

/// The largest file, in bytes: phones load it.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// The fewest positions of a ring: a triangle whose last position is its first.
const LEAST_RING: usize = 4;

/// A map that was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct DistrictMap(Value);

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Collection {
    FeatureCollection { features: Vec<Value> },
}

#[derive(Deserialize)]
struct Feature {
    properties: Option<Map<String, Value>>,
    geometry: Option<Geometry>,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Polygon(Polygon),
    MultiPolygon(Vec<Polygon>),
}

/// An outer ring and holes, each of positions of longitude, latitude and perhaps a height.
type Polygon = Vec<Vec<Vec<f64>>>;

impl DistrictMap {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// What is wrong, with the file and the place in it.
    pub fn read(file: &Path) -> Result<Self, ConsoleError> {
        let wrong = |reason: String| ConsoleError::Map { file: file.to_owned(), reason };
        let bytes = fs::metadata(file).map_err(|error| wrong(error.to_string()))?.len();
        if bytes > MOST_BYTES {
            return Err(wrong(format!("it has {bytes} bytes, and at most {MOST_BYTES} are read: simplify its lines")));
        }
        let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        Self::parse(&text).map_err(wrong)
    }

    /// Checks a text.
    fn parse(text: &str) -> Result<Self, String> {
        let whole: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let Collection::FeatureCollection { features } =
            Collection::deserialize(&whole).map_err(|error| format!("it is no FeatureCollection: {error}"))?;
        if features.is_empty() {
            return Err("`features` is empty: there is nothing to draw".to_owned());
        }
        let mut names = BTreeSet::new();
        for (place, feature) in features.iter().enumerate() {
            let name = check(feature).map_err(|reason| format!("features[{place}]: {reason}"))?;
            if !names.insert(name.clone()) {
                return Err(format!("features[{place}]: the name `{name}` is there twice: join the areas"));
            }
        }
        Ok(Self(whole))
    }

    /// As pages draw it.
    pub fn geo_json(&self) -> &Value {
        &self.0
    }
}

/// Checks an area and gives its name.
fn check(feature: &Value) -> Result<String, String> {
    let Feature { properties, geometry } = Feature::deserialize(feature)
        .map_err(|error| format!("an area is a Polygon or a MultiPolygon of numbers: {error}"))?;
    let name = properties.as_ref().and_then(|properties| properties.get("name")).and_then(Value::as_str);
    let name = name.filter(|name| !name.trim().is_empty());
    let name = name.ok_or("`properties.name` is missing: it is the sub-district as the register writes it")?;
    let polygons = match geometry.ok_or("`geometry` is missing")? {
        Geometry::Polygon(polygon) => vec![polygon],
        Geometry::MultiPolygon(polygons) => polygons,
    };
    if polygons.iter().all(Vec::is_empty) {
        return Err("`geometry.coordinates` is empty".to_owned());
    }
    polygons.iter().flatten().try_for_each(|ring| check_ring(ring))?;
    Ok(name.to_owned())
}

fn check_ring(ring: &[Vec<f64>]) -> Result<(), String> {
    if ring.len() < LEAST_RING || ring.first() != ring.last() {
        return Err(format!("a ring has {LEAST_RING} positions or more, and its last is its first"));
    }
    for position in ring {
        let is_on_earth =
            matches!(position[..], [longitude, latitude, ..] if longitude.abs() <= 180.0 && latitude.abs() <= 90.0);
        if !is_on_earth {
            return Err(format!("{position:?} is no longitude and latitude in degrees"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn area(name: &str) -> Value {
        let ring = json!([[117.1, 39.0], [117.2, 39.0], [117.2, 39.1], [117.1, 39.0]]);
        json!({ "type": "Feature", "properties": { "name": name }, "geometry": { "type": "Polygon", "coordinates": [ring] } })
    }

    fn collection(features: &[Value]) -> Value {
        json!({ "type": "FeatureCollection", "features": features })
    }

    #[test]
    fn areas_are_taken_as_they_are() {
        let whole = collection(&[area("甲"), area("乙")]);
        assert_eq!(DistrictMap::parse(&whole.to_string()).expect("it is good").geo_json(), &whole);
    }

    #[test]
    fn a_bad_file_is_refused_with_the_place() {
        let with = |change: fn(&mut Value)| {
            let mut bad = area("乙");
            change(&mut bad);
            collection(&[area("甲"), bad]).to_string()
        };
        let cases = [
            ("{\n\"type\": }".to_owned(), "line 2"),
            ("[]".to_owned(), "no FeatureCollection"),
            (area("甲").to_string(), "no FeatureCollection"),
            (collection(&[]).to_string(), "nothing to draw"),
            (collection(&[area("甲"), area("甲")]).to_string(), "features[1]: the name `甲` is there twice"),
            (with(|area| area["properties"] = Value::Null), "features[1]: `properties.name`"),
            (with(|area| area["properties"]["name"] = json!(" ")), "features[1]: `properties.name`"),
            (with(|area| area["geometry"] = Value::Null), "features[1]: `geometry` is missing"),
            (with(|area| area["geometry"]["type"] = json!("Point")), "features[1]: an area is a Polygon"),
            (with(|area| area["geometry"]["coordinates"] = json!([])), "features[1]: `geometry.coordinates` is empty"),
            (with(|area| area["geometry"]["coordinates"][0][1][0] = json!("117")), "features[1]: an area is a Polygon"),
            (
                with(|area| area["geometry"]["coordinates"][0][1] = json!([512_345.0, 4_311_000.0])),
                "features[1]: [512345.0",
            ),
            (with(|area| area["geometry"]["coordinates"][0][0] = json!([117.0, 39.0])), "features[1]: a ring"),
        ];
        for (text, says) in cases {
            let reason = DistrictMap::parse(&text).expect_err(says);
            assert!(reason.contains(says), "{says}: {reason}");
        }
    }

    #[test]
    fn a_file_that_is_missing_or_too_large_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("map.geojson");
        let refusal = |file: &Path| DistrictMap::read(file).expect_err("refused").to_string();
        assert!(refusal(&file).contains("map.geojson"));
        fs::write(&file, " ".repeat(5 * 1024 * 1024)).expect("written");
        assert!(refusal(&file).contains("simplify its lines"));
    }
}
