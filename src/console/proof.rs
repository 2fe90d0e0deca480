//! A warning's proof: recomputed now, from its own content and the ruleset that it names, by the engine's own code.
//! Rulesets are read from their topic when one is needed that is not known yet, and kept.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;
use yujing_base::language::Bilingual;
use yujing_config::Config;
use yujing_core::engine::DifferingPart;
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;
use yujing_core::warning::WarningEvent;
use yujing_live::reload::sandbox::STACK_SIZE;
use yujing_live::rulesets;
use yujing_telemetry::Metrics;

/// Most rulesets that are kept; with one more, all are read anew.
const MOST_KEPT: usize = 8;

/// Whether a warning follows from its own content.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proof {
    pub outcome: ProofOutcome,
    pub text: Bilingual,
    pub differences: Vec<Difference>,
    pub ruleset: String,
    pub checked_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProofOutcome {
    Agrees,
    Differs,
    /// Its ruleset cannot be read.
    Unavailable,
}

/// A part that came out otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    pub field: String,
    pub stated: Value,
    pub recomputed: Value,
}

/// Recomputes warnings.
#[derive(Debug)]
pub struct Prover {
    config: Arc<Config>,
    sources: Arc<Sources>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
    known: Mutex<HashMap<String, Arc<Ruleset>>>,
    /// Those that a thread reads now, by their hashes.
    being_read: Mutex<HashSet<String>>,
}

impl Prover {
    pub fn new(config: Arc<Config>, sources: Arc<Sources>, metrics: Arc<Metrics>, stop: CancellationToken) -> Self {
        Self { config, sources, metrics, stop, known: Mutex::default(), being_read: Mutex::default() }
    }

    /// Recomputes an event. Blocks, for seconds if its ruleset was not asked for before, and needs the stack of a thread
    /// that builds rulesets.
    pub fn prove(&self, event: &Map<String, Value>, now: Timestamp) -> Proof {
        let hash = event.get("ruleset").and_then(Value::as_str).unwrap_or_default().to_owned();
        let proof =
            |outcome, text, differences| Proof { outcome, text, differences, ruleset: hash.clone(), checked_at: now };
        let recomputed = self.ruleset(&hash).and_then(|ruleset| differences(event, &ruleset));
        match recomputed {
            Err(reason) => {
                let text =
                    Bilingual::new(format!("暂时无法重算：{reason}"), format!("it cannot be recomputed now: {reason}"));
                proof(ProofOutcome::Unavailable, text, Vec::new())
            }
            Ok(found) if found.is_empty() => {
                let text = Bilingual::new(
                    "按预警所载指标和规则集重算，触发情形、分值、等级、时限和文字均一致",
                    "recomputed from its own features and its ruleset, findings, score, level, deadline and text are the same",
                );
                proof(ProofOutcome::Agrees, text, found)
            }
            Ok(found) => {
                let text = Bilingual::new(
                    "重算结果与预警所载内容不一致",
                    "what was recomputed differs from what the warning says",
                );
                proof(ProofOutcome::Differs, text, found)
            }
        }
    }

    /// A ruleset, if it was asked for before.
    pub fn known(&self, hash: &str) -> Option<Arc<Ruleset>> {
        lock(&self.known).get(hash).cloned()
    }

    /// Reads a ruleset that is not known yet on a thread of its own, one thread a ruleset, and calls `then` once it is known.
    /// What cannot be read is tried again when it is asked for again.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn prepare(self: &Arc<Self>, hash: &str, then: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        if !lock(&self.being_read).insert(hash.to_owned()) {
            return Ok(());
        }
        let (prover, hash) = (Arc::clone(self), hash.to_owned());
        let thread = std::thread::Builder::new().name("ruleset".to_owned()).stack_size(STACK_SIZE);
        let started = thread.spawn({
            let hash = hash.clone();
            move || {
                let read = prover.ruleset(&hash);
                lock(&prover.being_read).remove(&hash);
                match read {
                    Ok(_) => then(),
                    Err(reason) => tracing::warn!(ruleset = hash, reason, "a ruleset cannot be read"),
                }
            }
        });
        started.map(drop).inspect_err(|_| {
            lock(&self.being_read).remove(&hash);
        })
    }

    /// A ruleset by its hash. Blocks.
    ///
    /// # Errors
    /// Why it cannot be read or built.
    pub fn ruleset(&self, hash: &str) -> Result<Arc<Ruleset>, String> {
        if let Some(known) = self.known(hash) {
            return Ok(known);
        }
        let archive =
            rulesets::fetch(&self.config, &self.metrics, self.stop.clone()).map_err(|error| error.to_string())?;
        let files = archive.files(hash).ok_or_else(|| format!("the topic of rulesets does not hold {hash}"))?;
        let ruleset = Ruleset::from_files(Path::new(hash), files.clone(), &self.sources)
            .map_err(|_| format!("the ruleset {hash} does not build with this program"))?;
        if ruleset.hash != hash {
            return Err(format!("what stands under {hash} is another ruleset"));
        }
        let ruleset = Arc::new(ruleset);
        let mut known = lock(&self.known);
        if known.len() >= MOST_KEPT {
            known.clear();
        }
        known.insert(hash.to_owned(), Arc::clone(&ruleset));
        Ok(ruleset)
    }
}

/// What a lock holds. Nothing is left half done by who panicked with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What of an event comes out otherwise.
fn differences(content: &Map<String, Value>, ruleset: &Ruleset) -> Result<Vec<Difference>, String> {
    let text = Value::Object(content.clone()).to_string();
    let event: WarningEvent = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let parts = ruleset.recompute(&event).differing_parts(content).map_err(|error| error.to_string())?;
    let difference =
        |DifferingPart { part, recorded, recomputed }| Difference { field: part, stated: recorded, recomputed };
    Ok(parts.into_iter().map(difference).collect())
}
