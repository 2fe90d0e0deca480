//! All endpoints under their routes.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State as Extract};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use yujing_telemetry::http::RequestAnswered;
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::token::{Scope, Tokens};
use super::{Hosts, api, events, host, probe, report, ruleset, shadow, token};
use crate::reload::ReloadCoordinator;
use crate::report::InputTopic;
use crate::shadow::Candidates;
use crate::{QuerySender, Status};

/// What every request can reach.
#[derive(Debug, Clone)]
pub struct Shared {
    pub status: Arc<Status>,
    pub metrics: Arc<Metrics>,
    pub queries: QuerySender,
    /// What the engine reads.
    pub inputs: Arc<[InputTopic]>,
    /// What is in force, and where another ruleset is asked for.
    pub reloads: Arc<ReloadCoordinator>,
    /// Rulesets that are only tried.
    pub candidates: Arc<Candidates>,
    /// Under which names it is asked.
    pub hosts: Hosts,
    /// Who may ask.
    pub tokens: Tokens,
}

/// A path, and what a token must permit where tokens are configured.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) path: &'static str,
    /// None: whoever reaches it. What machines watch names no operator.
    pub(super) scope: Option<Scope>,
    handler: MethodRouter<Shared>,
}

/// Every path.
pub(super) fn routes() -> Vec<Route> {
    let watch =
        |path, handler: MethodRouter<Shared>| Route { path, scope: None, handler: handler.fallback(api::read_only) };
    let read = |path, handler| Route { scope: Some(Scope::Read), ..watch(path, handler) };
    let change = |path, handler: MethodRouter<Shared>| Route {
        path,
        scope: Some(Scope::Reload),
        handler: handler.fallback(api::only_post),
    };
    vec![
        watch("/metrics", get(probe::metrics)),
        watch("/healthz", get(probe::health)),
        watch("/readyz", get(probe::readiness)),
        read("/api/v1/operators/{id}", get(api::score)),
        read("/api/v1/operators/{id}/explain", get(api::explain)),
        read("/api/v1/operators/{id}/events", get(events::events)),
        read("/api/v1/warnings", get(api::warnings)),
        read("/api/v1/areas", get(api::areas)),
        read("/api/v1/ruleset", get(ruleset::ruleset)),
        read("/api/v1/ruleset/attempts/{number}", get(ruleset::attempt)),
        change("/api/v1/ruleset/reload", post(ruleset::reload)),
        change("/api/v1/ruleset/rollback", post(ruleset::rollback)),
        change(
            "/api/v1/ruleset/project",
            post(ruleset::project).layer(DefaultBodyLimit::max(ruleset::MOST_RULESET_BYTES)),
        ),
        read("/api/v1/shadows", get(shadow::shadows)),
        read("/api/v1/features", get(ruleset::features)),
        read("/api/v1/status", get(report::status)),
        read("/api/v1/version", get(api::version)),
    ]
}

/// All endpoints.
pub fn router(shared: Shared) -> Router {
    let mut all = Router::new();
    for Route { path, scope, handler } in routes() {
        let handler = match scope {
            Some(scope) => handler.layer(from_fn_with_state((shared.tokens.clone(), scope), token::check)),
            None => handler,
        };
        all = all.route(path, observed(&shared, path, handler));
    }
    let (hosts, metrics) = (shared.hosts.clone(), Arc::clone(&shared.metrics));
    let elsewhere = observed(&shared, "other", axum::routing::any(api::not_found));
    let all = all.fallback_service(elsewhere.with_state(shared.clone())).with_state(shared);
    guarded(all, hosts, metrics)
}

/// Endpoints that answer to known names only, and read no long requests.
pub fn guarded(routes: Router, hosts: Hosts, metrics: Arc<Metrics>) -> Router {
    routes.layer(DefaultBodyLimit::max(1024)).layer(from_fn_with_state((hosts, metrics), host::check))
}

/// Counts and times the requests of one route, under its pattern.
fn observed(shared: &Shared, route: &'static str, handler: MethodRouter<Shared>) -> MethodRouter<Shared> {
    handler.layer(from_fn_with_state((Arc::clone(&shared.metrics), route), observe))
}

async fn observe(
    Extract((metrics, route)): Extract<(Arc<Metrics>, &'static str)>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let response = next.run(request).await;
    RequestAnswered { route, status: response.status().as_u16(), took: began.elapsed() }.emit(&metrics);
    response
}
