//! Short words that catalogues show, in both languages.

use yujing_base::diagnostic::Severity;
use yujing_core::feature::{FeaturePath, FeatureType, Missing};
use yujing_core::rule::{Bilingual, Deadline, Level, Status};
use yujing_core::source::FieldType;

fn both(zh: impl Into<String>, en: impl Into<String>) -> Bilingual {
    Bilingual { zh: zh.into(), en: en.into() }
}

/// A deadline as people say it.
pub fn deadline(deadline: Deadline) -> Bilingual {
    let plural = |count: u32| if count == 1 { "" } else { "s" };
    match deadline {
        Deadline::WorkingDays(days) => both(format!("{days}个工作日"), format!("{days} working day{}", plural(days))),
        Deadline::Minutes(minutes) if minutes % 60 == 0 => {
            let hours = minutes / 60;
            both(format!("{hours}小时"), format!("{hours} hour{}", plural(hours)))
        }
        Deadline::Minutes(minutes) => both(format!("{minutes}分钟"), format!("{minutes} minute{}", plural(minutes))),
    }
}

pub(super) fn feature_type(data_type: FeatureType) -> Bilingual {
    match data_type {
        FeatureType::Bool => both("是或否", "true or false"),
        FeatureType::Int => both("整数", "whole number"),
        FeatureType::Float => both("小数", "decimal number"),
        FeatureType::Text => both("文本", "text"),
    }
}

pub(super) fn missing(missing: Missing, data_type: FeatureType) -> Bilingual {
    match (missing, data_type) {
        (Missing::Unknown, _) => both("未知", "unknown"),
        (Missing::Zero, FeatureType::Bool) => both("否", "false"),
        (Missing::Zero, _) => both("0", "0"),
    }
}

/// How a feature is computed.
pub(super) fn feature_path(path: &FeaturePath) -> Bilingual {
    match path {
        FeaturePath::Incremental => both("逐条累计", "row by row"),
        FeaturePath::OverOperator => both("按对象重算", "over the operator's rows"),
        FeaturePath::Plan { is_readable: true, .. } => both("整条查询", "by the query"),
        FeaturePath::Plan { is_readable: false, .. } => both("整条查询，并每小时一次", "by the query, and every hour"),
    }
}

pub(super) fn level(level: Level) -> Bilingual {
    both(level.zh(), level.as_str())
}

pub(super) fn status(status: Status) -> Bilingual {
    match status {
        Status::Draft => both("草稿", "draft"),
        Status::Active => both("启用", "active"),
        Status::Retired => both("停用", "retired"),
    }
}

pub(super) fn severity(severity: Severity) -> Bilingual {
    match severity {
        Severity::Warning => both("警告", "warning"),
        Severity::Error => both("错误", "error"),
    }
}

/// The type of a source's column as SQL has it.
pub(super) fn column_type(field_type: &FieldType) -> String {
    match field_type {
        FieldType::Bool => "BOOLEAN".to_owned(),
        FieldType::Int => "BIGINT".to_owned(),
        FieldType::Float => "DOUBLE".to_owned(),
        FieldType::Decimal { scale } => format!("DECIMAL(38, {scale})"),
        FieldType::Text => "VARCHAR".to_owned(),
        FieldType::Time => "TIMESTAMP".to_owned(),
        FieldType::Date => "DATE".to_owned(),
        FieldType::List(item) => format!("{}[]", column_type(item)),
        FieldType::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|field| format!("{} {}", field.name, column_type(&field.data_type))).collect();
            format!("STRUCT({})", fields.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_read_well() {
        let words = |text: &str| deadline(Deadline::parse(text).expect("a deadline"));
        assert_eq!(words("1wd"), both("1个工作日", "1 working day"));
        assert_eq!(words("24h"), both("24小时", "24 hours"));
        assert_eq!(words("90m"), both("90分钟", "90 minutes"));
    }

    #[test]
    fn nested_columns_are_written_as_sql_has_them() {
        let field = |name: &str, data_type| yujing_core::source::Field {
            name: name.into(),
            data_type,
            required: false,
            description: String::new(),
            description_zh: String::new(),
        };
        let item = FieldType::Object(vec![field("code", FieldType::Text), field("key", FieldType::Bool)]);
        assert_eq!(column_type(&FieldType::List(Box::new(item))), "STRUCT(code VARCHAR, key BOOLEAN)[]");
        assert_eq!(column_type(&FieldType::Decimal { scale: 6 }), "DECIMAL(38, 6)");
    }
}
