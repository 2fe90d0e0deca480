//! I1 and the set part of I3: the store against a model that keeps, for each identity, the best event and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

const OPERATOR_IDS: [&str; 4] = ["o1", "o2", "o3", "o4"];
const PUBLISHERS: [&str; 2] = ["p1", "p2"];
const EVENT_IDS: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

/// The naive set: a copy of it is a transaction.
#[derive(Debug, Clone, Default)]
struct Model {
    best: BTreeMap<Identity, Best>,
}

#[derive(Debug, Clone)]
struct Best {
    brief: Brief,
    expired: bool,
    /// The hour until which it must be known though it has no row.
    until: i64,
}

impl Best {
    fn is_live(&self) -> bool {
        self.brief.op == Op::Upsert && !self.expired
    }

    /// What a record received at an hour finds, whether or not memory was cleared by then.
    fn as_of(&self, received: i64) -> Option<Self> {
        let expired = self.expired || self.brief.occurred < received - RETENTION_HOURS;
        let until = if self.until > received { self.until } else { i64::MIN };
        let best = Self { expired, until, ..self.clone() };
        (best.is_live() || best.until > received).then_some(best)
    }
}

impl Model {
    fn admit(&mut self, brief: Brief) -> EventOutcome {
        let identity = brief.identity();
        if brief.op == Op::Delete {
            self.best.remove(&identity);
            return EventOutcome::Retracting;
        }
        let mut until = i64::MIN;
        if brief.source == OPERATORS {
            let content = |brief: &Brief| (brief.revision, brief.count, brief.occurred);
            if self.best.get(&identity).is_some_and(|best| content(&best.brief) == content(&brief)) {
                return EventOutcome::Duplicate;
            }
        } else if let Some(best) = self.best.get(&identity).and_then(|best| best.as_of(brief.received)) {
            let rank = |brief: &Brief| (brief.revision, brief.op == Op::Retract);
            if rank(&brief) < rank(&best.brief) {
                return EventOutcome::Superseded;
            }
            if rank(&brief) == rank(&best.brief) {
                let same =
                    brief.op == Op::Retract || (brief.count, brief.occurred) == (best.brief.count, best.brief.occurred);
                return if same { EventOutcome::Duplicate } else { EventOutcome::Conflict };
            }
            until = best.until;
            if best.is_live() && (brief.op == Op::Retract || best.brief.occurred > brief.occurred) {
                until = until.max(best.brief.occurred + RETENTION_HOURS);
            }
        }
        if brief.op == Op::Retract {
            until = until.max(brief.received + RETENTION_HOURS);
        }
        self.best.insert(identity, Best { brief, expired: false, until });
        if brief.op == Op::Retract { EventOutcome::Retracting } else { EventOutcome::Applied }
    }

    fn expire(&mut self, as_of: i64) -> usize {
        let mut went = 0;
        for best in self.best.values_mut() {
            let due = best.brief.source == ALERTS && best.brief.occurred <= as_of - RETENTION_HOURS;
            if best.is_live() && due {
                best.expired = true;
                went += 1;
            }
        }
        self.best.retain(|_, best| best.is_live() || best.until > as_of);
        for best in self.best.values_mut().filter(|best| best.until <= as_of) {
            best.until = i64::MIN;
        }
        went
    }

    fn live(&self, source: SourceId) -> impl Iterator<Item = &Brief> {
        self.best.values().filter(move |best| best.is_live() && best.brief.source == source).map(|best| &best.brief)
    }

    fn gather(&self, source: SourceId, operators: &[&str], as_of: i64) -> Vec<Shown> {
        let visible = |brief: &&Brief| {
            let in_window = as_of - RETENTION_HOURS < brief.occurred && brief.occurred <= as_of;
            operators.contains(&brief.operator) && (source == OPERATORS || in_window)
        };
        let mut rows: Vec<Shown> = self.live(source).filter(visible).map(show).collect();
        rows.sort();
        rows
    }

    fn gather_all(&self, source: SourceId, operators: &[&str]) -> Vec<Shown> {
        let mut rows: Vec<Shown> =
            self.live(source).filter(|brief| operators.contains(&brief.operator)).map(show).collect();
        rows.sort();
        rows
    }

