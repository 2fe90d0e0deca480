//! The layers of the configuration: defaults, then the file, then the environment. Every message says where the wrong
//! value stands: a line and column of the file, or the name of an environment variable.

use std::fmt;
use std::path::{Path, PathBuf};

use figment::providers::Serialized;
use figment::value::{Dict, Map, Value};
use figment::{Error, Figment, Metadata, Profile, Provider};
use toml::de::{DeTable, DeValue};

use super::{Config, mask};
use yujing_base::diagnostic::authored::{self, Codes};
use yujing_base::diagnostic::text::LONGEST_TOML;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::files;
use yujing_base::language::{Bilingual, say};

/// What every environment variable that configures begins with.
pub const PREFIX: &str = "YUJING__";

impl Config {
    /// The configuration of a file, if one is given, under this process's environment.
    ///
    /// # Errors
    /// Every problem of the file's keys and of the environment's, or the first value of a wrong type, or everything that
    /// [`super::check`] finds.
    pub fn load(file: Option<&Path>) -> Result<Self, Diagnostics> {
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            Some((name, value.to_string_lossy().into_owned()))
        });
        Self::layered(file, environment)
    }

    /// As [`Config::load`] under an environment of (name, value).
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn layered(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Diagnostics> {
        let known = known_keys();
        let mut layers = Figment::from(Serialized::defaults(Self::default()));
        let mut origins = Origins::default();
        let mut problems = Diagnostics::default();
        if let Some(path) = file {
            let table = read_file(path, &known, &mut origins)?;
            layers = layers.merge(Serialized::from(table, Profile::Default));
        }
        let mut variables: Vec<_> = environment.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
        variables.sort();
        for (name, text) in variables {
            match Variable::parse(name, &text, &known) {
                Ok(variable) => {
                    origins.variables.push((variable.path.clone(), variable.name.clone()));
                    layers = layers.merge(variable);
                }
                Err(problem) => problems.push(*problem),
            }
        }
        problems.into_result(())?;
        let config: Self = layers.extract().map_err(|error| extraction_problems(&error, &origins))?;
        super::check::check(&config, &origins).into_result(config)
    }
}

/// Every key with its default. An empty table is a map whose keys are free.
fn known_keys() -> Dict {
    match Value::serialize(Config::default()) {
        Ok(Value::Dict(_, keys)) => keys,
        _ => unreachable!("invariant: the default configuration serialises to a table (tested)"),
    }
}

/// Reads and checks a file by itself, so that its messages can point into it.
fn read_file(path: &Path, known: &Dict, origins: &mut Origins) -> Result<toml::Table, Diagnostics> {
    let text = files::text(path, LONGEST_TOML).map_err(|refused| {
        let Bilingual { zh, en } = refused.reason();
        let message = say!("配置文件无法读取：{zh}", "the configuration file cannot be read: {en}");
        Diagnostic::file("config/unreadable", path, message).with_help(Bilingual::new(
            "以 --config FILE 或 YUJING_CONFIG 指定其他文件",
            "name another file with --config FILE or YUJING_CONFIG",
        ))
    })?;
    let shown = mask::masked(&text);
    let syntax = |error: toml::de::Error| Diagnostics::from(problem(path, &text, &shown, "config/not-toml", &error));
    let keys = DeTable::parse(&text).map_err(syntax)?;
    let mut problems = Diagnostics::default();
    unknown_keys(keys.get_ref(), known, &mut Vec::new(), &mut |place, name, span| {
        let key = dotted(place, name);
        let mut problem = Diagnostic::at("config/unknown-key", path, &shown, span, no_such_key(&key));
        problem.help = did_you_mean(&key, known);
        problems.push(problem);
    });
    problems.into_result(())?;
    toml::from_str::<Config>(&text).map_err(|error| {
        Diagnostics::from(problem(path, &text, &shown, "config/wrong-value", &error).with_help(Bilingual::new(
            "deploy/yujing.toml 列有全部配置项的写法和默认值",
            "deploy/yujing.toml shows every key with its form and default",
        )))
    })?;
    let table = toml::from_str(&text).map_err(syntax)?;
    origins.file = Some(File { path: path.to_owned(), text, shown });
    Ok(table)
}

