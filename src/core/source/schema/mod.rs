//! Schema files: a listed subset of JSON Schema keywords plus `x-` annotations becomes a [`Source`].
//!
//! - here: all sources
//! - `file`: one schema file
//! - `property`, `constraint`: the keywords of one property, and those that limit its values
//! - `json`: JSON with the place of every key and value
//! - `published`: what unit tests are given: the published schemas
//! - `report`: everything found wrong in one file

mod constraint;
mod file;
mod json;
mod property;
#[cfg(test)]
pub(crate) mod published;
mod report;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use yujing_base::OperatorId;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};

use super::definition::{Kind, Source, SourceId};

/// What follows the name of a source in the name of its file.
pub const SUFFIX: &str = ".schema.json";

/// The table that the engine fills itself with the warnings that are over, as if it were a source.
pub const PAST_WARNINGS: &str = "past-warnings";
const PAST_WARNINGS_SCHEMA: &str = include_str!("past-warnings.schema.json");

/// All sources, in the order of their names, and behind them the table of past warnings, which no publisher fills.
#[derive(Debug, Clone)]
pub struct Sources {
    published: Vec<Arc<Source>>,
    past_warnings: Arc<Source>,
    /// What they were read from.
    files: Vec<(PathBuf, String)>,
}

impl Sources {
    /// Reads schema files, each with its path (the file's name gives the source's name): those that have `x-kind` `event` or
    /// `reference`; schemas of what leaves (`x-kind` `output`) are passed over.
    ///
    /// # Errors
    /// Every problem of every file: a keyword outside the subset, a contradiction, an example that is not valid, ...
    pub fn parse(files: &[(PathBuf, String)]) -> Result<Self, Diagnostics> {
        let mut diagnostics = Diagnostics::default();
        let mut sources: Vec<Arc<Source>> = Vec::new();
        let mut sorted: Vec<_> = files.iter().collect();
        sorted.sort_by_key(|(path, _)| path.file_name());
        for (path, text) in sorted {
            match file::read(path, text) {
                Ok(None) => {}
                Ok(Some(source)) => {
                    diagnostics.0.extend(contradictions(path, &source, &sources));
                    sources.push(Arc::new(source));
                }
                Err(found) => diagnostics.extend(found),
            }
        }
        sources.sort_by(|a, b| a.name.cmp(&b.name));
        let path = PathBuf::from(format!("{PAST_WARNINGS}{SUFFIX}"));
        let past_warnings = file::read(&path, PAST_WARNINGS_SCHEMA)?;
        let past_warnings = Arc::new(past_warnings.expect("invariant: it describes a table"));
        if sources.iter().any(|source| source.name == past_warnings.name) {
            diagnostics.push(name_is_taken(&path));
        }
        diagnostics.into_result(Self { published: sources, past_warnings, files: files.to_owned() })
    }

    /// The schema files with their paths: [`Sources::parse`] gives the same sources again.
    pub fn files(&self) -> &[(PathBuf, String)] {
        &self.files
    }

    /// What publishers fill: each has a topic.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (SourceId, &Arc<Source>)> {
        self.published
            .iter()
            .enumerate()
            .map(|(index, source)| (SourceId(u16::try_from(index).unwrap_or(u16::MAX)), source))
    }

    /// Everything that SQL can read, by [`SourceId`]: the sources, and the past warnings.
    pub fn tables(&self) -> impl Iterator<Item = (SourceId, &Arc<Source>)> {
        self.iter().chain([self.past_warnings()])
    }

    /// The table of past warnings: no publisher fills it, and it has no topic.
    pub fn past_warnings(&self) -> (SourceId, &Arc<Source>) {
        (SourceId(u16::try_from(self.published.len()).unwrap_or(u16::MAX)), &self.past_warnings)
    }

    pub fn get(&self, id: SourceId) -> &Arc<Source> {
        self.published.get(usize::from(id.0)).unwrap_or(&self.past_warnings)
    }

    pub fn by_name(&self, name: &str) -> Option<(SourceId, &Arc<Source>)> {
        self.iter().find(|(_, source)| *source.name == *name)
    }

    /// As [`Sources::by_name`], the past warnings included.
    pub fn table_by_name(&self, name: &str) -> Option<(SourceId, &Arc<Source>)> {
        self.tables().find(|(_, source)| *source.name == *name)
    }

    pub fn by_table(&self, table: &str) -> Option<(SourceId, &Arc<Source>)> {
        self.tables().find(|(_, source)| *source.table == *table)
    }

    /// An operator's number in the form that every source gives it: what people and programs ask for may be written as
    /// records may.
    pub fn operator_id(&self, written: &str) -> OperatorId {
        self.published.first().map_or_else(|| written.into(), |source| source.operator_id(written))
    }

    /// The reference source `operators`, if the folder has one: it says who is registered, and who they are.
    pub fn operators(&self) -> Option<(SourceId, &Arc<Source>)> {
        self.iter().find(|(_, source)| source.kind == Kind::Reference)
    }
}

fn name_is_taken(path: &Path) -> Diagnostic {
    let message =
        Bilingual::new("数据源不能叫此名：引擎自有此表", "a source cannot be called so: the engine has such a table");
    let help = Bilingual::new("请改用其他名称", "give it another name");
    Diagnostic::file("schema/contradiction", path, message).with_help(help)
}

/// What makes a source impossible beside those before it.
fn contradictions(path: &Path, source: &Source, others: &[Arc<Source>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut report = |message: Bilingual, help: Bilingual| {
        found.push(Diagnostic::file("schema/contradiction", path, message).with_help(help));
    };
    if let Some(other) = others.iter().find(|other| clash(other, source)) {
        let name = &other.name;
        let message = say!(
            "与数据源 `{name}` 主题相同，或同为登记类数据源",
            "the source `{name}` has the same topic, or is a reference source too"
        );
        let help = Bilingual::new(
            "每个数据源各用一个主题；登记监管对象的数据源只能有一个",
            "give each source a topic of its own; only one source describes operators",
        );
        report(message, help);
    }
    if let Some(other) = others.first().filter(|other| other.operator_form() != source.operator_form()) {
        let name = &other.name;
        let message = say!(
            "`operator_id` 的 `x-normalize` 与数据源 `{name}` 不同，同一监管对象会成为两户",
            "`x-normalize` of `operator_id` is another than in the source `{name}`: one operator would be two"
        );
        let help = Bilingual::new(
            "各数据源 `operator_id` 的 `x-normalize` 应一致",
            "give `operator_id` the same `x-normalize` in every source",
        );
        report(message, help);
    }
    found
}

/// Whether two sources cannot stand side by side.
fn clash(a: &Source, b: &Source) -> bool {
    a.topic == b.topic || (a.kind == Kind::Reference && b.kind == Kind::Reference)
}
