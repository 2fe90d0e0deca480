//! Every path of the API, with who may ask; a test holds them to `console/openapi.json`.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State as Extract};
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, any, delete, get, patch, post, put};
use yujing_live::server::{Hosts, guarded};
use yujing_telemetry::console::ConsoleFailed;
use yujing_telemetry::http::RequestAnswered;
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::problem::{Cause, Problem};
use super::{
    Shared, accounts, answers, assets, attachments, audit, data, directory, drafts, events, guard, headers, inbox,
    login, operators, probe, provider, rules, situation, sources, timeline, warnings,
};
use crate::access::Permission;

/// What all paths of the API begin with.
pub const PREFIX: &str = "/api/console/v1";

/// The longest body of a request, in bytes.
const MOST_BODY_BYTES: usize = 64 * 1024;

/// A path with a method, and who may ask.
#[derive(Debug)]
pub struct Route {
    pub path: &'static str,
    pub method: Method,
    pub admission: Admission,
    handler: MethodRouter<Shared>,
}

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Whoever is not logged in yet, by a page of the console.
    Stranger,
    /// The same on the way to the identity provider and back.
    Visitor,
    /// An account with this permission.
    Account(Permission),
}

/// Every path of the API.
pub fn api() -> Vec<Route> {
    use Admission::{Account, Stranger, Visitor};
    use Permission::{Accounts, Answer, ApproveRules, Audit, Changes, Data, Own, Read, Rules, WriteRules};
    let route = |method: Method, path, admission, handler| Route { path, method, admission, handler };
    let reads = |path, permission, handler| route(Method::GET, path, Admission::Account(permission), handler);
    vec![
        reads("/session", Own, get(login::session)),
        route(Method::POST, "/session", Stranger, post(login::log_in)),
        route(Method::DELETE, "/session", Account(Own), delete(login::log_out)),
        route(Method::POST, "/session/password", Account(Own), post(login::change_password)),
        route(Method::POST, "/invitations/accept", Stranger, post(login::accept)),
        route(Method::POST, "/invitations/reset", Stranger, post(login::reset_password)),
        route(Method::GET, "/login", Visitor, get(provider::ways)),
        route(Method::GET, "/login/provider", Visitor, get(provider::begin)),
        route(Method::GET, "/login/provider/callback", Visitor, get(provider::callback)),
        reads("/situation", Read, get(situation::situation)),
        reads("/inbox", Answer, get(inbox::inbox)),
        reads("/warnings", Read, get(warnings::list)),
        reads("/warnings/{warning_id}", Read, get(warnings::warning)),
        reads("/warnings/{warning_id}/proof", Read, get(warnings::proof)),
        route(Method::POST, "/warnings/{warning_id}/answers", Account(Answer), post(answers::answer)),
        route(Method::POST, "/warnings/{warning_id}/attachments", Account(Answer), post(attachments::attach)),
        reads("/warnings/{warning_id}/attachments/{sha256}", Read, get(attachments::show)),
        route(
            Method::DELETE,
            "/warnings/{warning_id}/attachments/{sha256}",
            Account(Answer),
            delete(attachments::detach),
        ),
        reads("/answers", Answer, get(answers::list)),
        reads("/answers/{id}", Answer, get(answers::state)),
        reads("/drafts", Answer, get(drafts::list)),
        route(Method::PUT, "/drafts/{warning_id}", Account(Answer), put(drafts::save)),
        route(Method::DELETE, "/drafts/{warning_id}", Account(Answer), delete(drafts::discard)),
        reads("/operators", Read, get(operators::list)),
        reads("/operators/{operator_id}", Read, get(operators::operator)),
        reads("/operators/{operator_id}/scores", Read, get(operators::scores)),
        reads("/operators/{operator_id}/timeline", Read, get(timeline::timeline)),
        reads("/operators/{operator_id}/explanation", Read, get(operators::explanation)),
        reads("/posts", Read, get(directory::posts)),
        reads("/events", Own, get(events::events)),
        reads("/health", Own, get(situation::health)),
        reads("/engine", Read, get(situation::engine)),
        reads("/map", Read, get(situation::map)),
        reads("/data/sources", Data, get(sources::sources)),
        reads("/data/dead-letters", Data, get(data::counts)),
        reads("/data/dead-letters/list", Data, get(data::list)),
        reads("/data/dead-letters/{topic}/{partition}/{offset}", Data, get(data::record)),
        route(Method::POST, "/data/retries", Account(Data), post(data::retry)),
        reads("/rules", Rules, get(rules::catalogue::catalogue)),
        reads("/rules/files", Rules, get(rules::catalogue::files)),
        reads("/rules/file", Rules, get(rules::catalogue::file)),
        reads("/rules/vocabulary", Rules, get(rules::catalogue::vocabulary)),
        route(Method::POST, "/rules/check", Account(WriteRules), rules::large(post(rules::drafts::check))),
        route(Method::POST, "/rules/cases", Account(Changes), rules::large(post(rules::drafts::cases))),
        route(Method::POST, "/rules/template", Account(WriteRules), post(rules::drafts::template)),
        reads("/rules/changes", Changes, get(rules::changes::list)),
        route(Method::POST, "/rules/changes", Account(WriteRules), rules::large(post(rules::changes::begin))),
        reads("/rules/changes/{id}", Changes, get(rules::changes::one)),
        route(Method::PUT, "/rules/changes/{id}", Account(WriteRules), rules::large(put(rules::changes::save))),
        route(Method::POST, "/rules/changes/{id}/propose", Account(WriteRules), post(rules::steps::propose)),
        route(Method::POST, "/rules/changes/{id}/withdraw", Account(WriteRules), post(rules::steps::withdraw)),
        route(Method::POST, "/rules/changes/{id}/rebase", Account(WriteRules), post(rules::steps::rebase)),
        route(Method::POST, "/rules/changes/{id}/approve", Account(ApproveRules), post(rules::steps::approve)),
        route(Method::POST, "/rules/changes/{id}/refuse", Account(ApproveRules), post(rules::steps::refuse)),
        reads("/rules/changes/{id}/difference", Changes, get(rules::difference::difference)),
        reads("/rules/changes/{id}/examination", Changes, get(rules::examination::show)),
        route(Method::POST, "/rules/changes/{id}/examination", Account(Changes), post(rules::examination::again)),
        reads("/rules/changes/{id}/trial", Changes, get(rules::trial::show)),
        route(Method::POST, "/rules/changes/{id}/trial", Account(Changes), post(rules::trial::start)),
        route(Method::DELETE, "/rules/changes/{id}/trial", Account(Changes), delete(rules::trial::cancel)),
        reads("/rules/changes/{id}/shadow", Changes, get(rules::shadow::show)),
        route(Method::POST, "/rules/changes/{id}/shadow", Account(Changes), post(rules::shadow::start)),
        reads("/rules/history", Rules, get(rules::history::list)),
        reads("/rules/compare", Rules, get(rules::history::compare)),
        route(Method::POST, "/rules/history/{ruleset}/rollback", Account(WriteRules), post(rules::history::roll_back)),
        reads("/accounts", Accounts, get(accounts::list)),
        route(Method::PATCH, "/accounts/{id}", Account(Accounts), patch(accounts::change)),
        route(Method::DELETE, "/accounts/{id}/sessions", Account(Accounts), delete(accounts::end_sessions)),
        route(Method::POST, "/accounts/{id}/reset", Account(Accounts), post(accounts::reset)),
        reads("/invitations", Accounts, get(accounts::invitations)),
        route(Method::POST, "/invitations", Account(Accounts), post(accounts::invite)),
        route(Method::DELETE, "/invitations/{id}", Account(Accounts), delete(accounts::revoke)),
        reads("/directory", Accounts, get(directory::whole)),
        reads("/audit", Audit, get(audit::list)),
        reads("/audit/export", Audit, get(audit::export)),
    ]
}