/// What the parser says of a file, in Chinese too where it is of a known kind.
/// `shown` is the text without secrets.
fn problem(path: &Path, text: &str, shown: &str, code: &'static str, error: &toml::de::Error) -> Diagnostic {
    let codes = Codes { syntax: code, unknown_key: "config/unknown-key" };
    let span = error.span().unwrap_or_default();
    let message = if mask::hides(text, &span) {
        Bilingual::new("Kafka 属性的值应为带引号的文本", "the value of a Kafka property is a text in quotation marks")
    } else {
        let described = authored::problem(path, text, text, codes, error);
        Bilingual::new(described.message.zh, one_line(error.message()))
    };
    Diagnostic::at(code, path, shown, span, message)
}

fn no_such_key(key: &str) -> Bilingual {
    say!("没有配置项 `{key}`", "`{key}` is not a configuration key")
}

fn unknown_keys(
    table: &DeTable<'_>,
    known: &Dict,
    place: &mut Vec<String>,
    found: &mut impl FnMut(&[String], &str, std::ops::Range<usize>),
) {
    for (name, value) in table {
        let span = name.span();
        let name: &str = name.get_ref();
        match (known.get(name), value.get_ref()) {
            (None, _) => found(place, name, span),
            (Some(Value::Dict(_, below)), DeValue::Table(inner)) if !below.is_empty() => {
                place.push(name.to_owned());
                unknown_keys(inner, below, place, found);
                place.pop();
            }
            _ => {}
        }
    }
}

/// One environment variable as a layer of its own, so that its name is the origin of its value.
#[derive(Debug)]
struct Variable {
    name: String,
    path: Vec<String>,
    value: Value,
}

impl Variable {
    /// `YUJING__ENGINE__BATCH_LINGER` is `engine.batch_linger`. Below a map the rest is its key: for librdkafka
    /// properties `_` stands for `.`, for sources and candidates it stands for `-`, because a shell allows neither in a name.
    fn parse(name: String, text: &str, known: &Dict) -> Result<Self, Box<Diagnostic>> {
        let parts: Vec<String> = name[PREFIX.len()..].split("__").map(str::to_lowercase).collect();
        let problem = |code, message: Bilingual| Box::new(Diagnostic::file(code, Path::new(&name), message));
        let (Some(section), Some(key)) = (parts.first(), parts.get(1)) else {
            let mut unknown = problem(
                "config/unknown-key",
                Bilingual::new("环境变量未指明配置项", "the variable names no configuration key"),
            );
            unknown.help = Some(Bilingual::new(
                "变量名的形式为 YUJING__SECTION__KEY，例如 YUJING__SERVER__LISTEN",
                "variables have the form YUJING__SECTION__KEY, for example YUJING__SERVER__LISTEN",
            ));
            return Err(unknown);
        };
        let default = known.get(section).and_then(Value::as_dict).and_then(|keys| keys.get(key));
        let (path, value) = match (default, parts.get(2..).unwrap_or_default()) {
            (Some(Value::Dict(..)), [first, rest @ ..]) => {
                let joined = std::iter::once(first).chain(rest).cloned().collect::<Vec<_>>().join("__");
                let entry = joined.replace('_', if key == "properties" { "." } else { "-" });
                (vec![section.clone(), key.clone(), entry], Value::from(text))
            }
            (Some(Value::Num(..)), []) => {
                let number: i64 = text.trim().parse().map_err(|_| {
                    let message = say!(
                        "`{section}.{key}` 应为整数，而不是 `{text}`",
                        "`{section}.{key}` is a whole number, not `{text}`"
                    );
                    problem("config/wrong-value", message)
                })?;
                (parts.clone(), Value::from(number))
            }
            (Some(Value::Bool(..)), []) => {
                let truth: bool = text.trim().parse().map_err(|_| {
                    let message = say!(
                        "`{section}.{key}` 应为 true 或 false，而不是 `{text}`",
                        "`{section}.{key}` is true or false, not `{text}`"
                    );
                    problem("config/wrong-value", message)
                })?;
                (parts.clone(), Value::from(truth))
            }
            (Some(Value::String(..)), []) => (parts.clone(), Value::from(text)),
            (Some(Value::Array(..)), []) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                (parts.clone(), items.map(Value::from).collect::<Vec<_>>().into())
            }
            _ => {
                let key = parts.join(".");
                let mut unknown = problem("config/unknown-key", no_such_key(&key));
                unknown.help = did_you_mean(&key, known).map(|Bilingual { zh, en }| {
                    say!("{zh}（变量名为 {PREFIX}SECTION__KEY）", "{en} ({PREFIX}SECTION__KEY)")
                });
                return Err(unknown);
            }
        };
        Ok(Self { name, path, value })
    }
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

