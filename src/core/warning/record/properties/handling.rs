//! Handling with every part that a record can have.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

use super::{bilingual, instant, level, number, text};
use crate::warning::PastWarning;
use crate::warning::handling::{
    Answer, Attachment, Before, Clock, Disposition, Dispute, EventKey, EvidenceKey, Extension, Ground, Handling,
    HandlingAction, HandlingState, HandlingStep, Measure, Overdue, Receipt, SeenEvents, Verdict,
};
use crate::warning::routing::{Post, PostCopy};

fn post() -> impl Strategy<Value = Post> {
    (text(), bilingual()).prop_map(|(id, title)| Post { id, title })
}

fn event_key() -> impl Strategy<Value = EventKey> {
    (text(), text()).prop_map(|(publisher, event_id)| EventKey { publisher, event_id })
}

fn answer() -> BoxedStrategy<Answer> {
    let action = prop::sample::select(HandlingAction::ALL.to_vec());
    let verdict = option::of(prop::sample::select(Verdict::ALL.to_vec()));
    let measures = vec(prop::sample::select(Measure::ALL.to_vec()), 0..3);
    let to = (option::of(instant()), option::of(text()));
    (any::<u128>(), action, option::of(text()), option::of(text()), verdict, measures, vec(text(), 0..2), to)
        .prop_map(|(id, action, role, post, verdict, measures, findings, (extend_to, transfer_to))| Answer {
            warning_id: Uuid::from_u128(id),
            action,
            role,
            post,
            verdict,
            measures,
            findings,
            extend_to,
            transfer_to,
        })
        .boxed()
}

pub(super) fn disposition() -> BoxedStrategy<Disposition> {
    let attachment = (text(), text()).prop_map(|(uri, sha256)| Attachment { uri, sha256 });
    let rest = (vec(attachment, 0..2), option::of(text()), option::of(1..9_u64));
    (text(), event_key(), number(), instant(), option::of(answer()), rest)
        .prop_map(|(operator_id, event, revision, at, answer, (attachments, channel, sequence))| Disposition {
            operator_id: operator_id.into(),
            event,
            revision,
            at,
            answer,
            attachments,
            channel,
            sequence,
        })
        .boxed()
}

fn ground() -> impl Strategy<Value = Ground> {
    (text(), vec((instant(), text()), 0..3)).prop_map(|(rule, events)| {
        let events = events.into_iter().map(|(at, id)| (at, EvidenceKey::new("s", "p", &id)));
        Ground { rule, seen: SeenEvents::of(events) }
    })
}

pub(super) fn dispute() -> BoxedStrategy<Dispute> {
    (ground(), any::<u128>(), instant(), instant(), event_key(), event_key())
        .prop_map(|(ground, id, at, until, answered, reviewed)| Dispute {
            ground,
            warning_id: Uuid::from_u128(id),
            at,
            until,
            answered,
            reviewed,
        })
        .boxed()
}

pub(super) fn past_warning() -> BoxedStrategy<PastWarning> {
    let times = (instant(), instant(), option::of(instant()), option::of(instant()));
    let verdict = option::of(prop::sample::select(Verdict::ALL.to_vec()));
    (any::<u128>(), level(), times, verdict, any::<bool>(), any::<bool>())
        .prop_map(|(id, level, (opened_at, closed_at, due_at, answered_at), verdict, handled, overdue)| PastWarning {
            id: Uuid::from_u128(id),
            level,
            opened_at,
            closed_at,
            due_at,
            answered_at,
            verdict,
            handled,
            overdue,
        })
        .boxed()
}

/// What is kept of handling, without lists of people's steps.
fn bare_handling() -> BoxedStrategy<Handling> {
    let state = (prop::sample::select(HandlingState::ALL.to_vec()), instant(), any::<bool>(), 0..3_u32);
    let copy = (post(), any::<bool>()).prop_map(|(post, candidate)| PostCopy { post, candidate });
    let posts = (post(), vec(post(), 0..3), vec(post(), 0..2), vec(copy, 0..2));
    let clock = prop::sample::select(Clock::ALL.to_vec());
    let overdue = (clock, instant(), 1..4_u32, option::of(instant())).prop_map(|(clock, since, times, next)| Overdue {
        clock,
        since,
        times,
        next,
    });
    let extension =
        (option::of(instant()), option::of(instant())).prop_map(|(asked, granted)| Extension { asked, granted });
    let clocks = (option::of(instant()), option::of(extension), option::of(overdue), option::of(instant()));
    (state, posts, clocks, answer(), vec(ground(), 0..2))
        .prop_map(
            |((state, since, unrouted, reopened), (assignee, ladder, passed, copies), clocks, answer, grounds)| {
                let (acknowledge_by, extension, overdue, answered_at) = clocks;
                Handling {
                    state,
                    since,
                    assignee,
                    ladder,
                    passed,
                    copies,
                    unrouted,
                    acknowledge_by,
                    extension,
                    answered_at,
                    verdict: answer.verdict,
                    measures: answer.measures,
                    grounds,
                    overdue,
                    reopened,
                    steps: Vec::new(),
                    receipts: Vec::new(),
                    before: None,
                }
            },
        )
        .boxed()
}

pub(super) fn handling() -> BoxedStrategy<Handling> {
    let step = (event_key(), number(), instant(), answer()).prop_map(|(event, revision, at, answer)| HandlingStep {
        event,
        revision,
        at,
        answer,
    });
    let receipt = (option::of(text()), option::of(text()), option::of(1..9_u64), instant())
        .prop_map(|(post, channel, sequence, at)| Receipt { post, channel, sequence, at });
    let before =
        (bare_handling(), option::of(instant())).prop_map(|(handling, due_at)| Box::new(Before { handling, due_at }));
    (bare_handling(), vec(step, 0..3), vec(receipt, 0..2), option::of(before))
        .prop_map(|(handling, steps, receipts, before)| Handling { steps, receipts, before, ..handling })
        .boxed()
}
