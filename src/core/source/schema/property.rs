//! One property of a schema file: its keywords become a rule for the decoder and a type for the column.

use std::sync::Arc;

use yujing_base::language::{Bilingual, say};

use super::constraint::{read_counts, read_integer, read_number, read_text, read_time};
use super::json::{Json, Member, Node};
use super::report::{CONTRADICTION, Keywords, MISPLACED_KEYWORD, SchemaReport, UNKNOWN_KEYWORD, WRONG_VALUE};
use crate::source::decode::check_value;
use crate::source::definition::{Field, FieldType};
use crate::source::shape::{Check, Property, Required, Shape, Value, ValueRule, Values};

/// Keywords that any property may have.
const COMMON: [&str; 7] = ["type", "description", "x-description-zh", "examples", "default", "x-unit", "x-personal"];
/// Keywords of each type; `text` is a string without `format`, `time` one with it.
const BY_TYPE: [(&str, &[&str]); 7] = [
    ("text", &["enum", "const", "minLength", "maxLength", "pattern", "x-open", "x-enum", "x-check", "x-normalize"]),
    ("time", &["format"]),
    ("integer", &["enum", "const", "minimum", "maximum"]),
    ("number", &["minimum", "maximum", "x-scale", "x-censor"]),
    ("boolean", &["const"]),
    ("array", &["items", "minItems", "maxItems"]),
    ("object", &["properties", "required", "additionalProperties"]),
];

/// Where a value stands, which decides what it may say about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A property of the document.
    Top,
    /// A property of an object inside the document.
    Nested,
    /// The items of an array.
    Item,
}

/// What the keywords of one value gave.
#[derive(Debug)]
pub(super) struct ReadValue {
    pub value: Value,
    pub data_type: FieldType,
    pub description: String,
    pub description_zh: String,
    pub personal: bool,
    /// The type of the column of unknown codes, if the value, or each item of it, is an open enumeration.
    pub raw_type: Option<FieldType>,
    pub check: Option<Check>,
    /// The field that says how this number is to be read.
    pub censor: Option<Arc<str>>,
}

/// Reads the keywords of one value. `None` if something was reported that leaves no rule to go on with.
pub(super) fn read_value(node: &Node<'_>, place: Place, report: &mut SchemaReport<'_>) -> Option<ReadValue> {
    let keywords = report.object(("字段", "a property"), node)?;
    let (type_name, nullable) = read_type(&keywords, report)?;
    let kind = if type_name == "string" && keywords.get("format").is_some() {
        "time"
    } else if type_name == "string" {
        "text"
    } else {
        type_name
    };
    check_keywords(&keywords, kind, place, report);
    let mut personal = false;
    if let Some(member) = keywords.get("x-personal") {
        report.must_be_true(member);
        personal = true;
    }
    let mut raw_type = None;
    let (rule, data_type) = match kind {
        "boolean" => {
            (ValueRule::Bool { only: keywords.get("const").and_then(|member| report.bool(member)) }, FieldType::Bool)
        }
        "integer" => (read_integer(&keywords, nullable, report), FieldType::Int),
        "number" => read_number(&keywords, report)?,
        "time" => read_time(&keywords, report)?,
        "text" => {
            let rule = read_text(&keywords, nullable, report)?;
            if matches!(rule.values, Values::Open(_)) {
                raw_type = Some(FieldType::Text);
            }
            (ValueRule::Text(rule), FieldType::Text)
        }
        "array" => {
            let item = read_value(&keywords.need("items", report)?.node, Place::Item, report)?;
            if matches!(item.data_type, FieldType::List(_)) && item.raw_type.is_some() {
                let message = Bilingual::new(
                    "开放枚举可以放在数组中，不能放在数组的数组中",
                    "an open enumeration may stand in an array, not in an array of arrays",
                );
                report.at(CONTRADICTION, &node.span, message);
            }
            raw_type = item.raw_type.map(|raw| FieldType::List(Box::new(raw)));
            let (min, max) = read_counts(&keywords, "minItems", "maxItems", report);
            (ValueRule::List { item: Box::new(item.value), min, max }, FieldType::List(Box::new(item.data_type)))
        }
        "object" => {
            let (shape, fields) = read_object(&keywords, report)?;
            (ValueRule::Object(shape), FieldType::Object(fields))
        }
        _ => return None,
    };
    let value = Value { rule, nullable };
    check_documented_values(&keywords, &value, report);
    let mut text = |key: &str| keywords.get(key).and_then(|member| report.text(member)).unwrap_or_default().to_owned();
    let (description, description_zh) = (text("description"), text("x-description-zh"));
    text("x-unit");
    let check = keywords.get("x-check").and_then(|member| read_check(member, report));
    let censor = keywords.get("x-censor").and_then(|member| report.text(member)).map(Arc::from);
    Some(ReadValue { value, data_type, description, description_zh, personal, raw_type, check, censor })
}

