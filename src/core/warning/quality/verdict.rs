//! Whether what a warning said proved true: the verdict (核查结论) that counts of each.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::PastEvent;
use crate::warning::handling::{Handling, HandlingAction, HandlingState, Verdict};
use crate::warning::standing::Step;

/// The verdicts that the engine let stand, by warning. A reviewed verdict counts over those that nobody has reviewed;
/// among equals the newest does. One that was reopened counts no more.
#[derive(Debug, Default)]
pub struct PastVerdicts {
    by_warning: BTreeMap<Uuid, StandingVerdict>,
    /// Warnings that have handling: what their dispositions say counts only as far as the engine permitted it.
    handled: BTreeSet<Uuid>,
}

#[derive(Debug, Clone, Copy)]
struct StandingVerdict {
    verdict: Verdict,
    is_reviewed: bool,
}

impl PastVerdicts {
    /// Of lifecycle events, oldest first.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a PastEvent>) -> Self {
        let mut verdicts = Self::default();
        for event in events {
            if let Some(handling) = &event.handling {
                verdicts.handled.insert(event.warning_id);
                verdicts.take(event, handling);
            }
        }
        verdicts
    }

    fn take(&mut self, event: &PastEvent, handling: &Handling) {
        let newest = handling.steps.last().map(|step| step.answer.action);
        if event.step == Step::Handled && newest == Some(HandlingAction::Reopened) {
            self.by_warning.remove(&event.warning_id);
            return;
        }
        let Some(verdict) = handling.verdict else { return };
        let is_reviewed = matches!(handling.state, HandlingState::Reviewed | HandlingState::Closed);
        let known = self.by_warning.get(&event.warning_id);
        if is_reviewed || known.is_none_or(|known| !known.is_reviewed) {
            self.by_warning.insert(event.warning_id, StandingVerdict { verdict, is_reviewed });
        }
    }

    /// The verdict on a warning. Where a warning has no handling, what its dispositions say counts.
    pub fn get(&self, warning: Uuid, said: &BTreeSet<String>) -> Option<Verdict> {
        match self.by_warning.get(&warning) {
            Some(standing) => Some(standing.verdict),
            None if self.handled.contains(&warning) => None,
            None => said_verdict(said),
        }
    }
}

/// The verdict in the words of dispositions of either version: of several, the one that says least for the warning.
fn said_verdict(said: &BTreeSet<String>) -> Option<Verdict> {
    let verdict = |word: &String| match word.as_str() {
        "false_alarm" => Some(Verdict::Unfounded),
        "rectified" => Some(Verdict::Confirmed),
        other => Verdict::parse(other),
    };
    said.iter().filter_map(verdict).max()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::rule::Level;

    const WARNING: Uuid = Uuid::from_u128(1);

    /// A step of the warning, with the state, the verdict and the newest action that its handling has then.
    fn event(second: i64, state: &str, verdict: Option<&str>, action: &str) -> PastEvent {
        let post = json!({ "id": "district", "title": { "zh": "区局", "en": "District" } });
        let at = Timestamp::from_second(second).expect("a time");
        let step = json!({ "publisher": "p", "event_id": "d", "revision": 1, "at": at, "warning_id": WARNING,
            "action": action });
        let handling = json!({ "state": state, "since": at, "assignee": post, "ladder": [], "verdict": verdict,
            "steps": [step] });
        let handling = serde_json::from_value(handling).expect("a handling");
        PastEvent {
            warning_id: WARNING,
            step: Step::Handled,
            from: Level::Red,
            as_of: at,
            base: 0,
            findings: Vec::new(),
            ruleset: "a".to_owned(),
            handling: Some(handling),
        }
    }

    fn counts(events: &[PastEvent], said: &[&str]) -> Option<Verdict> {
        PastVerdicts::of(events).get(WARNING, &said.iter().map(|&word| word.to_owned()).collect())
    }

    #[test]
    fn a_reviewed_verdict_counts_over_a_newer_one_that_nobody_reviewed() {
        let answered = event(1, "answered", Some("unfounded"), "answered");
        let reviewed = event(2, "reviewed", Some("unfounded"), "reviewed");
        let again = event(3, "answered", Some("confirmed"), "answered");
        let at_last = event(4, "closed", Some("confirmed"), "closed");
        let all = [answered, reviewed, again, at_last];
        let counted: Vec<_> = (1..=4).map(|events| counts(&all[..events], &[])).collect();
        assert_eq!(counted, [Verdict::Unfounded, Verdict::Unfounded, Verdict::Unfounded, Verdict::Confirmed].map(Some));
    }

    #[test]
    fn whoever_reopens_a_warning_does_not_stand_by_its_verdict() {
        let reviewed = event(1, "reviewed", Some("unfounded"), "reviewed");
        assert_eq!(counts(&[reviewed, event(2, "new", None, "reopened")], &["false_alarm"]), None);
    }

    #[rstest]
    #[case(&["acknowledged", "delivered", "visited"], None)]
    #[case(&["acknowledged", "rectified"], Some(Verdict::Confirmed))]
    #[case(&["false_alarm", "rectified"], Some(Verdict::Unfounded))]
    #[case(&["answered", "partly"], Some(Verdict::Partly))]
    #[case(&["answered", "unfounded"], Some(Verdict::Unfounded))]
    fn without_handling_the_words_of_dispositions_count(#[case] said: &[&str], #[case] verdict: Option<Verdict>) {
        assert_eq!(counts(&[], said), verdict);
        assert_eq!(
            counts(&[event(1, "acknowledged", None, "acknowledged")], said),
            None,
            "not where there is handling"
        );
    }
}
