//! The analysts' studio (规则): the rules folder as it is, drafts laid over it, and what becomes of them. The folder stays
//! the truth: what is approved is written to it, and the engine takes it as it takes any edit.
//!
//! Everything that analysts wrote is looked at in processes with limits of memory and time, the engine's own
//! (`src/live/reload/sandbox`), so that no draft stops, blocks or exhausts the console. They are kept from one check to
//! the next.
//!
//! - here: the studio
//! - [`folder`]: the folder at one moment; [`overlay`]: files laid over it
//! - [`content`]: what somebody writes of a change, on the folder
//! - [`places`]: how many may be looked at at once
//! - [`moved`]: what of the folder is not as a change's base had it
//! - [`examiner`]: what is proposed is checked, its cases are run, its effect on the levels of now is asked of the engine;
//!   [`cost`]: what it costs
//! - [`publisher`]: what was approved comes into force; [`writing`]: files into the folder; [`bell`]: wakes them
//! - [`trials`]: changes tried on history, each by a `trial_process`; [`shadow`]: changes tried live
//! - [`versions`]: what was in force; [`kept`]: what was last read of it

pub mod bell;
pub mod content;
pub mod cost;
pub mod examiner;
pub mod folder;
pub mod kept;
pub mod moved;
pub mod overlay;
pub mod places;
pub mod publisher;
pub mod shadow;
mod trial_process;
pub mod trials;
pub mod versions;
pub mod writing;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use yujing_base::language::Bilingual;
use yujing_config::Config;
use yujing_core::ruleset::RulesetRefusal;
use yujing_live::reload::Sandbox;
use yujing_live::reload::sandbox::limits::TaskLimits;
use yujing_live::reload::sandbox::task::Question;
use yujing_live::reload::sandbox::warm::WarmSandbox;
use yujing_workbench::template::NewRule;

pub use self::bell::Bell;
use self::folder::{FolderState, Texts};
use self::places::Places;
use crate::store::change::Change;

/// What a check or a run of cases may take while somebody waits: by the clock less than an answer of the console may, and
/// than a proxy before it waits as a rule, which is a minute.
const ANSWER_LIMITS: TaskLimits =
    TaskLimits { processor_time: Duration::from_secs(30), wall_clock: Duration::from_secs(50) };

/// The studio of one rules folder.
#[derive(Debug)]
pub struct Studio {
    folder: PathBuf,
    /// The candidate in which changes are tried live, and its folder.
    candidate: Option<(String, PathBuf)>,
    sandbox: WarmSandbox,
    pub places: Places,
    /// What was last said of the folder, and of which version.
    known: Mutex<Option<(String, Arc<Value>)>>,
}

impl Studio {
    /// The studio of the configured folder; none where none is.
    pub fn of(config: &Config, sandbox: Sandbox) -> Option<Self> {
        let folder = Some(config.console.rules.clone()).filter(|folder| !folder.as_os_str().is_empty())?;
        let candidate = config.engine.shadow.get_key_value(&config.console.candidate);
        let candidate = candidate.map(|(name, folder)| (name.clone(), folder.clone()));
        let sandbox = WarmSandbox::new(sandbox);
        Some(Self { folder, candidate, sandbox, places: Places::default(), known: Mutex::default() })
    }

    /// The name of the candidate in which changes are tried live.
    pub fn candidate(&self) -> Option<&str> {
        self.candidate.as_ref().map(|(name, _)| name.as_str())
    }

