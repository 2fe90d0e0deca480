//! What a change costs: how every feature that it touches is computed, before and after, as the catalogues say it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// How the features of a change are computed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ChangeCost {
    /// Those that are new, other, gone, or computed otherwise.
    pub features: Vec<FeatureCost>,
    /// How many of all features are computed in which way.
    pub paths: Vec<PathCount>,
}

/// A feature that a change touches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureCost {
    pub name: String,
    pub title: Value,
    /// How it is computed; none: it is not there.
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// A way of computing, and the features that are computed so.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathCount {
    pub path: String,
    pub title: Value,
    pub before: usize,
    pub after: usize,
}

impl ChangeCost {
    /// From the catalogue of the folder to that of the folder with a change of these files.
    pub fn between(before: &Value, after: &Value, paths: &[&str]) -> Self {
        let (old, new) = (by_name(before), by_name(after));
        let names: BTreeMap<&str, (Option<&Value>, Option<&Value>)> = old
            .keys()
            .chain(new.keys())
            .map(|name| (*name, (old.get(name).copied(), new.get(name).copied())))
            .collect();
        let is_touched = |feature: Option<&Value>| {
            feature.and_then(|feature| feature["file"].as_str()).is_some_and(|file| paths.contains(&file))
        };
        let features = names.into_iter().filter(|(_, (old, new))| {
            let how = |feature: Option<&Value>| feature.map(|feature| feature["computed"].clone());
            is_touched(*old) || is_touched(*new) || how(*old) != how(*new)
        });
        let features = features.map(|(name, (old, new))| FeatureCost {
            name: name.to_owned(),
            title: new.or(old).map(|feature| feature["title"].clone()).unwrap_or_default(),
            before: old.map(|feature| feature["computed"].clone()),
            after: new.map(|feature| feature["computed"].clone()),
        });
        Self { features: features.collect(), paths: path_counts(&old, &new) }
    }
}

fn by_name(catalogue: &Value) -> BTreeMap<&str, &Value> {
    let features = catalogue["features"].as_array().into_iter().flatten();
    features.filter_map(|feature| Some((feature["name"].as_str()?, feature))).collect()
}

fn path_counts(old: &BTreeMap<&str, &Value>, new: &BTreeMap<&str, &Value>) -> Vec<PathCount> {
    let mut counts: BTreeMap<&str, PathCount> = BTreeMap::new();
    for (features, is_new) in [(old, false), (new, true)] {
        for computed in features.values().map(|feature| &feature["computed"]) {
            let path = computed["path"].as_str().unwrap_or_default();
            let count = counts.entry(path).or_insert_with(|| PathCount {
                path: path.to_owned(),
                title: computed["title"].clone(),
                before: 0,
                after: 0,
            });
            *(if is_new { &mut count.after } else { &mut count.before }) += 1;
        }
    }
    counts.into_values().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn feature(name: &str, file: &str, path: &str) -> Value {
        json!({ "name": name, "title": name, "file": file, "computed": { "path": path, "title": path, "why": null } })
    }

    #[test]
    fn features_of_touched_files_and_those_computed_otherwise_are_told_with_how() {
        let before = json!({ "features": [
            feature("same", "features/a.sql", "incremental"),
            feature("slower", "features/b.sql", "incremental"),
            feature("gone", "features/c.sql", "query"),
            feature("touched", "features/c.sql", "query"),
        ] });
        let after = json!({ "features": [
            feature("same", "features/a.sql", "incremental"),
            feature("slower", "features/b.sql", "query"),
            feature("touched", "features/c.sql", "query"),
            feature("new", "features/d.sql", "query_hourly"),
        ] });
        let cost = ChangeCost::between(&before, &after, &["features/c.sql", "pests/a.rhai"]);
        let told: Vec<(&str, Option<&str>, Option<&str>)> = cost
            .features
            .iter()
            .map(|feature| {
                let path = |how: &'static str, of: &Option<Value>| of.as_ref().map(|_| how);
                (feature.name.as_str(), path("before", &feature.before), path("after", &feature.after))
            })
            .collect();
        let (old, new) = (Some("before"), Some("after"));
        assert_eq!(told, [("gone", old, None), ("new", None, new), ("slower", old, new), ("touched", old, new)]);
        let counts: Vec<(&str, usize, usize)> =
            cost.paths.iter().map(|count| (count.path.as_str(), count.before, count.after)).collect();
        assert_eq!(counts, [("incremental", 2, 1), ("query", 2, 2), ("query_hourly", 0, 1)]);
        assert_eq!(ChangeCost::between(&Value::Null, &Value::Null, &[]), ChangeCost::default());
    }
}
