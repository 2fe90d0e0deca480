//! From a folder of `*.rhai` files to checked, compiled rules.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rhai::{AST, Engine, LexError, ParseErrorType};

use super::check;
use super::suggest::did_you_mean;
use super::{Rule, code, metadata};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::feature::Feature;
use crate::warning::Family;

/// The longest rule: beyond it somebody has put data into a rule.
const LONGEST_FILE: usize = 32 * 1024;
/// The folder of the rules' cases, which holds no rules.
const CASES: &str = "cases";
const EXTENSION: &str = "rhai";
/// Folders within folders, so that a link to itself ends.
const DEEPEST_FOLDER: usize = 16;

/// A rule with what evaluation needs of it.
#[derive(Debug)]
pub(super) struct Script {
    pub rule: Arc<Rule>,
    pub ast: AST,
    /// Every feature that any of its functions reads, by its place in the catalogue, sorted.
    pub touches: Vec<usize>,
    pub has_level: bool,
}

/// All rules below `folder`, sorted by id.
pub(super) fn load(
    engine: &Engine,
    folder: &Path,
    features: &[Feature],
    families: &BTreeMap<String, Family>,
) -> Result<Vec<Script>, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut files = Vec::new();
    find(folder, 0, &mut files, &mut problems);
    files.sort();
    let mut scripts: Vec<Script> = Vec::new();
    for file in files {
        match load_file(engine, &file, features, families) {
            Ok((script, warnings)) => {
                problems.extend(warnings);
                scripts.push(script);
            }
            Err(more) => problems.extend(more),
        }
    }
    scripts.sort_by(|a, b| (&a.rule.metadata.id, &a.rule.file).cmp(&(&b.rule.metadata.id, &b.rule.file)));
    for pair in scripts.windows(2) {
        let (first, second) = (&pair[0].rule, &pair[1].rule);
        if first.metadata.id == second.metadata.id {
            let message = format!("the id `{}` is taken by {}", second.metadata.id, first.file.display());
            problems.push(
                Diagnostic::file("rule/duplicate-id", &second.file, message)
                    .with_help("ids are unique over all folders: rename this rule and its file"),
            );
        }
    }
    problems.into_result(scripts)
}

/// Collects the rule files below a folder; hidden ones and the cases are left out.
fn find(folder: &Path, depth: usize, files: &mut Vec<PathBuf>, problems: &mut Diagnostics) {
    let mut unreadable = |error: std::io::Error| {
        problems.push(
            Diagnostic::file("rule/unreadable", folder, format!("cannot read the folder: {error}"))
                .with_help("it must exist and be readable for the user that runs the program"),
        );
    };
    let entries = match fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(entries) => entries,
        Err(error) => return unreadable(error),
    };
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name();
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if name != CASES && depth < DEEPEST_FOLDER {
                find(&path, depth + 1, files, problems);
            }
        } else if path.extension().is_some_and(|extension| extension == EXTENSION) {
            files.push(path);
        }
    }
}

fn load_file(
    engine: &Engine,
    file: &Path,
    features: &[Feature],
    families: &BTreeMap<String, Family>,
) -> Result<(Script, Diagnostics), Diagnostics> {
    let text = read_text(file)?;
    let metadata = metadata::read(file, &text, families);
    let compiled = compile(engine, file, &text, features)
        .and_then(|ast| check::check(file, &text, &ast, features).map(|checked| (ast, checked)));
    match (metadata, compiled) {
        (Ok(metadata), Ok((ast, checked))) => {
            let rule = Rule { metadata, file: file.to_owned(), reads: checked.reads.into_iter().collect() };
            let script = Script {
                rule: Arc::new(rule),
                ast,
                touches: checked.touches.into_iter().collect(),
                has_level: checked.has_level,
            };
            Ok((script, checked.warnings))
        }
        (metadata, compiled) => {
            let mut problems = metadata.err().unwrap_or_default();
            problems.extend(compiled.err().unwrap_or_default());
            Err(problems)
        }
    }
}

