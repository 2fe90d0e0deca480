//! One schema file: the root keywords, the envelope and the payload become a [`Source`].

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{Field as ArrowField, Schema};
use jiff::{SignedDuration, Span as Duration, SpanRelativeTo};
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};

use super::SUFFIX;
use super::json::{Member, Node};
use super::property::{
    Place, ReadValue, add_property, check_censors, check_count, check_name, check_open_to_additions, read_value,
    required_names, unknown_keyword,
};
use super::report::{CONTRADICTION, Keywords, MISPLACED_KEYWORD, SchemaReport, WRONG_VALUE};
use crate::source::column;
use crate::source::definition::{Field, FieldType, Kind, Source};
use crate::source::shape::{Property, Required, Shape, ValueRule, Values};

const ROOT_KEYWORDS: [&str; 19] = [
    "$schema",
    "$id",
    "title",
    "x-title-zh",
    "description",
    "x-description-zh",
    "x-kind",
    "x-topic",
    "x-schema-versions",
    "x-retention",
    "x-max-silence",
    "x-max-ahead",
    "type",
    "properties",
    "required",
    "if",
    "then",
    "else",
    "additionalProperties",
];
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// The one condition: what only an upsert must have stands in `else`.
const ONLY_FORM_OF_IF: &str = r#"{"properties":{"op":{"const":"retract"}},"required":["op"]}"#;
const DEFAULT_MAX_AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// Longer than any retention is meant to be, short enough for every sum of times.
const MAX_DURATION: SignedDuration = SignedDuration::from_hours(36_525 * 24);

/// One envelope property: its type, its place among the columns (`None`: behind them), whether an event's document must
/// have it, and whether a reference source may leave it out of its schema.
struct EnvelopeProperty {
    name: &'static str,
    data_type: FieldType,
    column: Option<usize>,
    hidden: usize,
    required: bool,
    reference_may_omit: bool,
}

fn envelope() -> [EnvelopeProperty; 8] {
    let visible = |name, data_type, column, required, reference_may_omit| EnvelopeProperty {
        name,
        data_type,
        column: Some(column),
        hidden: 0,
        required,
        reference_may_omit,
    };
    let hidden = |name, hidden| EnvelopeProperty {
        name,
        data_type: FieldType::Text,
        column: None,
        hidden,
        required: false,
        reference_may_omit: true,
    };
    [
        visible("event_id", FieldType::Text, column::EVENT_ID, true, true),
        visible("revision", FieldType::Int, column::REVISION, false, false),
        hidden("op", column::HIDDEN_OP),
        visible("occurred_at", FieldType::Time, column::OCCURRED_AT, true, false),
        visible("reported_at", FieldType::Time, column::REPORTED_AT, false, false),
        visible("operator_id", FieldType::Text, column::OPERATOR_ID, true, false),
        visible("publisher", FieldType::Text, column::PUBLISHER, true, false),
        hidden("schema_version", column::HIDDEN_SCHEMA_VERSION),
    ]
}

/// Reads one file; `None` if it describes what leaves.
pub(super) fn read(file: &Path, text: &str) -> Result<Option<Source>, Diagnostics> {
    let root = Node::parse(text).map_err(|(offset, message)| {
        let message = say!("不是 JSON：{message}", "{message}");
        Diagnostics::from(Diagnostic::at("schema/not-json", file, text, offset..offset + 1, message))
    })?;
    let mut report = SchemaReport::new(file, text);
    let source = read_root(file, &root, &mut report);
    report.diagnostics.into_result(source)
}