/// Everything that is answered.
pub fn router(shared: Shared, hosts: Hosts) -> Router {
    let (metrics, secure) = (Arc::clone(&shared.metrics), shared.cookies.secure);
    let mut paths = Router::new();
    for Route { path, admission, handler, .. } in api() {
        let handler = match admission {
            Admission::Account(permission) => {
                handler.layer(from_fn_with_state((shared.clone(), permission), guard::session))
            }
            Admission::Stranger => handler.layer(from_fn_with_state(shared.clone(), guard::stranger)),
            Admission::Visitor => handler.layer(from_fn_with_state(shared.clone(), guard::visitor)),
        };
        let handler = handler.layer(from_fn_with_state((Arc::clone(&metrics), path), observe));
        paths = paths.route(&format!("{PREFIX}{path}"), handler);
    }
    let missing = any(async || Problem::not_found());
    let all = paths
        .route(&format!("{PREFIX}/{{*path}}"), missing)
        .route("/healthz", get(probe::health))
        .route("/readyz", get(probe::readiness))
        .route("/metrics", get(probe::metrics))
        .fallback(assets::serve)
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .with_state(shared);
    guarded(all, hosts, metrics).layer(from_fn_with_state(secure, headers::add))
}

async fn observe(
    Extract((metrics, path)): Extract<(Arc<Metrics>, &'static str)>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let response = next.run(request).await;
    if let Some(Cause(reason)) = response.extensions().get() {
        ConsoleFailed { reason }.emit(&metrics);
    }
    RequestAnswered { route: path, status: response.status().as_u16(), took: began.elapsed() }.emit(&metrics);
    response
}

#[cfg(test)]
#[path = "routes_tests.rs"]
mod tests;
