//! Whether the columns of a mapping are fields of a source: said once and before anything is read, not for every row.

use arrow::datatypes::{DataType, Schema};
use yujing_base::diagnostic::suggest::nearest;
use yujing_core::source::Source;
use yujing_core::source::shape::{Required, ValueRule};

/// What is wrong with a mapping's columns, in sentences.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ColumnCheck {
    /// With these every row would be refused.
    pub problems: Vec<String>,
    /// These are probably not meant.
    pub remarks: Vec<String>,
}

/// Compares the columns of a query with the fields of a source.
pub fn compare(columns: &Schema, source: &Source) -> ColumnCheck {
    let mut found = ColumnCheck::default();
    for column in columns.fields() {
        let name = column.name();
        let Some(place) = source.shape.place_of(name) else {
            let fields = source.shape.properties.iter().map(|property| &*property.name);
            let near = nearest(name, fields).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            found.remarks.push(format!("column `{name}` is not a field of {} and is ignored{near}", source.name));
            continue;
        };
        let value = &source.shape.properties[place].value;
        if let Some(remedy) = remedy(name, column.data_type(), &value.rule) {
            let expected = value.expected();
            let given = column.data_type();
            found.problems.push(format!("column `{name}` is {given}, the field is {expected}: {remedy}"));
        }
    }
    let has = |name: &str| columns.field_with_name(name).is_ok();
    for property in &source.shape.properties {
        let required = match property.required {
            Required::Never => false,
            Required::Always => true,
            Required::Upsert => !has("op"),
        };
        if required && !has(&property.name) {
            found.problems.push(format!("there is no column `{}`, which {} must have", property.name, source.name));
        }
    }
    found
}

/// What to write instead, if values of this type are never what the field takes. What is written instead loses nothing:
/// a number with a fraction is not cut to a whole one, nor a time to a day.
fn remedy(name: &str, given: &DataType, rule: &ValueRule) -> Option<String> {
    use DataType::{Boolean, Date32, Date64, Null, Struct, Timestamp};
    if *given == Null {
        return None;
    }
    let is_text = given.is_string();
    let is_number = given.is_numeric();
    let is_day = matches!(given, Date32 | Date64);
    match rule {
        ValueRule::Text(_) if is_text => None,
        ValueRule::Text(_) => Some(format!("write CAST(... AS VARCHAR) AS {name}")),
        // The rows say whether a text or a number with a fraction is one.
        ValueRule::Int { .. } | ValueRule::Float { .. } | ValueRule::Decimal { .. } if is_text || is_number => None,
        ValueRule::Int { .. } | ValueRule::Float { .. } | ValueRule::Decimal { .. } => Some("give a number".to_owned()),
        ValueRule::Bool { .. } if is_text || *given == Boolean => None,
        ValueRule::Bool { .. } => Some(format!("write a condition, such as ... = 1 AS {name}")),
        ValueRule::Date if is_text || is_day || is_number || matches!(given, Timestamp(_, None)) => None,
        ValueRule::Date => {
            Some(format!("write to_char(..., '%Y-%m-%d') AS {name}, with the day that it is where it happened"))
        }
        ValueRule::Time if is_text || matches!(given, Timestamp(_, Some(_))) => None,
        ValueRule::Time if is_day => {
            Some(format!("write concat(..., 'T00:00:00+08:00') AS {name}, with the hour and offset that are right"))
        }
        ValueRule::Time => {
            Some(format!("write concat(CAST(... AS VARCHAR), '+08:00') AS {name}, with the offset that is right"))
        }
        ValueRule::List { .. } if given.is_list() => None,
        ValueRule::List { .. } => Some("write make_array(...)".to_owned()),
        ValueRule::Object(_) if matches!(given, Struct(_)) => None,
        ValueRule::Object(_) => Some("write named_struct('name', value, ...)".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use arrow::datatypes::{Field, TimeUnit};

    use super::*;
    use crate::schemas_folder;

    fn complaints() -> Arc<Source> {
        let sources = schemas_folder::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas")))
            .expect("valid schemas");
        Arc::clone(sources.by_name("complaints").expect("it is there").1)
    }

    fn schema(columns: &[(&str, DataType)]) -> Schema {
        Schema::new(columns.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true)).collect::<Vec<_>>())
    }

    #[test]
    fn each_column_that_never_fits_is_reported_with_what_to_write() {
        let found = compare(
            &schema(&[
                ("event_id", DataType::Int64),
                ("occurred_at", DataType::Timestamp(TimeUnit::Second, None)),
                ("reported_at", DataType::Date32),
                ("persons_ill", DataType::Boolean),
                ("symptoms", DataType::Utf8),
                ("operator_id", DataType::Utf8View),
                ("publisher", DataType::Null),
                ("op", DataType::Utf8),
            ]),
            &complaints(),
        );
        insta::assert_snapshot!(found.problems.join("\n"), @r"
        column `event_id` is Int64, the field is a string of 1 to 128 characters: write CAST(... AS VARCHAR) AS event_id
        column `occurred_at` is Timestamp(s), the field is a date-time with offset, such as 2026-03-02T02:10:00+08:00: write concat(CAST(... AS VARCHAR), '+08:00') AS occurred_at, with the offset that is right
        column `reported_at` is Date32, the field is a date-time with offset, such as 2026-03-02T02:10:00+08:00: write concat(..., 'T00:00:00+08:00') AS reported_at, with the hour and offset that are right
        column `persons_ill` is Boolean, the field is a whole number from 0 to 100000, or null: give a number
        column `symptoms` is Utf8, the field is an array of at most 20 items, or null: write make_array(...)
        ");
        assert_eq!(found.remarks, Vec::<String>::new());
    }

    #[test]
    fn what_the_rows_may_hold_is_left_to_the_rows() {
        let columns = ["event_id", "operator_id", "occurred_at", "publisher", "case_no", "kind", "channel", "category"];
        let mut columns = columns.map(|name| (name, DataType::Utf8)).to_vec();
        columns.extend([("status", DataType::Utf8), ("symptoms", DataType::Null), ("revision", DataType::Utf8)]);
        for kind in [DataType::Utf8, DataType::LargeUtf8, DataType::Float64, DataType::Decimal128(10, 2)] {
            columns.push(("persons_ill", kind));
            assert_eq!(compare(&schema(&columns), &complaints()), ColumnCheck::default());
            columns.pop();
        }
    }

    #[test]
    fn a_column_that_is_no_field_is_a_remark_and_a_field_without_a_column_a_problem() {
        let found = compare(&schema(&[("caseno", DataType::Utf8), ("weather", DataType::Utf8)]), &complaints());
        insta::assert_snapshot!(found.remarks.join("\n"), @r"
        column `caseno` is not a field of complaints and is ignored; did you mean `case_no`?
        column `weather` is not a field of complaints and is ignored
        ");
        assert!(
            found.problems.iter().any(|problem| problem == "there is no column `case_no`, which complaints must have")
        );
    }
}
