//! What rules are worth.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use uuid::Uuid;
use yujing_base::language::Bilingual;
use yujing_core::warning::handling::Verdict;
use yujing_core::warning::quality::contributing_rules;
use yujing_core::warning::{Policy, Step};

use super::count::count;
use crate::life::WarningLife;
use crate::past::PastStep;

/// What rules are worth, by the warnings opened or escalated in the month.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RuleQualities {
    /// Those behind the most warnings first.
    pub rules: Vec<RuleFigures>,
    /// Steps that count for no rule, because the ruleset by which they were taken cannot be had any more.
    pub unmeasured: u64,
}

/// What a rule was worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleFigures {
    pub rule: String,
    pub title: Bilingual,
    /// Warnings that were opened or escalated while it fired.
    pub warnings: u64,
    /// Those of them that would not have been without it.
    pub unique: u64,
    /// What the newest answers to them say, as of the end of the month.
    pub confirmed: u64,
    pub partly: u64,
    pub unfounded: u64,
    /// Those without a verdict so far.
    pub unanswered: u64,
}

/// The warnings that one rule helped to raise.
struct Raised {
    title: Bilingual,
    warnings: BTreeSet<Uuid>,
    unique: BTreeSet<Uuid>,
}

impl RuleQualities {
    pub fn of(steps: &[&PastStep], lives: &[WarningLife], policies: &BTreeMap<String, Policy>) -> Self {
        let mut by_rule: BTreeMap<&str, Raised> = BTreeMap::new();
        let mut unmeasured = 0;
        for step in steps.iter().filter(|step| matches!(step.step, Step::Opened | Step::Escalated)) {
            let Some(policy) = policies.get(&step.ruleset) else {
                unmeasured += 1;
                continue;
            };
            for (rule, is_unique) in contributing_rules(policy, step.from, step.base, &step.findings) {
                let Some(finding) = step.findings.iter().find(|finding| finding.rule.id == rule) else { continue };
                let raised = by_rule.entry(rule).or_insert_with(|| Raised::titled(&finding.rule.title));
                raised.warnings.insert(step.warning_id);
                if is_unique {
                    raised.unique.insert(step.warning_id);
                }
            }
        }
        let verdict = |life: &WarningLife| Some((life.warning_id, life.answer.as_ref()?.verdict?));
        let verdicts: BTreeMap<Uuid, Verdict> = lives.iter().filter_map(verdict).collect();
        let mut rules: Vec<RuleFigures> =
            by_rule.into_iter().map(|(rule, raised)| raised.figures(rule, &verdicts)).collect();
        rules.sort_by_key(|figures| Reverse(figures.warnings));
        Self { rules, unmeasured }
    }
}

impl Raised {
    fn titled(title: &Bilingual) -> Self {
        Self { title: title.clone(), warnings: BTreeSet::new(), unique: BTreeSet::new() }
    }

    fn figures(self, rule: &str, verdicts: &BTreeMap<Uuid, Verdict>) -> RuleFigures {
        let answered = |verdict| count(self.warnings.iter().filter(|id| verdicts.get(id).copied() == verdict));
        RuleFigures {
            rule: rule.to_owned(),
            warnings: count(&self.warnings),
            unique: count(&self.unique),
            confirmed: answered(Some(Verdict::Confirmed)),
            partly: answered(Some(Verdict::Partly)),
            unfounded: answered(Some(Verdict::Unfounded)),
            unanswered: answered(None),
            title: self.title,
        }
    }
}
