use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Method;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use super::*;
use crate::reload::ReloadCoordinator;
use crate::server::Hosts;
use crate::server::router::{Shared, router, routes};
use crate::shadow::Candidates;
use crate::{Status, query};
use yujing_telemetry::Metrics;

const READ: &str = "read-0123456789abcdef0123456789abcdef";
const RELOAD: &str = "reload-0123456789abcdef0123456789abcdef";

fn configured() -> Tokens {
    let hash = |token: &str| format!("sha256:{}", yujing_base::digest::hex(&Sha256::digest(token)));
    let server = Server { read_tokens: vec![hash(READ)], reload_tokens: vec![hash(RELOAD)], ..Server::default() };
    Tokens::load(&server).expect("two hashes")
}

/// The status of a request that shows something.
async fn status(tokens: &Tokens, path: &str, shown: &[String]) -> StatusCode {
    let shared = Shared {
        status: Arc::new(Status::new()),
        metrics: Arc::new(Metrics::new()),
        queries: query::queue().0,
        inputs: Arc::default(),
        reloads: Arc::<ReloadCoordinator>::default(),
        candidates: Arc::<Candidates>::default(),
        hosts: Hosts::default(),
        tokens: tokens.clone(),
    };
    let changes = path.ends_with("/reload") || path.ends_with("/rollback");
    let mut request = Request::builder()
        .method(if changes { Method::POST } else { Method::GET })
        .uri(path.replace("{id}", "a").replace("{number}", "1"))
        .header("host", "127.0.0.1")
        .header("content-type", "application/json");
    for value in shown {
        request = request.header("authorization", value);
    }
    let body = Body::from(r#"{"hash":"abcd"}"#);
    let answering = TowerToHyperService::new(router(shared));
    let request = request.body(body).expect("a request");
    answering.call(request).await.unwrap_or_else(|never| match never {}).status()
}

fn bearer_of(token: &str) -> Vec<String> {
    vec![format!("Bearer {token}")]
}

#[test]
fn every_path_says_which_scope_it_needs() {
    let scopes: BTreeMap<&str, Option<Scope>> = routes().iter().map(|route| (route.path, route.scope)).collect();
    for (path, scope) in scopes {
        let expected = match path {
            "/metrics" | "/healthz" | "/readyz" => None,
            "/api/v1/ruleset/reload" | "/api/v1/ruleset/rollback" | "/api/v1/ruleset/project" => Some(Scope::Reload),
            _ => Some(Scope::Read),
        };
        assert_eq!(scope, expected, "{path}");
    }
}

#[tokio::test]
async fn no_path_answers_a_token_of_less_than_its_scope_and_each_answers_its_own() {
    let tokens = configured();
    let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
    for route in routes() {
        let [without, unknown, read, reload] =
            [Vec::new(), bearer_of("0123456789abcdef0123456789abcdef"), bearer_of(READ), bearer_of(RELOAD)];
        let by = async |shown: &[String]| status(&tokens, route.path, shown).await;
        let (without, unknown, read, reload) =
            (by(&without).await, by(&unknown).await, by(&read).await, by(&reload).await);
        assert!(!refused.contains(&reload), "{}: {reload}", route.path);
        match route.scope {
            None => assert!(![without, unknown, read].iter().any(|status| refused.contains(status)), "{}", route.path),
            Some(scope) => {
                assert_eq!((without, unknown), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED), "{}", route.path);
                let is_enough = scope == Scope::Read;
                assert_eq!(read == StatusCode::FORBIDDEN, !is_enough, "{}: {read}", route.path);
            }
        }
    }
}

#[tokio::test]
async fn only_one_whole_token_counts() {
    let tokens = configured();
    for shown in [
        vec![format!("Basic {READ}")],
        vec![format!("Bearer{READ}")],
        vec!["Bearer ".to_owned()],
        vec![format!("Bearer {}", &READ[..READ.len() - 1])],
        vec![format!("Bearer {READ}0")],
        vec![format!("Bearer {READ}"), format!("Bearer {READ}")],
        vec![READ.to_owned()],
    ] {
        let status = status(&tokens, "/api/v1/version", &shown).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{shown:?}");
    }
    let lower_case = vec![format!("bearer {READ}")];
    assert_eq!(status(&tokens, "/api/v1/version", &lower_case).await, StatusCode::OK);
}

#[tokio::test]
async fn without_tokens_all_may_ask() {
    assert_eq!(status(&Tokens::default(), "/api/v1/version", &[]).await, StatusCode::OK);
}

#[test]
fn a_token_that_cannot_be_read_is_refused_by_the_name_of_its_key() {
    let server = Server { reload_tokens: vec!["file:/nowhere/token".to_owned()], ..Server::default() };
    let reason = Tokens::load(&server).expect_err("there is no such file");
    assert!(reason.contains("server.reload_tokens") && reason.contains("/nowhere/token"), "{reason}");
}

#[test]
fn beyond_loopback_there_must_be_a_token() {
    let at = |listen: &str| Server { listen: listen.parse().expect("an address"), ..Server::default() };
    for open in ["0.0.0.0:9464", "[::]:9464", "10.0.0.1:9464", "[::ffff:10.0.0.1]:9464"] {
        assert!(Tokens::load(&at(open)).is_err_and(|reason| reason.contains("server.read_tokens")), "{open}");
        let hash = format!("sha256:{}", "0".repeat(64));
        assert!(Tokens::load(&Server { read_tokens: vec![hash], ..at(open) }).is_ok(), "{open}");
    }
    for local in ["127.0.0.1:9464", "[::1]:9464", "127.1.2.3:0", "[::ffff:127.0.0.1]:9464"] {
        assert!(Tokens::load(&at(local)).is_ok(), "{local}");
    }
}