/// `type`: one name, or a name and `null`.
fn read_type<'n>(keywords: &Keywords<'n, '_>, report: &mut SchemaReport<'_>) -> Option<(&'n str, bool)> {
    let member = keywords.need("type", report)?;
    let (name, nullable) = match &member.node.value {
        Json::Text(name) => (name.as_str(), false),
        Json::List(_) => match member.node.texts()?[..] {
            [name, "null"] if name != "null" => (name, true),
            _ => ("", false),
        },
        _ => ("", false),
    };
    if matches!(name, "boolean" | "integer" | "number" | "string" | "array" | "object") {
        return Some((name, nullable));
    }
    let wanted = Bilingual::new(
        "`type` 应为 boolean、integer、number、string、array、object 之一，或其中之一与 null 组成的列表",
        "`type` must be boolean, integer, number, string, array or object, or a list of one of them and null",
    );
    report.at(WRONG_VALUE, &member.node.span, wanted);
    None
}

fn check_keywords(keywords: &Keywords<'_, '_>, kind: &str, place: Place, report: &mut SchemaReport<'_>) {
    let own = BY_TYPE.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, own)| own);
    for member in keywords.members {
        let key = member.key.as_str();
        let is_known = COMMON.contains(&key) || BY_TYPE.iter().any(|(_, keys)| keys.contains(&key));
        if !is_known {
            let all = COMMON.iter().chain(BY_TYPE.iter().flat_map(|(_, keys)| *keys)).copied();
            unknown_keyword(member, all, report);
        } else if !COMMON.contains(&key) && !own.contains(&key) {
            let (zh, en) = match kind {
                "time" => ("带 `format` 的 string", "a string with `format`"),
                "text" => ("string", "a string"),
                other => (other, other),
            };
            let message = say!("`{key}` 不适用于 {zh}", "`{key}` does not apply to {en}");
            report.at(MISPLACED_KEYWORD, &member.key_span, message);
        } else if (matches!(key, "x-personal" | "x-censor") && place == Place::Item)
            || (matches!(key, "x-check" | "x-normalize") && place != Place::Top)
        {
            report.at(MISPLACED_KEYWORD, &member.key_span, say!("`{key}` 不能用在此处", "`{key}` does not apply here"));
        }
    }
}

/// Reports a keyword outside the subset, with the nearest one in it.
pub(super) fn unknown_keyword<'k>(
    member: &Member<'_>,
    known: impl Iterator<Item = &'k str>,
    report: &mut SchemaReport<'_>,
) {
    let key = &member.key;
    let message = say!(
        "`{key}` 不在可用的 JSON Schema 关键字之列",
        "`{key}` is not in the subset of JSON Schema that is read here"
    );
    let distance = |candidate: &str| strsim::damerau_levenshtein(candidate, &member.key);
    let nearest = known.min_by_key(|candidate| distance(candidate)).filter(|candidate| distance(candidate) <= 3);
    match nearest {
        Some(nearest) => {
            let help = say!("是否应为 `{nearest}`？", "did you mean `{nearest}`?");
            report.at_with_help(UNKNOWN_KEYWORD, &member.key_span, message, help);
        }
        None => report.at(UNKNOWN_KEYWORD, &member.key_span, message),
    }
}