    /// The rows of this set that another does not have just so.
    fn rows_not_in(&self, other: &Self, source: SourceId) -> Vec<Shown> {
        let is_other = |brief: &&Brief| {
            let best = other.best.get(&brief.identity()).filter(|best| best.is_live());
            best.is_none_or(|best| show(&best.brief) != show(brief))
        };
        let mut rows: Vec<Shown> = self.live(source).filter(is_other).map(show).collect();
        rows.sort();
        rows
    }

    fn operators(&self) -> Vec<String> {
        let operators: BTreeSet<&str> =
            [ALERTS, OPERATORS].into_iter().flat_map(|source| self.live(source)).map(|brief| brief.operator).collect();
        operators.into_iter().map(str::to_owned).collect()
    }

    /// What the store shows of an identity: nothing, or this content.
    fn content(&self, identity: Identity) -> Option<(Option<i64>, i64)> {
        self.best.get(&identity).filter(|best| best.is_live()).map(|best| (best.brief.count, best.brief.occurred))
    }
}

/// What an hour shows of an identity: no event past its retention.
fn seen(model: &Model, identity: Identity, now: i64) -> Option<(Option<i64>, i64)> {
    let best = model.best.get(&identity)?;
    let is_past = best.brief.source == ALERTS && best.brief.occurred < now - RETENTION_HOURS;
    model.content(identity).filter(|_| !is_past)
}

fn without(rows: &[Shown], others: &[Shown]) -> Vec<Shown> {
    rows.iter().filter(|row| !others.contains(row)).cloned().collect()
}

fn show(brief: &Brief) -> Shown {
    (
        brief.operator.to_owned(),
        brief.occurred,
        brief.event_id.to_owned(),
        brief.publisher.to_owned(),
        brief.revision,
        brief.count,
    )
}

/// One step of a history. Times of events are relative to the clock, which every step moves on.
#[derive(Debug, Clone)]
struct Step {
    clock: i64,
    events: Vec<(Brief, i64)>,
    commit: bool,
    expire: bool,
    /// Who is asked for, and how long after the clock.
    asked: Vec<&'static str>,
    later: i64,
}

