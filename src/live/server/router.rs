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

use super::{Hosts, api, host, probe, ruleset, shadow};
use crate::reload::ReloadCoordinator;
use crate::shadow::Candidates;
use crate::{QuerySender, Status};

/// What every request can reach.
#[derive(Debug, Clone)]
pub struct Shared {
    pub status: Arc<Status>,
    pub metrics: Arc<Metrics>,
    pub queries: QuerySender,
    /// What is in force, and where another ruleset is asked for.
    pub reloads: Arc<ReloadCoordinator>,
    /// Rulesets that are only tried.
    pub candidates: Arc<Candidates>,
    /// Under which names it is asked.
    pub hosts: Hosts,
}

/// All endpoints.
pub fn router(shared: Shared) -> Router {
    let read = |handler: MethodRouter<Shared>| handler.fallback(api::read_only);
    let change = |handler: MethodRouter<Shared>| handler.fallback(api::only_post);
    let routes: [(&'static str, MethodRouter<Shared>); 14] = [
        ("/metrics", read(get(probe::metrics))),
        ("/healthz", read(get(probe::health))),
        ("/readyz", read(get(probe::readiness))),
        ("/api/v1/operators/{id}", read(get(api::score))),
        ("/api/v1/operators/{id}/explain", read(get(api::explain))),
        ("/api/v1/warnings", read(get(api::warnings))),
        ("/api/v1/areas", read(get(api::areas))),
        ("/api/v1/ruleset", read(get(ruleset::ruleset))),
        ("/api/v1/ruleset/attempts/{number}", read(get(ruleset::attempt))),
        ("/api/v1/ruleset/reload", change(post(ruleset::reload))),
        ("/api/v1/ruleset/rollback", change(post(ruleset::rollback))),
        ("/api/v1/shadows", read(get(shadow::shadows))),
        ("/api/v1/features", read(get(ruleset::features))),
        ("/api/v1/version", read(get(api::version))),
    ];
    let mut all = Router::new();
    for (route, handler) in routes {
        all = all.route(route, observed(&shared, route, handler));
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
