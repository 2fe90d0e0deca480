//! The keys that there are, and what else somebody may have written.

use std::ops::Range;

use figment::value::{Dict, Value};
use toml::de::{DeTable, DeValue};
use yujing_base::language::{Bilingual, say};

use super::Config;

/// Every key with its default. An empty table is a map whose keys are free.
pub(super) fn known() -> Dict {
    match Value::serialize(Config::default()) {
        Ok(Value::Dict(_, keys)) => keys,
        _ => unreachable!("invariant: the default configuration serialises to a table (tested)"),
    }
}

/// A key of a file that is not known.
pub(super) struct UnknownKey {
    /// With dots between its parts.
    pub(super) key: String,
    pub(super) span: Range<usize>,
}

/// The keys of a file that are not known.
pub(super) fn unknown(table: &DeTable<'_>, known: &Dict) -> Vec<UnknownKey> {
    let mut found = Vec::new();
    collect_unknown(table, known, &mut Vec::new(), &mut found);
    found
}

fn collect_unknown(table: &DeTable<'_>, known: &Dict, sections: &mut Vec<String>, found: &mut Vec<UnknownKey>) {
    for (name, value) in table {
        match (known.get(&**name.get_ref()), value.get_ref()) {
            (None, _) => found.push(UnknownKey { key: dotted(sections, name.get_ref()), span: name.span() }),
            (Some(Value::Dict(_, below)), DeValue::Table(inner)) if !below.is_empty() => {
                sections.push(name.get_ref().to_string());
                collect_unknown(inner, below, sections, found);
                sections.pop();
            }
            _ => {}
        }
    }
}

pub(super) fn no_such_key(key: &str) -> Bilingual {
    say!("没有配置项 `{key}`", "`{key}` is not a configuration key")
}

/// The nearest key: a slip of the pen, or the right name in another section.
pub(super) fn did_you_mean(key: &str, known: &Dict) -> Option<Bilingual> {
    let mut all = Vec::new();
    collect(known, &mut Vec::new(), &mut all);
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let moved = all.iter().find(|candidate| last(candidate) == last(key));
    let nearest = || {
        let (distance, candidate) =
            all.iter().map(|candidate| (strsim::damerau_levenshtein(key, candidate), candidate)).min()?;
        (distance <= 1 + key.len() / 4).then_some(candidate)
    };
    moved.or_else(nearest).map(|candidate| say!("是否应为 `{candidate}`？", "did you mean `{candidate}`?"))
}

fn collect(table: &Dict, sections: &mut Vec<String>, all: &mut Vec<String>) {
    for (name, value) in table {
        all.push(dotted(sections, name));
        if let Value::Dict(_, below) = value {
            sections.push(name.clone());
            collect(below, sections, all);
            sections.pop();
        }
    }
}

fn dotted(sections: &[String], name: &str) -> String {
    sections.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".")
}