fn read_root(file: &Path, root: &Node<'_>, report: &mut SchemaReport<'_>) -> Option<Source> {
    let keywords = report.object(("数据规范", "a schema"), root)?;
    let kind = read_kind(&keywords, report)?;
    for member in keywords.members {
        if !ROOT_KEYWORDS.contains(&member.key.as_str()) || member.key == "then" {
            let known = ROOT_KEYWORDS.into_iter().filter(|known| *known != "then");
            unknown_keyword(member, known, report);
        }
    }
    let name = read_name(file, &keywords, report)?;
    check_root_values(&keywords, report)?;
    check_open_to_additions(&keywords, report);
    let topic = keywords.need("x-topic", report).and_then(|member| report.text(member)).unwrap_or_default().to_owned();
    let versions = keywords.need("x-schema-versions", report).and_then(|member| report.texts(member));
    let versions: Vec<String> = versions.unwrap_or_default().into_iter().map(str::to_owned).collect();
    let retention = read_retention(kind, &keywords, report);
    let max_silence = keywords.get("x-max-silence").and_then(|member| read_duration(member, report));
    let max_ahead = keywords.get("x-max-ahead").map_or(Some(DEFAULT_MAX_AHEAD), |member| read_duration(member, report));

    let properties = keywords.need("properties", report)?;
    let members = report.object(("`properties` ", "`properties`"), &properties.node)?;
    check_count(&members, report);
    let needed = Needed {
        always: required_names(keywords.get("required"), &members, report),
        upsert: read_condition(&keywords, &members, report),
    };
    let (columns, shape) = read_columns(kind, &members, &needed, &versions, report);
    let schema = columns
        .iter()
        .enumerate()
        .map(|(place, field)| ArrowField::new(&*field.name, field.data_type.arrow(), place >= column::PAYLOAD));
    let schema = Arc::new(Schema::new(schema.collect::<Vec<_>>()));
    Some(Source {
        table: name.replace('-', "_").into(),
        name: name.into(),
        kind,
        topic,
        versions,
        retention,
        max_silence,
        max_ahead: max_ahead.unwrap_or(DEFAULT_MAX_AHEAD),
        columns,
        schema,
        shape,
    })
}

/// The keywords that have one value, or any text for one. `None` if one of the first is missing.
fn check_root_values(keywords: &Keywords<'_, '_>, report: &mut SchemaReport<'_>) -> Option<()> {
    let dialect = &keywords.need("$schema", report)?.node;
    if dialect.text() != Some(DIALECT) {
        report.at(WRONG_VALUE, &dialect.span, say!("`$schema` 应为 {DIALECT}", "`$schema` must be {DIALECT}"));
    }
    let root_type = &keywords.need("type", report)?.node;
    if root_type.text() != Some("object") {
        report.at(WRONG_VALUE, &root_type.span, Bilingual::new("`type` 应为 object", "`type` must be object"));
    }
    for key in ["$id", "title", "description"] {
        if let Some(member) = keywords.need(key, report) {
            report.text(member);
        }
    }
    for key in ["x-title-zh", "x-description-zh"] {
        if let Some(member) = keywords.get(key) {
            report.text(member);
        }
    }
    Some(())
}

/// `x-retention`, which only a source of events has.
fn read_retention(kind: Kind, keywords: &Keywords<'_, '_>, report: &mut SchemaReport<'_>) -> SignedDuration {
    let given = match kind {
        Kind::Event => keywords.need("x-retention", report),
        Kind::Reference => {
            if let Some(member) = keywords.get("x-retention") {
                let message = Bilingual::new(
                    "`x-retention` 只用于事件类数据源：登记类数据源的记录一直保留到被替换或删除",
                    "`x-retention` is for events: a row of a reference source stays until it is replaced or deleted",
                );
                report.at(MISPLACED_KEYWORD, &member.key_span, message);
            }
            None
        }
    };
    given.and_then(|member| read_duration(member, report)).unwrap_or(MAX_DURATION)
}

/// `x-kind`; `None` also for an output, which is nothing to report.
fn read_kind(keywords: &Keywords<'_, '_>, report: &mut SchemaReport<'_>) -> Option<Kind> {
    let member = keywords.need("x-kind", report)?;
    match member.node.text() {
        Some("event") => Some(Kind::Event),
        Some("reference") => Some(Kind::Reference),
        Some("output") => None,
        _ => {
            report.at(
                WRONG_VALUE,
                &member.node.span,
                Bilingual::new(
                    "`x-kind` 应为 event、reference 或 output",
                    "`x-kind` must be event, reference or output",
                ),
            );
            None
        }
    }
}

