//! The ruleset in force, and changing it: the only requests that change anything. They are for programs, never for a page in somebody's browser.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use yujing_core::rule::Rule;
use yujing_core::ruleset::files::{is_case, longest};
use yujing_core::ruleset::{Files, Ruleset, Trigger};
use yujing_core::warning::Policy;
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::reload::ReloadRequested;

use super::Shared;
use super::api::{ApiResult, body, json_response, unavailable};
use super::problem::Problem;
use crate::reload::{InForce, ReloadTarget};

/// The least that a rollback needs of a hash.
const LEAST_HASH: usize = 4;
/// The longest body with the texts of a ruleset, in bytes: several times what the starter rules have.
pub(super) const MOST_RULESET_BYTES: usize = 8 * 1024 * 1024;

/// The body of a request.
type Given = Result<Bytes, BytesRejection>;

/// The ruleset in force: hash, policy, rules; since when and by what; the last attempt at another one.
pub(super) async fn ruleset(Extract(shared): Extract<Shared>) -> ApiResult {
    let in_force = shared.reloads.status.in_force().ok_or_else(not_known_yet)?;
    let ruleset = &in_force.ruleset;
    let rules: Vec<Value> = ruleset.rules.list().iter().map(|rule| described(rule, ruleset)).collect();
    body(&json!({
        "hash": ruleset.hash,
        "policy": policy(&ruleset.policy),
        "rules": rules,
        "publication": in_force.publication,
        "folder_differs": in_force.folder_differs,
        "operators_not_judged_yet": in_force.unscored_operators,
        "last_attempt": in_force.last_attempt,
    }))
}

/// The catalogue of features.
pub(super) async fn features(Extract(shared): Extract<Shared>) -> ApiResult {
    let InForce { ruleset, .. } = shared.reloads.status.in_force().ok_or_else(not_known_yet)?;
    body(&json!({ "ruleset": ruleset.hash, "features": ruleset.features.catalogue() }))
}

/// A rule's metadata, and the names of the features that it reads.
fn described(rule: &Rule, ruleset: &Ruleset) -> Value {
    let catalogue = ruleset.features.catalogue();
    let reads: Vec<&str> =
        rule.reads.iter().filter_map(|&place| catalogue.get(place)).map(|feature| &*feature.name).collect();
    json!({ "metadata": rule.metadata, "reads": reads })
}

fn policy(policy: &Policy) -> Value {
    let thresholds: Vec<_> = policy
        .thresholds
        .iter()
        .map(|threshold| json!({ "level": threshold.level, "enter": threshold.enter, "leave": threshold.leave }))
        .collect();
    let families: serde_json::Map<String, Value> = policy
        .families
        .iter()
        .map(|(name, family)| {
            (name.clone(), json!({ "title": family.title, "cap": family.cap, "least": family.least }))
        })
        .collect();
    json!({
        "open_at": policy.open_at,
        "thresholds": thresholds,
        "dwell": policy.dwell,
        "longest_text": policy.longest_text,
        "base": {
            "feature": policy.base.feature,
            "points": policy.base.points,
            "otherwise": policy.base.otherwise,
        },
        "families": families,
    })
}

/// One attempt at another ruleset.
pub(super) async fn attempt(Extract(shared): Extract<Shared>, number: Result<Path<u64>, PathRejection>) -> ApiResult {
    let Path(number) = number.map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let attempt = shared.reloads.status.attempt(number);
    body(&attempt.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, format!("no attempt {number} is remembered")))?)
}

/// What a reload may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Reload {
    dry_run: bool,
}

/// Takes the rules folder.
pub(super) async fn reload(Extract(shared): Extract<Shared>, headers: HeaderMap, given: Given) -> ApiResult {
    refuse_browsers(&headers)?;
    let given = whole(given)?;
    let Reload { dry_run } = if given.is_empty() { Reload::default() } else { parsed(&given)? };
    begin(&shared, ReloadTarget::Folder, Trigger::Api, dry_run)
}

/// What a rollback says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rollback {
    hash: String,
    #[serde(default)]
    dry_run: bool,
}

/// Puts an earlier ruleset back in force.
pub(super) async fn rollback(Extract(shared): Extract<Shared>, headers: HeaderMap, given: Given) -> ApiResult {
    refuse_browsers(&headers)?;
    let Rollback { hash, dry_run } = parsed(&whole(given)?)?;
    let is_hash = |text: &str| (LEAST_HASH..=64).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_hexdigit());
    if !is_hash(&hash) {
        let detail = format!("`hash` is a ruleset's hash or at least its first {LEAST_HASH} digits, in hex");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    begin(&shared, ReloadTarget::Published { hash: hash.to_ascii_lowercase() }, Trigger::Rollback, dry_run)
}

/// The texts of a ruleset that stands nowhere yet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenRuleset {
    /// By their paths below a rules folder, without cases.
    files: Files,
}

/// What a ruleset would change that stands nowhere yet: the levels of operators as they are now. Nothing comes of it.
pub(super) async fn project(Extract(shared): Extract<Shared>, headers: HeaderMap, given: Given) -> ApiResult {
    refuse_browsers(&headers)?;
    let GivenRuleset { files } = parsed(&whole(given)?)?;
    if let Some(foreign) = files.keys().find(|path| is_case(path) || longest(path).is_none()) {
        let detail = format!("`{foreign}` is no file of a ruleset: rules, features and settings are, cases are not");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    begin(&shared, ReloadTarget::Given { files }, Trigger::Api, true)
}

fn begin(shared: &Shared, target: ReloadTarget, trigger: Trigger, dry_run: bool) -> ApiResult {
    let Some(number) = shared.reloads.request(target, trigger, dry_run) else {
        return Err(unavailable("too many requests for another ruleset wait: ask again later"));
    };
    ReloadRequested { attempt: number, by: trigger.as_str() }.emit(&shared.metrics);
    let attempt = shared.reloads.status.attempt(number);
    let mut response: Response = json_response(StatusCode::ACCEPTED, json!(attempt).to_string());
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/ruleset/attempts/{number}")) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// Any page that somebody looks at can make the browser send requests to this machine, also a page of another site that
/// has given itself the address of this one. A browser says `Origin` with every request that changes something, and it
/// asks beforehand whether JSON may be sent to another site, which is never allowed here.
fn refuse_browsers(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site") {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "browsers may not change rules here: use `yujing rules reload` or `yujing rules rollback`",
        ));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().is_none_or(|kind| !kind.trim().eq_ignore_ascii_case("application/json")) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send `content-type: application/json`"));
    }
    Ok(())
}

/// What was sent, if all of it could be taken.
fn whole(given: Given) -> Result<Bytes, Problem> {
    given.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the request is longer than any that is answered here")
        }
        status => Problem::new(status, rejection.body_text()),
    })
}

fn parsed<'a, T: Deserialize<'a>>(given: &'a Bytes) -> Result<T, Problem> {
    serde_json::from_slice(given).map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))
}

fn not_known_yet() -> Problem {
    unavailable("the ruleset in force is not known yet: the engine reads it from Kafka first")
}
