//! Environment variables that configure.

use std::path::Path;

use figment::value::{Dict, Map, Value};
use figment::{Error, Metadata, Profile, Provider};
use yujing_base::diagnostic::Diagnostic;
use yujing_base::language::{Bilingual, say};

use super::key;

/// What every environment variable that configures begins with.
pub const PREFIX: &str = "YUJING__";

/// One environment variable as a layer of its own, so that its name is the origin of its value.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    /// The key that it sets.
    pub(super) path: Vec<String>,
    value: Value,
}

impl Variable {
    /// `YUJING__ENGINE__BATCH_LINGER` is `engine.batch_linger`. Below a map the rest is its key: for librdkafka
    /// properties `_` stands for `.`, for sources and candidates it stands for `-`, because a shell allows neither in a
    /// name.
    pub(super) fn parse(name: String, text: &str, known: &Dict) -> Result<Self, Box<Diagnostic>> {
        let parts: Vec<String> = name[PREFIX.len()..].split("__").map(str::to_lowercase).collect();
        if parts.len() < 2 {
            return Err(no_key(&name));
        }
        let mut below = known;
        for (depth, part) in parts.iter().enumerate() {
            let (path, rest) = parts.split_at(depth + 1);
            match (below.get(part), rest) {
                (Some(Value::Dict(_, keys)), [_, ..]) if keys.is_empty() => {
                    let entry = rest.join("__").replace('_', if part == "properties" { "." } else { "-" });
                    let path = [path, &[entry]].concat();
                    return Ok(Self { name, path, value: Value::from(text) });
                }
                (Some(Value::Dict(_, keys)), [_, ..]) => below = keys,
                (Some(default), []) if !matches!(default, Value::Dict(..)) => {
                    let value =
                        value_like(default, text).map_err(|expected| wrong_value(&name, &parts, text, expected))?;
                    return Ok(Self { name, path: parts, value });
                }
                _ => break,
            }
        }
        Err(unknown_key(&name, &parts.join("."), known))
    }
}

/// A text as a value of the kind that the default has; else which kind that is.
fn value_like(default: &Value, text: &str) -> Result<Value, Bilingual> {
    match default {
        Value::Num(..) => {
            let number: Result<i64, _> = text.trim().parse();
            number.map(Value::from).map_err(|_| Bilingual::new("整数", "a whole number"))
        }
        Value::Bool(..) => {
            let truth: Result<bool, _> = text.trim().parse();
            truth.map(Value::from).map_err(|_| Bilingual::new(" true 或 false", "true or false"))
        }
        Value::Array(..) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(items.map(Value::from).collect::<Vec<_>>().into())
        }
        _ => Ok(Value::from(text)),
    }
}

fn wrong_value(name: &str, parts: &[String], text: &str, expected: Bilingual) -> Box<Diagnostic> {
    let key = parts.join(".");
    let Bilingual { zh, en } = expected;
    problem(name, "config/wrong-value", say!("`{key}` 应为{zh}，而不是 `{text}`", "`{key}` is {en}, not `{text}`"))
}

fn no_key(name: &str) -> Box<Diagnostic> {
    let message = Bilingual::new("环境变量未指明配置项", "the variable names no configuration key");
    let mut unknown = problem(name, "config/unknown-key", message);
    unknown.help = Some(Bilingual::new(
        "变量名的形式为 YUJING__SECTION__KEY，例如 YUJING__SERVER__LISTEN",
        "variables have the form YUJING__SECTION__KEY, for example YUJING__SERVER__LISTEN",
    ));
    unknown
}

fn unknown_key(name: &str, key: &str, known: &Dict) -> Box<Diagnostic> {
    let mut unknown = problem(name, "config/unknown-key", key::no_such_key(key));
    unknown.help = key::did_you_mean(key, known)
        .map(|Bilingual { zh, en }| say!("{zh}（变量名为 {PREFIX}SECTION__KEY）", "{en} ({PREFIX}SECTION__KEY)"));
    unknown
}

fn problem(name: &str, code: &'static str, message: Bilingual) -> Box<Diagnostic> {
    Box::new(Diagnostic::file(code, Path::new(name), message))
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let mut value = self.value.clone();
        for name in self.path.iter().rev() {
            value = Value::from(Dict::from([(name.clone(), value)]));
        }
        Ok(Map::from([(Profile::Default, value.into_dict().unwrap_or_default())]))
    }
}