fn read_name(file: &Path, keywords: &Keywords<'_, '_>, report: &mut SchemaReport<'_>) -> Option<String> {
    let name = file.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(SUFFIX));
    let is_plain = |name: &&str| {
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let Some(name) = name.filter(is_plain) else {
        let message = say!(
            "文件名应为 NAME{SUFFIX}，NAME 只用小写字母、数字和 `-`",
            "the file must be called NAME{SUFFIX}, NAME of lower-case letters, digits and `-`"
        );
        report.at("schema/invalid-name", &keywords.span, message);
        return None;
    };
    Some(name.to_owned())
}

/// A duration such as `400d`, `26h` or `P400D`; a day has 24 hours.
fn read_duration(member: &Member<'_>, report: &mut SchemaReport<'_>) -> Option<SignedDuration> {
    let duration = member.node.text().and_then(|text| {
        let span: Duration = text.parse().ok()?;
        span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
    });
    match duration {
        Some(duration) if duration.is_positive() && duration <= MAX_DURATION => Some(duration),
        _ => {
            let given = member.node.raw;
            let message = say!(
                "{given} 不是一纳秒至一百年的时长",
                "{given} is not a duration from a nanosecond to a hundred years"
            );
            let help = Bilingual::new(
                "写法如 \"400d\"、\"26h\"、\"10m\" 或 \"P400D\"；月和年长短不一，不能使用",
                "write for example \"400d\", \"26h\", \"10m\" or \"P400D\"; months and years have no fixed length",
            );
            report.at_with_help("schema/invalid-duration", &member.node.span, message, help);
            None
        }
    }
}

/// The names that the one form of `if` and `else` requires of an upsert.
fn read_condition<'n>(
    keywords: &Keywords<'n, '_>,
    properties: &Keywords<'n, '_>,
    report: &mut SchemaReport<'_>,
) -> Vec<&'n str> {
    let (condition, otherwise) = match (keywords.get("if"), keywords.get("else")) {
        (None, None) => return Vec::new(),
        (Some(condition), Some(otherwise)) => (condition, otherwise),
        (Some(alone), None) | (None, Some(alone)) => {
            report.at(
                CONTRADICTION,
                &alone.key_span,
                Bilingual::new("`if` 与 `else` 须同时出现", "`if` and `else` stand together or not at all"),
            );
            return Vec::new();
        }
    };
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    if value(condition.node.raw) != value(ONLY_FORM_OF_IF) {
        report.at(
            WRONG_VALUE,
            &condition.node.span,
            say!("`if` 只能写作 {ONLY_FORM_OF_IF}", "the only form of `if` is {ONLY_FORM_OF_IF}"),
        );
    }
    let Some(otherwise) = report.object(("`else` ", "`else`"), &otherwise.node) else { return Vec::new() };
    for member in otherwise.members.iter().filter(|member| member.key != "required") {
        unknown_keyword(member, std::iter::once("required"), report);
    }
    required_names(otherwise.get("required"), properties, report)
}

/// The names that must be there, always or in an upsert.
struct Needed<'n> {
    always: Vec<&'n str>,
    upsert: Vec<&'n str>,
}

impl Needed<'_> {
    fn of(&self, name: &str) -> Required {
        if self.always.contains(&name) {
            Required::Always
        } else if self.upsert.contains(&name) {
            Required::Upsert
        } else {
            Required::Never
        }
    }
}

fn read_columns(
    kind: Kind,
    members: &Keywords<'_, '_>,
    needed: &Needed<'_>,
    versions: &[String],
    report: &mut SchemaReport<'_>,
) -> (Vec<Field>, Shape) {
    let envelope = envelope();
    let mut columns = envelope_columns(&envelope);
    let mut properties: Vec<Property> = Vec::new();
    let mut hidden: Vec<(usize, usize)> = Vec::new();
    for member in members.members {
        check_name(member, Place::Top, report);
        let Some(read) = read_value(&member.node, Place::Top, report) else { continue };
        let required = needed.of(&member.key);
        let Some(wanted) = envelope.iter().find(|wanted| wanted.name == member.key) else {
            properties.push(add_property(member, read, required, &mut columns, report));
            continue;
        };
        check_envelope_property(kind, wanted, member, &read, required, versions, report);
        if let Some(column) = wanted.column {
            columns[column].description.clone_from(&read.description);
            columns[column].description_zh.clone_from(&read.description_zh);
        } else {
            hidden.push((properties.len(), wanted.hidden));
        }
        properties.push(Property {
            name: wanted.name.into(),
            value: read.value,
            required,
            personal: false,
            cell: wanted.column,
            raw_cell: None,
            check: read.check,
            censor: None,
        });
    }
    for (place, cell) in hidden {
        properties[place].cell = Some(columns.len() + cell);
    }
    for wanted in &envelope {
        let may_omit = wanted.reference_may_omit && kind == Kind::Reference;
        if members.get(wanted.name).is_none() && !may_omit {
            let name = wanted.name;
            let message = say!("缺少公共字段 `{name}`", "the envelope's `{name}` is missing");
            report.at("schema/envelope", &members.span, message);
        }
    }
    check_censors(members, &properties, report);
    let width = columns.len() + column::HIDDEN;
    (columns, Shape::new(properties, width))
}

