//! How the engine and the sources that it reads are, as it says itself: asked for by pages, but not more often than every few
//! seconds, and kept while it is away.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use yujing_live::report::EngineReport;

use crate::engine::{Engine, EngineAnswer};

/// So long an answer serves everybody who asks.
const KEPT: Duration = Duration::from_secs(10);

/// The newest answer.
#[derive(Debug)]
pub struct EngineWatch {
    engine: Engine,
    newest: Mutex<Newest>,
}

#[derive(Debug, Default)]
struct Newest {
    asked: Option<Instant>,
    report: Option<EngineReport>,
}

impl EngineWatch {
    pub fn new(engine: Engine) -> Self {
        Self { engine, newest: Mutex::default() }
    }

    /// How the engine said it is, when it last said anything. Blocks, and lets one ask for all who wait.
    pub fn report(&self) -> Option<EngineReport> {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.asked.is_none_or(|asked| asked.elapsed() >= KEPT) {
            if let EngineAnswer::Found(report) = self.engine.report() {
                newest.report = Some(report);
            }
            newest.asked = Some(Instant::now());
        }
        newest.report.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_was_never_there_has_no_report() {
        let watch = EngineWatch::new(Engine::new("http://127.0.0.1:9", None));
        assert_eq!(watch.report(), None);
    }
}
