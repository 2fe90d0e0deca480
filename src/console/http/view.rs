//! What several handlers show or read.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;
use yujing_core::rule::Level;

use super::Shared;
use super::problem::Problem;
use crate::access::AreaScope;
use crate::error::ConsoleError;
use crate::read_model::query::page::Page;
use crate::read_model::refusal::Refusal;
use crate::store::answer::{AnswerRequest, KeptAnswer};

/// How far an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum AnswerState {
    /// Kafka is away: it leaves as soon as it is back.
    Kept,
    /// Kafka has it.
    Sent,
    /// The engine has taken it.
    Applied,
    /// The engine has not.
    Refused,
    /// The warning had ended before: the engine keeps it, and nothing moved.
    Late,
}

/// An answer as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct AnswerView {
    id: Uuid,
    warning_id: Uuid,
    operator_id: String,
    state: AnswerState,
    refusal: Option<Refusal>,
    account: String,
    made_at: Timestamp,
    sent_at: Option<Timestamp>,
    decided_at: Option<Timestamp>,
    request: AnswerRequest,
}

impl AnswerView {
    /// An answer with what became of it. `ended_at` is when its warning ended, if it did.
    pub(super) fn of(shared: &Shared, answer: KeptAnswer, ended_at: Option<Timestamp>) -> Result<Self, ConsoleError> {
        let decision = shared.read_model.decision(answer.request.id)?;
        let sent_at = answer.sent.map(|sent| sent.at);
        let state = match (&decision, sent_at) {
            (Some(decision), _) if decision.refusal.is_some() => AnswerState::Refused,
            (Some(_), _) => AnswerState::Applied,
            (None, None) => AnswerState::Kept,
            (None, Some(sent)) if ended_at.is_some_and(|ended| ended < sent) => AnswerState::Late,
            (None, Some(_)) => AnswerState::Sent,
        };
        let decided_at = decision.as_ref().map(|decision| decision.at);
        let KeptAnswer { account, warning_id, operator_id, request, made_at, .. } = answer;
        let (id, refusal) = (request.id, decision.and_then(|decision| decision.refusal));
        Ok(Self { id, warning_id, operator_id, state, refusal, account, made_at, sent_at, decided_at, request })
    }
}

/// A level of a request.
pub(super) fn level(word: Option<&str>) -> Result<Option<Level>, Problem> {
    let parse = |word: &str| Level::parse(word).ok_or_else(|| Problem::bad_request("there is no such level"));
    word.map(parse).transpose()
}

/// Which part of a list a request names.
pub(super) fn page(cursor: Option<&str>, limit: Option<u32>) -> Result<Page, Problem> {
    Page::at(cursor, limit)
        .ok_or_else(|| Problem::bad_request("`limit` is from 1 to 500, and `cursor` is `next` of a page"))
}

/// The area of a request.
pub(super) fn area(sub_district: Option<String>, community: Option<String>, grid: Option<String>) -> AreaScope {
    AreaScope { sub_district, community, grid }
}
