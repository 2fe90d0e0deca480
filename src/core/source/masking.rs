//! A document for people who look after data, without what is or may be personal. Only what the schema knows to be no
//! personal data is shown: a refused document may have anything anywhere.

use serde_json::Value as Json;

use super::Source;
use super::personal::{MASK, masked_text, personal_traces};
use super::shape::{Property, Shape, Value, ValueRule};

/// A document with everything masked that is not known to be free of personal data: confidential fields, fields that the
/// schema does not have, texts with traces of a person.
pub fn masked(document: &Json, source: &Source) -> Json {
    of_object(document, &source.shape)
}

fn of_object(document: &Json, shape: &Shape) -> Json {
    let Json::Object(fields) = document else { return of_other(document) };
    let shown = fields.iter().map(|(name, value)| {
        let property = shape.place_of(name).map(|place| &shape.properties[place]);
        (shown_name(name, property), property.map_or_else(mask, |property| of_property(value, property)))
    });
    Json::Object(shown.collect())
}

/// Names of fields come from outside too.
fn shown_name(name: &str, property: Option<&Property>) -> String {
    if property.is_some() { name.to_owned() } else { masked_text(name).to_owned() }
}

fn of_property(value: &Json, property: &Property) -> Json {
    if property.is_confidential() && !value.is_null() { mask() } else { of_value(value, &property.value) }
}

fn of_value(value: &Json, expected: &Value) -> Json {
    match (&expected.rule, value) {
        (ValueRule::Object(shape), Json::Object(_)) => of_object(value, shape),
        (ValueRule::List { item, .. }, Json::Array(items)) => items.iter().map(|entry| of_value(entry, item)).collect(),
        _ => of_other(value),
    }
}

/// What has no parts that the schema knows.
fn of_other(value: &Json) -> Json {
    match value {
        Json::String(text) => masked_text(text).into(),
        Json::Null | Json::Bool(_) => value.clone(),
        // A telephone number may be sent as a number.
        Json::Number(number) if personal_traces(&number.to_string()).is_empty() => value.clone(),
        _ => mask(),
    }
}

fn mask() -> Json {
    MASK.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::schema::published;

    #[test]
    fn what_is_or_may_be_personal_is_not_shown() {
        let sources = published::sources();
        let (_, source) = sources.by_name("complaints").expect("a source");
        let confidential = source.shape.properties.iter().filter(|property| property.is_confidential());
        let mut document = json!({
            "event_id": "c1", "operator_id": "JY21201030043213", "category": "王女士，电话13800000000",
            "revision": 13_800_000_000_u64, "caller": "王某", "extra": { "deep": ["13800000000"] }, "13800000000": 1,
        });
        let names: Vec<String> = confidential.map(|property| property.name.to_string()).collect();
        assert!(!names.is_empty(), "the source has something to hide");
        for name in &names {
            document[name] = "王某".into();
        }
        let shown = masked(&document, source);
        assert_eq!((&shown["event_id"], &shown["operator_id"]), (&json!("c1"), &json!("JY21201030043213")));
        for name in
            ["category", "revision", "caller", "extra", MASK].into_iter().chain(names.iter().map(String::as_str))
        {
            assert_eq!(shown[name], MASK, "{name}: {shown}");
        }
        let text = shown.to_string();
        assert!(!text.contains('王') && !text.contains("138"), "{text}");
    }

    #[test]
    fn what_is_no_object_is_shown_only_if_it_is_plain() {
        let sources = published::sources();
        let (_, source) = sources.by_name("complaints").expect("a source");
        assert_eq!(masked(&json!([1, "王某"]), source), MASK);
        assert_eq!(masked(&json!(null), source), Json::Null);
    }
}