/// The file's text: UTF-8 without a byte order mark and not too long.
fn read_text(file: &Path) -> Result<String, Diagnostics> {
    const SAVE_AS: &str = "save the file as UTF-8 without BOM (另存为 UTF-8，不带 BOM)";
    let bytes = fs::read(file)
        .map_err(|error| Diagnostic::file("rule/unreadable", file, format!("cannot read the file: {error}")))?;
    if bytes.len() > LONGEST_FILE {
        let message = format!("{} bytes, a rule has at most {LONGEST_FILE}", bytes.len());
        return Err(Diagnostic::file("rule/too-long", file, message)
            .with_help("lists and tables belong into features (SQL)")
            .into());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid_up_to = error.utf8_error().valid_up_to();
        let lossy = String::from_utf8_lossy(error.as_bytes());
        let unknown = valid_up_to..valid_up_to + char::REPLACEMENT_CHARACTER.len_utf8();
        Diagnostic::at("rule/encoding", file, &lossy, unknown, "this is not UTF-8, probably GBK").with_help(SAVE_AS)
    })?;
    if text.starts_with('\u{feff}') {
        let message = "the file begins with a byte order mark (BOM)";
        return Err(Diagnostic::file("rule/bom", file, message).with_help(SAVE_AS).into());
    }
    Ok(text)
}

fn compile(engine: &Engine, file: &Path, text: &str, features: &[Feature]) -> Result<AST, Diagnostics> {
    let punctuation = code::chinese_punctuation(file, text, text);
    if punctuation.has_errors() {
        return Err(punctuation);
    }
    engine.compile(text).map_err(|error| {
        let (line, column) = match (error.position().line(), error.position().position()) {
            (Some(line), Some(column)) => (line, column.max(1)),
            _ => (text.lines().count().max(1), 1),
        };
        let message = first_lower(&error.err_type().to_string());
        let problem = Diagnostic::at_position("rule/syntax", file, text, line, column, message);
        match syntax_help(error.err_type(), features) {
            Some(help) => problem.with_help(help),
            None => problem,
        }
        .into()
    })
}

fn first_lower(message: &str) -> String {
    let mut rest = message.chars();
    let first = rest.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(rest).collect()
}

fn syntax_help(error: &ParseErrorType, features: &[Feature]) -> Option<String> {
    let names = || features.iter().map(|feature| feature.name.as_str());
    Some(match error {
        ParseErrorType::VariableUndefined(name) if names().any(|feature| feature == name) => {
            format!("features are read from the operator: `op.{name}`")
        }
        ParseErrorType::VariableUndefined(name) => did_you_mean(name, names()).map_or_else(
            || "a function sees its own parameters and variables only".into(),
            |hint| format!("{hint} Read it as `op.…`"),
        ),
        ParseErrorType::ExprTooDeep => "take it apart with `let` or helper functions".into(),
        ParseErrorType::TooManyFunctions => "a rule is one judgement: make it two rules".into(),
        ParseErrorType::VariableExists(_) => "give the second variable its own name".into(),
        ParseErrorType::FnMissingBody(_) | ParseErrorType::MissingToken(..) | ParseErrorType::UnexpectedEOF => {
            "look for a bracket or a `;` left out before this place".into()
        }
        ParseErrorType::BadInput(LexError::UnterminatedString) => "texts end on their own line: `\"…\"`".into(),
        ParseErrorType::BadInput(LexError::ImproperSymbol(word, _)) if word == "eval" => {
            "rules cannot run text as code".into()
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(word, _))
            if ["Fn", "call", "curry"].contains(&word.as_str()) =>
        {
            "rules have no function pointers: call the function by its name".into()
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(sign)) if ["|", "||"].contains(&sign.as_str()) => {
            "rules have no closures: use a `for` loop or a function".into()
        }
        ParseErrorType::Reserved(word) if ["import", "export"].contains(&word.as_str()) => {
            "a rule stands alone: put helper functions into its own file".into()
        }
        _ => return None,
    })
}