    /// The folder as it is now.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn folder(&self) -> Result<FolderState, RulesetRefusal> {
        FolderState::read(&self.folder)
    }

    /// The texts of the folder as it is now with a change laid over them.
    ///
    /// # Errors
    /// Why the folder cannot be read, or is no text.
    pub fn with_change(&self, change: &Change) -> Result<Texts, RulesetRefusal> {
        Ok(self.folder()?.texts()?.with_change(change))
    }

    /// What the check finds. Blocks.
    pub fn check(&self, texts: &Texts) -> Value {
        self.ask(texts, Question::Check, ANSWER_LIMITS)
    }

    /// How the cases go whose rule, name or file contains `filter`. Blocks.
    pub fn run_cases(&self, texts: &Texts, filter: &str) -> Value {
        self.ask(texts, Question::Cases { filter: filter.to_owned() }, ANSWER_LIMITS)
    }

    /// How all cases go, however long they take. Blocks.
    pub fn run_all_cases(&self, texts: &Texts) -> Value {
        self.ask(texts, Question::Cases { filter: String::new() }, TaskLimits::PROOF)
    }

    /// The check of texts, and their catalogue, however long that takes. Blocks.
    pub fn look_up(&self, texts: &Texts) -> Value {
        self.ask(texts, Question::Catalogue, TaskLimits::PROOF)
    }

    /// A rule to begin with, and its cases. Blocks.
    ///
    /// # Errors
    /// Why it cannot be begun.
    pub fn begin_rule(&self, Texts { files, cases }: &Texts, new: NewRule) -> Result<Value, Bilingual> {
        let said = self.sandbox.ask(Path::new(""), (files, cases), Question::NewRule(new), ANSWER_LIMITS);
        let mut said = said.map_err(|refusal| refusal.reason)?;
        match serde_json::from_value(said["Err"].take()) {
            Ok(why) => Err(why),
            Err(_) => Ok(said["Ok"].take()),
        }
    }

    /// Whether a ruleset builds and all its cases hold, as the engine asks it. Blocks, for as long as the cases take.
    ///
    /// # Errors
    /// Why it does not, or they do not.
    pub fn prove(&self, Texts { files, cases }: &Texts) -> Result<(), RulesetRefusal> {
        self.sandbox.ask(Path::new(""), (files, cases), Question::Prove, TaskLimits::PROOF).map(|_| ())
    }

    /// This program, which looks at drafts.
    pub fn program(&self) -> &Path {
        &self.sandbox.sandbox().program
    }

    /// Where the folder is.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// What there is to look up in the folder: its catalogue, what the check finds, and the vocabulary. Blocks, unless
    /// it was asked of this version before.
    pub fn catalogue(&self, state: &FolderState) -> Arc<Value> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, said)) = known().as_ref().filter(|(version, _)| *version == state.version) {
            return Arc::clone(said);
        }
        let said = match state.texts() {
            Ok(texts) => self.ask(&texts, Question::Catalogue, ANSWER_LIMITS),
            Err(refusal) => json!({ "check": refused(&refusal) }),
        };
        let said = Arc::new(said);
        // What was stopped may go otherwise another time.
        if !is_stopped(&said["check"]) {
            *known() = Some((state.version.clone(), Arc::clone(&said)));
        }
        said
    }

    fn ask(&self, Texts { files, cases }: &Texts, question: Question, limits: TaskLimits) -> Value {
        let began = Instant::now();
        // What an answer to the question has beside what was found.
        let nothing = match question {
            Question::Cases { .. } => json!({ "cases": [], "failed": 0 }),
            _ => json!({ "summary": null }),
        };
        let is_catalogue = question == Question::Catalogue;
        let mut said = match self.sandbox.ask(Path::new(""), (files, cases), question, limits) {
            Ok(said) => said,
            Err(refusal) if is_catalogue => json!({ "check": refused(&refusal) }),
            Err(refusal) => {
                let mut said = refused(&refusal);
                if let (Value::Object(said), Value::Object(nothing)) = (&mut said, nothing) {
                    said.extend(nothing);
                }
                said
            }
        };
        if let Value::Object(members) = &mut said {
            members.insert("took_ms".to_owned(), u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX).into());
        }
        said
    }
}

/// What is said where there is no answer: as a finding about everything.
pub fn refused(refusal: &RulesetRefusal) -> Value {
    let stopped = Map::from_iter([
        ("code".to_owned(), json!("check/stopped")),
        ("severity".to_owned(), json!("error")),
        ("message".to_owned(), json!(refusal.reason)),
    ]);
    let nothing = ["path", "line", "column", "end_line", "end_column", "hint", "detail"];
    let stopped: Map<String, Value> =
        stopped.into_iter().chain(nothing.map(|name| (name.to_owned(), Value::Null))).collect();
    let found: Vec<Value> = if refusal.problems.is_empty() {
        vec![Value::Object(stopped)]
    } else {
        refusal.problems.iter().cloned().map(renamed).collect()
    };
    json!({ "ok": false, "diagnostics": found })
}

/// A finding as refusals have it, as editors take it.
fn renamed(mut found: Value) -> Value {
    if let Value::Object(members) = &mut found {
        for (old, new) in [("file", "path"), ("help", "hint")] {
            let value = members.remove(old).unwrap_or_default();
            members.insert(new.to_owned(), value);
        }
    }
    found
}

fn is_stopped(check: &Value) -> bool {
    check["diagnostics"][0]["code"] == "check/stopped"
}
