//! From the texts of `*.rhai` files to checked, compiled rules. Those whose text and surroundings did not change are kept
//! for the next ruleset.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rhai::{AST, Engine};
use xxhash_rust::xxh3::xxh3_128;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::kept::Kept;
use yujing_base::language::{Bilingual, say};

use super::check::{self, CheckContext};
use super::compiled::{CompiledRule, Source};
use super::definition::{MAX_POINTS, Rule};
use super::engine::Limits;
use super::family::Family;
use super::{metadata, syntax, syntax_tree};
use crate::feature::Feature;

/// A rule with what evaluation needs of it.
#[derive(Debug)]
pub(super) struct Script {
    pub rule: Arc<Rule>,
    pub ast: AST,
    /// Its functions, as far as they can be compiled.
    pub compiled: CompiledRule,
    /// Every feature that any of its functions reads, by its place in the catalogue, sorted.
    pub touches: Vec<usize>,
    /// Those of them that are never unknown unless they could not be computed.
    pub required: Vec<usize>,
    /// The features that its words show or depend on, sorted.
    pub shows: Vec<usize>,
    /// The points that it may give: below zero only in a family that says so.
    pub points: RangeInclusive<i64>,
}

/// A rule in order.
#[derive(Debug)]
struct CheckedRule {
    script: Arc<Script>,
    text: String,
    /// The hash of all that it was checked against.
    surroundings: u128,
    /// Warnings.
    found: Diagnostics,
}

/// The rules in order of the ruleset that was built last.
#[derive(Debug, Default)]
pub struct CheckedRules(Kept<CheckedRule>);

/// All rules of some texts, sorted by id, with warnings. Those in order are kept in `checked`, and taken from there if
/// they were checked before.
pub(super) fn load(
    engine: &Engine,
    limits: &Limits,
    texts: &[(PathBuf, String)],
    features: &[Feature],
    families: &BTreeMap<String, Family>,
    checked: &CheckedRules,
) -> Result<(Vec<Arc<Script>>, Diagnostics), Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut in_order = Vec::new();
    let rules: Vec<_> = texts.iter().filter_map(|(file, _)| file.file_stem()?.to_str()).collect();
    let surroundings = xxh3_128(format!("{limits:?}\0{features:?}\0{families:?}\0{rules:?}").as_bytes());
    for (file, text) in texts {
        let context = CheckContext { engine, features, families, rules: &rules };
        let known = checked.0.get(file, |rule| rule.text == *text && rule.surroundings == surroundings);
        let rule = known.map_or_else(|| load_text(file, text, &context, limits, surroundings).map(Arc::new), Ok);
        match rule {
            Ok(rule) => {
                problems.extend(rule.found.clone());
                in_order.push(rule);
            }
            Err(more) => problems.extend(more),
        }
    }
    let mut scripts: Vec<_> = in_order.iter().map(|rule| Arc::clone(&rule.script)).collect();
    checked.0.replace(in_order.into_iter().map(|rule| (rule.script.rule.file.clone(), rule)));
    scripts.sort_by(|a, b| (&a.rule.metadata.id, &a.rule.file).cmp(&(&b.rule.metadata.id, &b.rule.file)));
    for pair in scripts.windows(2) {
        let (first, second) = (&pair[0].rule, &pair[1].rule);
        if first.metadata.id == second.metadata.id {
            let (id, other) = (&second.metadata.id, first.file.display());
            let message = say!("id `{id}` 已被 {other} 使用", "the id `{id}` is taken by {other}");
            let help = Bilingual::new(
                "id 在全部文件夹中不得重复：请改本规则的 id 和文件名",
                "ids are unique over all folders: rename this rule and its file",
            );
            problems.push(Diagnostic::file("rule/duplicate-id", &second.file, message).with_help(help));
        }
    }
    if problems.has_errors() { Err(problems) } else { Ok((scripts, problems)) }
}

/// Reads one rule file, and checks it.
fn load_text(
    file: &Path,
    text: &str,
    context: &CheckContext<'_>,
    limits: &Limits,
    surroundings: u128,
) -> Result<CheckedRule, Diagnostics> {
    if text.trim().is_empty() {
        let message = Bilingual::new("文件是空的", "the file is empty");
        let help = Bilingual::new(
            "请写规则，或者删去文件；是否正在保存？",
            "write the rule or take the file out; is it being saved?",
        );
        return Err(Diagnostic::file("rule/metadata", file, message).with_help(help).into());
    }
    let metadata = metadata::read(file, text, context.families);
    let compiled = syntax::compile(context.engine, file, text, context.features);
    let compiled = compiled.and_then(|ast| {
        let family = metadata.as_ref().ok().and_then(|metadata| context.families.get(&metadata.family));
        check::check(file, text, &ast, context, family).map(|checked| (ast, checked))
    });
    match (metadata, compiled) {
        (Ok(metadata), Ok((ast, checked))) => {
            let functions = syntax_tree::functions(&ast).functions;
            let least = context.families.get(&metadata.family).map_or(0, |family| family.least);
            let rule = Rule {
                metadata,
                file: file.to_owned(),
                reads: checked.reads.into_iter().collect(),
                points: functions
                    .iter()
                    .find(|function| function.name == "points")
                    .map_or_else(String::new, |points| points.body_text(text)),
                has_level: checked.has_level,
            };
            let compiled = CompiledRule::compile(&Source {
                engine: context.engine,
                limits,
                text,
                ast: &ast,
                features: context.features,
            });
            let shown = syntax_tree::properties_read_by(&functions, "because");
            let is_shown = |feature: &usize| shown.contains(&context.features[*feature].name);
            let never_unknown = |feature: &usize| !context.features[*feature].nullable;
            let script = Script {
                rule: Arc::new(rule),
                compiled,
                ast,
                required: checked.touches.iter().copied().filter(never_unknown).collect(),
                shows: checked.touches.iter().copied().filter(is_shown).collect(),
                touches: checked.touches.into_iter().collect(),
                points: least..=MAX_POINTS,
            };
            Ok(CheckedRule { script: Arc::new(script), text: text.to_owned(), surroundings, found: checked.warnings })
        }
        (metadata, compiled) => {
            let mut problems = metadata.err().unwrap_or_default();
            problems.extend(compiled.err().unwrap_or_default());
            Err(problems)
        }
    }
}
