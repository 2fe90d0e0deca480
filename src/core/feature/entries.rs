//! What a ruleset's catalogue has of the columns of planned files: their types as rules see them, each name once.

use std::collections::HashMap;
use std::path::Path;

use arrow::datatypes::{DataType, Schema};
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};

use crate::feature::catalogue::{Feature, FeatureType, Missing};
use crate::feature::file::{Column, FeatureFile};
use crate::feature::syntax::sql_source::line_of;
use crate::source::{Kind, Source};

/// The entries of a planned file's columns in the catalogue.
pub(super) fn entries(file: &FeatureFile, source: &Source, schema: &Schema) -> Result<Vec<Feature>, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut entries = Vec::new();
    for (column, field) in file.columns.iter().zip(schema.fields().iter().skip(1)) {
        match feature_type(file, column, field.data_type()) {
            Ok(data_type) => entries.push(Feature {
                name: column.name.clone(),
                data_type,
                missing: column.missing,
                nullable: column.missing == Missing::Unknown,
                values: file.range(column, source, data_type),
                zh: column.zh.clone(),
                en: column.en.clone(),
                source: source.name.to_string(),
                reference: source.kind == Kind::Reference,
                file: file.sql.path.clone(),
                line: line_of(column.name_span),
            }),
            Err(problem) => problems.push(problem),
        }
    }
    problems.into_result(entries)
}

/// The type of a column as rules see it.
fn feature_type(file: &FeatureFile, column: &Column, planned: &DataType) -> Result<FeatureType, Diagnostic> {
    let name = &column.name;
    let Some(data_type) = FeatureType::of(planned) else {
        let message = say!(
            "指标 `{name}` 的类型为 {planned}，规则无法读取",
            "feature `{name}` is of type {planned}, which a rule cannot read"
        );
        return Err(file.sql.at("feature/type", column.name_span, message).with_help(type_help(planned)));
    };
    if data_type == FeatureType::Text && column.missing == Missing::Zero {
        let message = say!("指标 `{name}` 是文本，文本没有零值", "feature `{name}` is a text, and a text has no zero");
        let help = Bilingual::new("请写 `-- @missing unknown`", "write `-- @missing unknown`");
        return Err(file.sql.at("feature/missing", column.name_span, message).with_help(help));
    }
    Ok(data_type)
}

/// Refuses a name that a column has already.
pub(super) fn refuse_repeated_names<'a>(files: impl Iterator<Item = &'a FeatureFile>, problems: &mut Diagnostics) {
    let mut seen: HashMap<&str, (&Path, usize)> = HashMap::new();
    for file in files {
        for column in &file.columns {
            let place = (file.sql.path.as_path(), line_of(column.name_span));
            if let Some((path, line)) = seen.get(column.name.as_str()) {
                let (name, other) = (&column.name, path.display());
                let message = say!(
                    "指标 `{name}` 已在 {other}:{line} 定义",
                    "feature `{name}` is defined already, in {other}:{line}"
                );
                let help = Bilingual::new(
                    "指标名不得重复：规则只凭名称读取",
                    "every feature needs a name of its own: rules know it by its name only",
                );
                problems.push(file.sql.at("feature/repeated-name", column.name_span, message).with_help(help));
            } else {
                seen.insert(&column.name, place);
            }
        }
    }
}

fn type_help(data_type: &DataType) -> Bilingual {
    let (zh, en) = match data_type {
        DataType::Timestamp(..) => {
            ("请用 days_since(...)：至截至时刻的整日数", "use days_since(...): whole days up to as_of()")
        }
        DataType::Date32 | DataType::Date64 => (
            "统计天数用 count(DISTINCT ...)，距今天数用 days_since(时间)",
            "use count(DISTINCT ...) for days, or days_since(...) of the time itself",
        ),
        DataType::Interval(_) | DataType::Duration(_) => {
            ("请用 days_since(...) 或者 date_part('day', ...)", "use days_since(...), or date_part('day', ...)")
        }
        DataType::List(_) | DataType::LargeList(_) => {
            ("请统计元素个数：cardinality(...)", "count its elements: cardinality(...)")
        }
        DataType::Struct(_) => ("请取其中一个字段：item['code']", "take one field of it: item['code']"),
        DataType::Null => ("该值恒为 NULL", "the value is always NULL"),
        _ => (
            "指标应为真假值、整数、小数或者文本：请用 CAST 转换",
            "a feature is a boolean, a whole number, a number or a text: CAST it",
        ),
    };
    Bilingual::new(zh, en)
}