/// The envelope's columns, in the places that [`column`] says.
fn envelope_columns(envelope: &[EnvelopeProperty]) -> Vec<Field> {
    let mut visible: Vec<_> = envelope.iter().filter_map(|wanted| Some((wanted.column?, wanted))).collect();
    visible.sort_by_key(|(column, _)| *column);
    let mut columns: Vec<Field> = visible
        .into_iter()
        .map(|(_, wanted)| Field {
            name: wanted.name.into(),
            data_type: wanted.data_type.clone(),
            required: wanted.required,
            description: String::new(),
            description_zh: String::new(),
        })
        .collect();
    columns.push(Field {
        name: "quality".into(),
        data_type: FieldType::List(Box::new(FieldType::Text)),
        required: false,
        description: "Flags of failed identity checks, each as `field:check`; empty if none failed.".into(),
        description_zh: "未通过的编号校验，逐项写作 `字段:校验`；全部通过的为空。".into(),
    });
    columns
}

fn check_envelope_property(
    kind: Kind,
    wanted: &EnvelopeProperty,
    member: &Member<'_>,
    read: &ReadValue,
    required: Required,
    versions: &[String],
    report: &mut SchemaReport<'_>,
) {
    let mut wrong = |zh: &str, en: &str| {
        let name = wanted.name;
        report.at("schema/envelope", &member.key_span, say!("公共字段 `{name}` {zh}", "the envelope's `{name}` {en}"));
    };
    if read.data_type != wanted.data_type {
        wrong("的类型与规定不符", "has another type than the envelope says");
    }
    if read.personal || read.raw_type.is_some() {
        wrong("不能是个人信息，也不能是开放枚举", "can be neither personal nor an open enumeration");
    }
    let must_be_required = wanted.required && !(kind == Kind::Reference && wanted.reference_may_omit);
    if must_be_required && required != Required::Always {
        wrong("应为必填", "must be required");
    }
    if wanted.required && read.value.nullable {
        wrong("不能为 null", "cannot be null");
    }
    if wanted.name == "op" {
        let is_right = matches!(&read.value.rule, ValueRule::Text(rule)
            if matches!(&rule.values, Values::Closed(values)
                if values.len() == 2 && values.iter().any(|value| **value == *"upsert") && values.iter().any(|value| **value == *"retract")));
        if !is_right {
            wrong("应为 upsert、retract 两值枚举", "must be the enumeration of upsert and retract");
        }
    }
    let default = match wanted.name {
        "revision" => "1",
        "op" => "\"upsert\"",
        "schema_version" => "\"1\"",
        _ => return,
    };
    let said = member.node.object().unwrap_or_default().iter().find(|keyword| keyword.key == "default");
    if let Some(said) = said.filter(|said| said.node.raw != default) {
        let name = wanted.name;
        let message = say!("`{name}` 的默认值是 {default}", "the default of `{name}` is {default}");
        report.at(CONTRADICTION, &said.node.span, message);
    }
    if wanted.name == "schema_version" && !versions.is_empty() && !versions.iter().any(|version| version == "1") {
        report.at(
            CONTRADICTION,
            &member.key_span,
            Bilingual::new(
                "`x-schema-versions` 缺少 \"1\"，未写版本的记录即为此版本",
                "`x-schema-versions` lacks \"1\", which a record without a version has",
            ),
        );
    }
}
