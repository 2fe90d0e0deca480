//! What the console answers by HTTP: the API of its pages (`console/openapi.json`), the pages themselves, and probes.
//!
//! - here: what every request can reach
//! - [`routes`]: every path, with who may ask
//! - [`guard`]: sessions, requests of other sites, permissions, rates; [`proxies`]: who asks; [`cookie`]; [`headers`];
//!   [`problem`]
//! - `accounts`, `answers`, `attachments`, `audit`, `data`, `directory`, `drafts`, `events`, `inbox`, `login`,
//!   `operators`, `provider`, `rules`, `situation`, `sources`, `timeline`, `warnings`: the handlers; `view`: what several
//!   of them show
//! - [`assets`]: the built pages; `probe`: for machines that watch

mod accounts;
mod answers;
pub mod assets;
mod attachments;
mod audit;
pub mod cookie;
mod data;
mod directory;
mod drafts;
mod events;
pub mod guard;
pub mod headers;
mod inbox;
mod login;
mod operators;
mod probe;
pub mod problem;
mod provider;
pub mod proxies;
pub mod routes;
mod rules;
mod situation;
mod sources;
mod timeline;
mod view;
mod warnings;

use std::sync::Arc;

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use jiff::tz::TimeZone;
use serde::Serialize;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use yujing_telemetry::Metrics;

use self::assets::Packed;
use self::cookie::CookieStyle;
use self::guard::RateLimits;
use self::problem::Problem;
use self::proxies::TrustedProxies;
use crate::attachments::Attachments;
use crate::dead_letters::DeadLetters;
use crate::engine::Engine;
use crate::engine_health::EngineWatch;
use crate::feed::Feed;
use crate::map::DistrictMap;
use crate::oidc::IdentityProvider;
use crate::proof::Prover;
use crate::read_model::ReadModel;
use crate::status::Status;
use crate::store::Store;
use crate::studio::shadow::ShadowReader;
use crate::studio::trials::Progress;
use crate::studio::versions::Versions;
use crate::studio::{Bell, Studio};

/// What every request can reach.
#[derive(Debug, Clone)]
pub struct Shared {
    pub store: Arc<Store>,
    pub read_model: Arc<ReadModel>,
    pub engine: Engine,
    /// Where a rules folder is configured.
    pub studio: Option<Arc<Studio>>,
    /// Rung when a change was approved.
    pub approved: Bell,
    /// Rung when a change was proposed.
    pub examinations: Bell,
    pub trials: Trials,
    pub versions: Arc<Versions>,
    pub shadows: Arc<ShadowReader>,
    pub engine_watch: Arc<EngineWatch>,
    /// None: the office has supplied none.
    pub map: Option<Arc<DistrictMap>>,
    pub prover: Arc<Prover>,
    /// None: no photographs can be attached.
    pub attachments: Option<Arc<Attachments>>,
    pub feed: Feed,
    pub status: Status,
    pub metrics: Arc<Metrics>,
    /// Rung when an answer was kept.
    pub kept: Arc<Notify>,
    pub cookies: CookieStyle,
    /// Where the office has one.
    pub provider: Option<Arc<IdentityProvider>>,
    pub rates: Arc<RateLimits>,
    pub proxies: TrustedProxies,
    pub dead_letters: DeadLetters,
    pub packed: Arc<Packed>,
    /// Whether this is the demo, whose account works nowhere else.
    pub demo: bool,
    /// Asks open streams to end.
    pub stop: CancellationToken,
}

/// What is shared with the thread of trials.
#[derive(Debug, Clone, Default)]
pub struct Trials {
    /// Rung when one was asked for.
    pub bell: Bell,
    /// How far the one under way is.
    pub progress: Progress,
}

/// An answer; what cannot be answered is a problem.
type ApiResult = Result<Response, Problem>;

impl Shared {
    /// Does what blocks, such as asking a database, away from the threads that serve connections.
    ///
    /// # Errors
    /// What `work` says; if it ended by a defect.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let shared = self.clone();
        match tokio::task::spawn_blocking(move || work(&shared)).await {
            Ok(outcome) => outcome,
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

/// A fault of the program.
fn failed(cause: String) -> Problem {
    let status = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
    let problem = Problem::new(status, "internal", "控制台内部错误", "a fault of the console");
    Problem { cause: Some(cause), ..problem }
}

fn body(value: &impl Serialize) -> ApiResult {
    let text = serde_json::to_vec(value).map_err(|error| failed(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// The offices' zone, Beijing time, in hours ahead of UTC: in it days begin. Pages have the same in `OFFICE_ZONE` and
/// `OFFICE_OFFSET` of `console/src/format/time.ts`.
const OFFICE_OFFSET: i8 = 8;

/// The zone in which days of the trend begin.
fn office_zone() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(OFFICE_OFFSET))
}