/// What is wrong with values of the environment: the file was checked before.
fn extraction_problems(error: &Error, origins: &Origins) -> Diagnostics {
    let mut problems = Diagnostics::default();
    for one in error.clone() {
        let (key, reason) = (one.path.join("."), one_line(&one.kind.to_string()));
        let message = say!("`{key}` 的值不对：{reason}", "`{key}`: {reason}");
        problems.push(origins.problem("config/wrong-value", &one.path, message));
    }
    problems
}

/// The file, its text, and the same without secrets.
struct File {
    path: PathBuf,
    text: String,
    shown: String,
}

/// Where values came from.
#[derive(Default)]
pub struct Origins {
    file: Option<File>,
    /// The path of a key, and the variable that set it.
    variables: Vec<(Vec<String>, String)>,
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_ref().map(|file| &file.path);
        f.debug_struct("Origins").field("file", &file).field("variables", &self.variables).finish()
    }
}

impl Origins {
    /// An error about the value of a key, at the place that set it.
    pub fn problem<S: AsRef<str>>(&self, code: &'static str, key: &[S], message: Bilingual) -> Diagnostic {
        let same = |path: &[String]| path.iter().map(String::as_str).eq(key.iter().map(AsRef::as_ref));
        if let Some((_, name)) = self.variables.iter().find(|(path, _)| same(path)) {
            return Diagnostic::file(code, Path::new(name), message);
        }
        let Some(File { path, text, shown }) = &self.file else {
            return Diagnostic::file(code, Path::new("(default)"), message);
        };
        match span_of(text, key) {
            Some(span) => Diagnostic::at(code, path, shown, span, message),
            None => Diagnostic::file(code, path, message),
        }
    }
}

fn span_of<S: AsRef<str>>(text: &str, key: &[S]) -> Option<std::ops::Range<usize>> {
    let parsed = DeTable::parse(text).ok()?;
    let mut table = parsed.get_ref();
    let (last, sections) = key.split_last()?;
    for section in sections {
        table = table.get(section.as_ref())?.get_ref().as_table()?;
    }
    Some(table.get(last.as_ref())?.span())
}

fn dotted(place: &[String], name: &str) -> String {
    place.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".")
}

/// The nearest key: a slip of the pen, or the right name in another section.
fn did_you_mean(key: &str, known: &Dict) -> Option<Bilingual> {
    let mut all = Vec::new();
    collect_keys(known, &mut Vec::new(), &mut all);
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let moved = all.iter().find(|candidate| last(candidate) == last(key));
    let nearest = || {
        let (distance, candidate) =
            all.iter().map(|candidate| (strsim::damerau_levenshtein(key, candidate), candidate)).min()?;
        (distance <= 1 + key.len() / 4).then_some(candidate)
    };
    moved.or_else(nearest).map(|candidate| say!("是否应为 `{candidate}`？", "did you mean `{candidate}`?"))
}

fn collect_keys(table: &Dict, place: &mut Vec<String>, all: &mut Vec<String>) {
    for (name, value) in table {
        all.push(dotted(place, name));
        if let Value::Dict(_, below) = value {
            place.push(name.clone());
            collect_keys(below, place, all);
            place.pop();
        }
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
