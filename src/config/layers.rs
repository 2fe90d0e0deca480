//! The layers of the configuration: defaults, then the file, then the environment. Every message says where the wrong
//! value stands: a line and column of the file, or the name of an environment variable.

use std::path::Path;

use figment::providers::Serialized;
use figment::value::Dict;
use figment::{Error, Figment, Profile};
use toml::de::DeTable;
use yujing_base::diagnostic::authored::{self, Codes};
use yujing_base::diagnostic::text::MAX_TOML_BYTES;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::files;
use yujing_base::language::{Bilingual, say};

use super::origin::{OriginalFile, Origins};
use super::variable::{PREFIX, Variable};
use super::{Config, key, mask};

impl Config {
    /// The configuration of a file, if one is given, under this process's environment.
    ///
    /// # Errors
    /// Every problem of the file's keys and of the environment's, or the first value of a wrong type, or everything
    /// that [`super::limits`] finds.
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
        let known = key::known();
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
                    origins.variables.insert(variable.path.clone(), variable.name.clone());
                    layers = layers.merge(variable);
                }
                Err(problem) => problems.push(*problem),
            }
        }
        problems.into_result(())?;
        let config: Self = layers.extract().map_err(|error| extraction_problems(&error, &origins))?;
        super::limits::check(&config, &origins).into_result(config)
    }
}

/// Reads and checks a file by itself, so that its messages can point into it.
fn read_file(path: &Path, known: &Dict, origins: &mut Origins) -> Result<toml::Table, Diagnostics> {
    let text = files::text(path, MAX_TOML_BYTES).map_err(|refused| {
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
    for unknown in key::unknown(keys.get_ref(), known) {
        let message = key::no_such_key(&unknown.key);
        let mut problem = Diagnostic::at("config/unknown-key", path, &shown, unknown.span, message);
        problem.help = key::did_you_mean(&unknown.key, known);
        problems.push(problem);
    }
    problems.into_result(())?;
    toml::from_str::<Config>(&text).map_err(|error| {
        Diagnostics::from(problem(path, &text, &shown, "config/wrong-value", &error).with_help(Bilingual::new(
            "deploy/yujing.toml 列有全部配置项的写法和默认值",
            "deploy/yujing.toml shows every key with its form and default",
        )))
    })?;
    let table = toml::from_str(&text).map_err(syntax)?;
    origins.file = Some(OriginalFile { path: path.to_owned(), text, shown });
    Ok(table)
}

/// What the parser says of a file, in Chinese too where it is of a known kind.
/// `shown` is the text without secrets.
fn problem(path: &Path, text: &str, shown: &str, code: &'static str, error: &toml::de::Error) -> Diagnostic {
    let codes = Codes { syntax: code, unknown_key: "config/unknown-key" };
    let span = error.span().unwrap_or_default();
    let message = if mask::hides(text, &span) {
        Bilingual::new(
            "Kafka 属性的值应为带引号的文本，令牌应为其列表",
            "the value of a Kafka property is a text in quotation marks, tokens are a list of such",
        )
    } else {
        let described = authored::problem(path, text, text, codes, error);
        Bilingual::new(described.message.zh, one_line(error.message()))
    };
    Diagnostic::at(code, path, shown, span, message)
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

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