fn brief() -> impl Strategy<Value = (Brief, i64)> {
    let source = prop_oneof![4 => Just(ALERTS), 1 => Just(OPERATORS)];
    let op = prop_oneof![7 => Just(Op::Upsert), 2 => Just(Op::Retract), 1 => Just(Op::Delete)];
    let names = (select(&OPERATOR_IDS), select(&PUBLISHERS), select(&EVENT_IDS));
    (source, op, names, 1..4_i64, prop::option::of(0..3_i64), -110..10_i64).prop_map(
        |(source, op, (operator, publisher, event_id), revision, count, lateness)| {
            // Only a reference source has deletes, and it has no other way to take a row out.
            let op = match (source, op) {
                (ALERTS, Op::Delete) => Op::Upsert,
                (OPERATORS, Op::Retract) => Op::Delete,
                _ => op,
            };
            (Brief { source, operator, publisher, event_id, revision, op, count, ..EVENT }, lateness)
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    (
        0..40_i64,
        prop::collection::vec(brief(), 0..40),
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.3),
        prop::sample::subsequence(OPERATOR_IDS.to_vec(), 0..=4),
        -50..50_i64,
    )
        .prop_map(|(clock, events, commit, expire, asked, later)| Step {
            clock,
            events,
            commit,
            expire,
            asked,
            later,
        })
}

fn agree(view: View<'_>, model: &Model, step: &Step, now: i64) {
    for source in [ALERTS, OPERATORS] {
        for as_of in [now, now + step.later] {
            assert_eq!(gather(view, source, &step.asked, as_of), model.gather(source, &step.asked, as_of));
        }
        assert_eq!(gather_all(view, source, &step.asked), model.gather_all(source, &step.asked));
    }
    assert_eq!(names(view.operators()), model.operators());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// I1, I3: whatever comes, however it is batched, aborted and expired, outcomes, gathers, touched and lost evidence
    /// are the model's.
    #[test]
    fn i3_the_store_is_the_set_of_best_events(steps in prop::collection::vec(step(), 1..16)) {
        let mut store = store();
        let mut model = Model::default();
        let mut now = 0;
        for step in steps {
            now += step.clock;
            let before = model.clone();
            let mut delta = Delta::default();
            let (mut touched, mut lost_evidence) = (BTreeSet::new(), BTreeSet::new());
            for (brief, lateness) in &step.events {
                let brief = Brief { occurred: now + lateness, received: now, ..*brief };
                let was_live = seen(&model, brief.identity(), now).is_some();
                let outcome = model.admit(brief);
                prop_assert_eq!(store.admit(&mut delta, brief.event()), outcome);
                let taken = matches!(outcome, EventOutcome::Applied | EventOutcome::Retracting);
                if taken && (was_live || outcome == EventOutcome::Applied) {
                    touched.insert(brief.operator.to_owned());
                }
                let had = seen(&before, brief.identity(), now);
                if taken && had.is_some() && had != model.content(brief.identity()) {
                    lost_evidence.insert(brief.operator.to_owned());
                }
            }
            prop_assert_eq!(names(delta.touched.clone()), Vec::from_iter(touched));
            prop_assert_eq!(names(delta.lost_evidence.clone()), Vec::from_iter(lost_evidence));
            agree(store.view_with(&delta), &model, &step, now);
            agree(store.view(), &before, &step, now);
            for source in [ALERTS, OPERATORS] {
                let view = store.view_with(&delta);
                let (removed, added) = (shown(&view.removed_rows(source)), shown(&view.added_rows(source)));
                // A row that went and came back within the batch is in both, and changes nothing.
                prop_assert_eq!(without(&removed, &added), before.rows_not_in(&model, source));
                prop_assert_eq!(without(&added, &removed), model.rows_not_in(&before, source));
                prop_assert!(removed.is_sorted() && added.is_sorted());
            }
            if step.commit {
                store.install(delta);
            } else {
                model = before;
            }
            if step.expire {
                prop_assert_eq!(store.expire(hour(now)), model.expire(now));
            }
            agree(store.view(), &model, &step, now);
            for source in [ALERTS, OPERATORS] {
                prop_assert_eq!(store.len(source), model.live(source).count());
            }
        }
    }

    /// I3: the last gather of events does not depend on the order of arrival, on repetitions, on batching or on aborts
    /// that are tried again. (Of a reference row the last record counts, so its order does matter.)
    #[test]
    fn i3_order_of_arrival_does_not_matter(
        events in prop::collection::vec(brief(), 1..120),
        swaps in prop::collection::vec((any::<Index>(), any::<Index>()), 0..240),
        repeated in prop::collection::vec(any::<Index>(), 0..30),
        batches in prop::collection::vec((1..30_usize, any::<bool>()), 1..8),
    ) {
        // A revision has one content, as honest publishers have it.
        let events: Vec<Brief> = events
            .into_iter()
            .filter(|(brief, _)| brief.source == ALERTS)
            .map(|(brief, _)| {
                let salt = brief.identity().0 % 5;
                let occurred = 10 * brief.revision + i64::try_from(salt).expect("less than five");
                let count = (brief.revision != 2).then_some(brief.revision);
                Brief { occurred, count, ..brief }
            })
            .collect();
        let mut straight = store();
        for brief in &events {
            let (delta, _) = admit(&straight, &[*brief]);
            straight.install(delta);
        }

        let mut shuffled = events.clone();
        if !events.is_empty() {
            shuffled.extend(repeated.iter().map(|index| *index.get(&events)));
            for (left, right) in swaps {
                let places = (left.index(shuffled.len()), right.index(shuffled.len()));
                shuffled.swap(places.0, places.1);
            }
        }
        let mut crooked = store();
        let mut rest = shuffled.as_slice();
        for (size, abort) in batches.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (batch, later) = rest.split_at(size.min(rest.len()));
            if abort {
                drop(admit(&crooked, batch));
            }
            let (delta, outcomes) = admit(&crooked, batch);
            prop_assert!(!outcomes.contains(&EventOutcome::Conflict));
            crooked.install(delta);
            rest = later;
        }
        let [expected, actual] = [&straight, &crooked].map(|store| gather(store.view(), ALERTS, &OPERATOR_IDS, 60));
        prop_assert_eq!(actual, expected);
    }
}