fn read_check(member: &Member<'_>, report: &mut SchemaReport<'_>) -> Option<Check> {
    match member.node.text() {
        Some("uscc") => Some(Check::Uscc),
        Some("licence") => Some(Check::Licence),
        Some("personal") => Some(Check::Personal),
        _ => {
            report.at(
                WRONG_VALUE,
                &member.node.span,
                Bilingual::new(
                    "`x-check` 应为 uscc、licence 或 personal",
                    "`x-check` must be uscc, licence or personal",
                ),
            );
            None
        }
    }
}

/// Examples and the default must be what the property itself allows.
fn check_documented_values(keywords: &Keywords<'_, '_>, value: &Value, report: &mut SchemaReport<'_>) {
    let mut documented: Vec<&Node<'_>> = Vec::new();
    if let Some(member) = keywords.get("examples") {
        match member.node.list() {
            Some(examples) => documented.extend(examples),
            None => report.at(
                WRONG_VALUE,
                &member.node.span,
                Bilingual::new("`examples` 应为列表", "`examples` must be a list"),
            ),
        }
    }
    documented.extend(keywords.get("default").map(|member| &member.node));
    for node in documented {
        if let Err(refusal) = check_value(value, node.raw) {
            let (code, expected) = (refusal.code, refusal.expected);
            let message =
                say!("此值会被拒收（{code}）：应为 {expected}", "this would be refused as {code}: expected {expected}");
            report.at("schema/invalid-example", &node.span, message);
        }
    }
}

/// An object inside the document: its properties in order, the personal ones checked and dropped.
fn read_object(keywords: &Keywords<'_, '_>, report: &mut SchemaReport<'_>) -> Option<(Shape, Vec<Field>)> {
    let properties = keywords.need("properties", report)?;
    let members = report.object(("`properties` ", "`properties`"), &properties.node)?;
    check_open_to_additions(keywords, report);
    let required = required_names(keywords.get("required"), &members, report);
    let mut fields: Vec<Field> = Vec::new();
    let mut read = Vec::new();
    for member in members.members {
        check_name(member, Place::Nested, report);
        let Some(found) = read_value(&member.node, Place::Nested, report) else { continue };
        let required = required.contains(&member.key.as_str());
        read.push(add_property(
            member,
            found,
            if required { Required::Always } else { Required::Never },
            &mut fields,
            report,
        ));
    }
    check_count(&members, report);
    check_censors(&members, &read, report);
    let width = fields.len();
    Some((Shape::new(read, width), fields))
}

/// How a number may be to be read.
const CENSORS: [&str; 4] = ["=", "<", ">", "ND"];

/// A field that says how another is to be read has the words for it.
pub(super) fn check_censors(members: &Keywords<'_, '_>, properties: &[Property], report: &mut SchemaReport<'_>) {
    let has_words = |name: &str| {
        let property = properties.iter().find(|property| *property.name == *name);
        let values = property.and_then(|property| match &property.value.rule {
            ValueRule::Text(text) => Some(&text.values),
            _ => None,
        });
        matches!(values, Some(Values::Closed(values)) if CENSORS.iter().all(|word| values.iter().any(|value| **value == **word)))
    };
    for property in properties {
        let Some(censor) = property.censor.as_ref().filter(|censor| !has_words(censor)) else { continue };
        let message = say!(
            "`x-censor` 应指向同一对象中取值含 =、<、>、ND 的字段，`{censor}` 不是",
            "`x-censor` names a field beside it with the values =, <, > and ND, which `{censor}` is not"
        );
        let span = members.members.iter().find(|member| *member.key == *property.name).map(|member| &member.key_span);
        report.at(CONTRADICTION, span.unwrap_or(&members.span), message);
    }
}

