//! What was refused on its way in: counted, listed, shown with personal data masked, sent again.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State as Extract};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use yujing_base::digest::hex;
use yujing_core::source::masking::masked;

use super::guard::Caller;
use super::problem::Problem;
use super::view::page;
use super::{ApiResult, Shared, body};
use crate::dead_letters::RefusedRecord;
use crate::read_model::apply::dead_letter::MOST_LISTED;
use crate::read_model::query::dead_letters::{DeadLetterFilter, DeadLetterSummary};
use crate::read_model::query::page::MOST;
use crate::store::retry::DeadLetterPlace;

/// Most records that one request sends again.
const MOST_RETRIES: usize = 10_000;
/// Publishers' headers that are shown: what says how the value is to be read, and who sent it.
const SHOWN_HEADERS: [&str; 6] = ["content-type", "ce_specversion", "ce_type", "ce_source", "ce_time", "ce_id"];
/// The longest header that is shown, in characters.
const LONGEST_HEADER: usize = 200;
/// Refused once, refused for good: the same answer is not permitted later either.
const FINAL_CODE: &str = "not_permitted";

/// Refused records, counted by topic and code.
pub(super) async fn counts(Extract(shared): Extract<Shared>) -> ApiResult {
    let (counts, listed) = shared
        .blocking(|shared| Ok((shared.read_model.dead_letters()?, shared.read_model.dead_letters_listed()?)))
        .await?;
    body(&json!({
        "counts": counts, "listed": listed.listed, "most_listed": MOST_LISTED, "oldest_at": listed.oldest_at,
    }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    topic: Option<String>,
    code: Option<String>,
    publisher: Option<String>,
    since: Option<Timestamp>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Refused records, the newest first.
pub(super) async fn list(
    Extract(shared): Extract<Shared>,
    selection: Result<Query<Selection>, QueryRejection>,
) -> ApiResult {
    let Query(Selection { topic, code, publisher, since, limit, cursor }) = selection?;
    let part = page(cursor.as_deref(), limit)?;
    let filter = DeadLetterFilter { topic, code, publisher, since };
    let listed = shared
        .blocking(move |shared| {
            let listed = shared.read_model.listed_dead_letters(&filter, part)?;
            let views = listed.entries.iter().map(|letter| view(shared, letter)).collect::<Result<Vec<_>, _>>()?;
            Ok(json!({ "total": listed.total, "dead_letters": views, "next": listed.next }))
        })
        .await?;
    body(&listed)
}

/// A refused record with how far it is on its way again.
fn view(shared: &Shared, letter: &DeadLetterSummary) -> Result<Value, Problem> {
    let mut view = serde_json::to_value(letter).map_err(|error| super::failed(error.to_string()))?;
    view["retry"] = json!(shared.store.retry(&letter.place)?);
    Ok(view)
}

/// Where a record stands, as an address has it.
#[derive(Debug, Deserialize)]
pub(super) struct Place {
    topic: String,
    partition: i32,
    offset: i64,
}

/// A refused record as it came, personal data masked.
pub(super) async fn record(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    place: Result<Path<Place>, PathRejection>,
) -> ApiResult {
    let Path(Place { topic, partition, offset }) = place?;
    let shown = shared
        .blocking(move |shared| {
            let found = shared.read_model.dead_letter(&topic, partition, offset)?;
            let letter = found.ok_or_else(Problem::not_found)?;
            let refused = shared.dead_letters.read(&topic, partition, offset).map_err(|error| kafka_away(&error))?;
            let refused = refused.ok_or_else(Problem::not_found)?;
            let event = caller.did("read_dead_letter", format!("{topic}/{partition}/{offset}"));
            shared.store.note(&event, Timestamp::now())?;
            Ok(json!({
                "dead_letter": view(shared, &letter)?,
                "length": refused.value.as_ref().map_or(0, Vec::len),
                "sha256": hex(&Sha256::digest(refused.value.as_deref().unwrap_or_default())),
                "document": document(shared, &topic, &refused),
                "headers": headers(&refused),
            }))
        })
        .await?;
    body(&shown)
}

/// The value with personal data masked; none: it is no JSON, and what in it is personal cannot be told.
fn document(shared: &Shared, topic: &str, refused: &RefusedRecord) -> Option<String> {
    let source = shared.dead_letters.source(topic)?;
    let document: Value = serde_json::from_slice(refused.value.as_deref()?).ok()?;
    serde_json::to_string_pretty(&masked(&document, source)).ok()
}

fn headers(refused: &RefusedRecord) -> Vec<Value> {
    let shown = refused.headers.iter().filter(|header| SHOWN_HEADERS.contains(&header.name.to_lowercase().as_str()));
    let text = |value: &[u8]| String::from_utf8_lossy(value).chars().take(LONGEST_HEADER).collect::<String>();
    shown
        .map(|header| json!({ "name": header.name, "value": text(header.value.as_deref().unwrap_or_default()) }))
        .collect()
}

fn kafka_away(error: &yujing_kafka::KafkaError) -> Problem {
    let (zh, en) = ("消息系统暂不可用，请稍后再试", "Kafka does not answer: try again later");
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "kafka_away", zh, en);
    Problem { retry_after: Some(5), cause: Some(error.to_string()), ..problem }
}

/// Which refused records are to be sent again: some, or all of a topic with a code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RetryRequest {
    topic: String,
    code: Option<String>,
    places: Option<Vec<PlaceOfTopic>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceOfTopic {
    partition: i32,
    offset: i64,
}

/// Has refused records sent to their topic again; those that are on their way already stay as they are.
pub(super) async fn retry(
    Extract(shared): Extract<Shared>,
    caller: Caller,
    given: Result<Json<RetryRequest>, JsonRejection>,
) -> ApiResult {
    let Json(request) = given?;
    let asked = shared
        .blocking(move |shared| {
            let places = places(shared, &request)?;
            let (now, account) = (Timestamp::now(), &caller.session.account.name);
            let asked = shared.store.ask_retries(&places, MOST_RETRIES, account, now)?;
            let mut event = caller.did("retry", request.topic.clone());
            event.detail = Some(json!({ "code": request.code, "asked": asked.new, "left": asked.left }).to_string());
            shared.store.note(&event, now)?;
            Ok(asked)
        })
        .await?;
    let mut response = body(&json!({ "asked": asked.new, "left": asked.left }))?;
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

fn places(shared: &Shared, request: &RetryRequest) -> Result<Vec<DeadLetterPlace>, Problem> {
    let RetryRequest { topic, code, places } = request;
    match (places, code) {
        (Some(places), None) if places.len() <= MOST as usize => {
            let found = places.iter().map(|place| {
                let letter = shared.read_model.dead_letter(topic, place.partition, place.offset)?;
                let letter = letter.ok_or_else(Problem::not_found)?;
                if is_sendable(&letter) { Ok(letter.place) } else { Err(final_refusal()) }
            });
            found.collect()
        }
        (None, Some(code)) if code == FINAL_CODE => Err(final_refusal()),
        (None, Some(code)) => Ok(shared.read_model.whole_dead_letters(topic, code)?),
        _ => Err(Problem::invalid(
            "请指明至多500条记录，或者拒收原因，二者取一",
            "say either at most 500 `places`, or a `code`",
        )),
    }
}

/// Whether it is whole, and can come out otherwise.
fn is_sendable(letter: &DeadLetterSummary) -> bool {
    !letter.cut && letter.code != FINAL_CODE
}

fn final_refusal() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "final",
        "该记录不能重发：内容已被截短，或者属于预警不允许的处置（须以新的编号另行提交）",
        "it cannot be sent again: it was cut, or it is a disposition that its warning does not permit (send another one)",
    )
}
