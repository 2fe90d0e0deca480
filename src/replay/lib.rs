//! Replay (历史回放): a span of history in the order of its arrival, on a virtual clock, through the same engine, for one
//! ruleset or several at once; what would have been warned of, what the rulesets differ in, and how well their scores
//! predicted what was found later.
//!
//! Nothing of a replay reaches production: it reads, and has no producer.
//!
//! - [`plan`]: what is to be replayed and asked, from `replay.toml` and the command line
//! - [`history`]: files and topics as one stream of records in the order of arrival, in bounded memory
//! - [`query`]: scores that are asked for as of instants
//! - [`answers`]: officials who answer warnings as the plan supposes
//! - [`driver`]: the virtual clock: batches, instants, queries for scores
//! - `shard`: a part of the operators with an engine of its own
//! - [`results`]: what is kept of the decisions
//! - [`outcome`]: what was found later, from an analyst's SQL
//! - `evaluation`: the outcomes that are judged, with the scores of their operators
//! - [`phase`]: where the time of a replay goes
//! - [`ranking`]: how well an order by score predicts it
//! - [`explanation`]: one operator explained within a replay
//! - [`run`]: all of it, one after the other
//! - [`trial`]: a change of rules on what Kafka still has, for the console
//! - [`report`]: what came of it put together: text, JSON, CSV, HTML

#![warn(unused_crate_dependencies)]

pub mod answers;
pub mod driver;
mod evaluation;
pub mod explanation;
pub mod history;
pub mod outcome;
pub mod phase;
pub mod plan;
pub mod query;
pub mod ranking;
pub mod report;
pub mod results;
pub mod run;
mod shard;
pub mod trial;

pub use plan::Plan;
pub use report::Report;
pub use run::{Progress, ReplayOutput, run};

use yujing_base::diagnostic::Diagnostics;
use yujing_base::error::{Classified, Detail, ErrorDomain, Retry};
use yujing_core::feature::FeatureError;

/// Why a replay does not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Files that a person wrote are wrong.
    #[error("{}", .0.render(false))]
    Authored(Diagnostics),
    #[error(transparent)]
    History(#[from] history::HistoryError),
    #[error("the outcome {0}")]
    Outcome(#[from] outcome::OutcomeError),
    #[error(transparent)]
    Feature(#[from] FeatureError),
    /// The plan supposes that warnings are answered, and a ruleset does not say by whom.
    #[error("`[answers]` needs handling.toml and routing.toml in the ruleset `{ruleset}`: they say who may answer")]
    NobodyAnswers { ruleset: String },
    /// There is nothing to replay.
    #[error("no event arrives in the span of the replay; look at the inputs, and at `from` and `to`")]
    Empty,
}

impl Classified for ReplayError {
    fn domain(&self) -> ErrorDomain {
        match self {
            Self::Authored(problems) => problems.domain(),
            Self::History(error) => error.domain(),
            Self::Outcome(error) => error.domain(),
            Self::Feature(error) => error.domain(),
            Self::NobodyAnswers { .. } | Self::Empty => ErrorDomain::User,
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::History(error) => error.retry(),
            Self::Outcome(error) => error.retry(),
            Self::Authored(_) | Self::Feature(_) | Self::NobodyAnswers { .. } | Self::Empty => Retry::Never,
        }
    }

    fn detail(&self) -> Option<Detail> {
        match self {
            Self::Authored(problems) => problems.detail(),
            _ => None,
        }
    }
}

impl From<Diagnostics> for ReplayError {
    fn from(problems: Diagnostics) -> Self {
        Self::Authored(problems)
    }
}