/// Makes a property with its columns, unless it is personal.
pub(super) fn add_property(
    member: &Member<'_>,
    read: ReadValue,
    required: Required,
    fields: &mut Vec<Field>,
    report: &mut SchemaReport<'_>,
) -> Property {
    let name: Arc<str> = member.key.as_str().into();
    let mut add = |added: Field| {
        if fields.iter().any(|field| field.name == added.name) {
            let taken = &added.name;
            let message = say!("已有名为 `{taken}` 的列", "there is a column `{taken}` already");
            report.at(CONTRADICTION, &member.key_span, message);
        }
        fields.push(added);
        fields.len() - 1
    };
    let (mut cell, mut raw_cell) = (None, None);
    if !read.personal {
        cell = Some(add(Field {
            name: name.clone(),
            data_type: read.data_type,
            required: required != Required::Never,
            description: read.description,
            description_zh: read.description_zh,
        }));
        raw_cell = read.raw_type.map(|data_type| {
            add(Field {
                name: format!("{name}_raw").into(),
                data_type,
                required: false,
                description: format!("The code as sent where `{name}` is `other` because the code is unknown."),
                description_zh: format!("`{name}` 的取值不在列表中而记为 `other` 时，推送方原来的代码。"),
            })
        });
    }
    let ReadValue { value, personal, check, censor, .. } = read;
    Property { name, value, required, personal, cell, raw_cell, check, censor }
}

/// Additive changes must stay safe, so an object never forbids further properties.
pub(super) fn check_open_to_additions(keywords: &Keywords<'_, '_>, report: &mut SchemaReport<'_>) {
    if let Some(member) = keywords.get("additionalProperties")
        && member.node.bool() != Some(true)
    {
        let help = Bilingual::new(
            "未知字段忽略并计数，增加字段不影响推送方",
            "unknown fields are ignored and counted, so that adding a field never breaks a publisher",
        );
        let message = Bilingual::new("`additionalProperties` 应为 true", "`additionalProperties` must be true");
        report.at_with_help(CONTRADICTION, &member.key_span, message, help);
    }
}

/// The names of a `required`, each of which must be a property.
pub(super) fn required_names<'n>(
    required: Option<&'n Member<'_>>,
    properties: &Keywords<'_, '_>,
    report: &mut SchemaReport<'_>,
) -> Vec<&'n str> {
    let Some(member) = required else { return Vec::new() };
    let Some(nodes) = member.node.list() else {
        report.at(
            WRONG_VALUE,
            &member.node.span,
            Bilingual::new("`required` 应为字段名列表", "`required` must be a list of property names"),
        );
        return Vec::new();
    };
    let mut names = Vec::new();
    for node in nodes {
        match node.text() {
            Some(name) if properties.get(name).is_some() => names.push(name),
            _ => {
                let name = node.raw;
                let message = say!("{name} 列为必填，但没有这个字段", "{name} is required but not a property");
                report.at(CONTRADICTION, &node.span, message);
            }
        }
    }
    names
}

/// Names become SQL columns, so they are plain; only inside an object may they have capitals.
pub(super) fn check_name(member: &Member<'_>, place: Place, report: &mut SchemaReport<'_>) {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || (place != Place::Top && byte.is_ascii_uppercase());
    let mut bytes = member.key.bytes();
    let is_right =
        bytes.next().is_some_and(is_plain) && bytes.all(|byte| is_plain(byte) || byte.is_ascii_digit() || byte == b'_');
    if !is_right {
        let name = &member.key;
        let message = say!(
            "`{name}` 不能作列名：只用小写字母、数字和 `_`",
            "`{name}` cannot be a column: lower-case letters, digits and `_` only"
        );
        report.at("schema/invalid-name", &member.key_span, message);
    }
}

pub(super) fn check_count(properties: &Keywords<'_, '_>, report: &mut SchemaReport<'_>) {
    if properties.members.len() > Shape::MAX_PROPERTIES {
        let most = Shape::MAX_PROPERTIES;
        let message = say!("一个对象的字段超过{most}个", "more than {most} properties in one object");
        report.at(CONTRADICTION, &properties.span, message);
    }
}
