//! `handling.toml` as it is written, and what can be wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use yujing_base::diagnostic::Diagnostics;
use yujing_base::diagnostic::authored::{Authored, Codes};
use yujing_base::diagnostic::suggest::{did_you_mean, listed};
use yujing_base::language::{Bilingual, say};

use super::action::HandlingAction;
use super::policy::{ClockRule, Clocks, HandlingPolicy};
use crate::rule::{Deadline, Level};
use crate::warning::routing::when::{ConditionCodes, When};
use crate::warning::routing::{Routing, Vocabulary};

const CODES: Codes = Codes { syntax: "handling/syntax", unknown_key: "handling/unknown-key" };

const CONDITION_CODES: ConditionCodes = ConditionCodes {
    unknown_name: "handling/unknown-name",
    no_such_value: "handling/no-such-value",
    empty: "handling/empty",
};

impl HandlingPolicy {
    /// Reads and checks the text of `handling.toml`; `file` for messages, `routing` for the roles that there are.
    ///
    /// # Errors
    /// The first problem of syntax or shape, otherwise every problem, with line and column: a clock of zero, a role or
    /// a rule that is not there, a step that nobody may take, ...
    pub fn read(file: &Path, text: &str, known: &Vocabulary<'_>, routing: &Routing) -> Result<Self, Diagnostics> {
        let (mut authored, content) = Authored::read::<File>(file, text, CODES)?;
        let policy = Reading { known, routing, authored: &mut authored }.policy(content);
        authored.diagnostics.into_result(policy)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    dispute: Spanned<String>,
    version_1_role: Spanned<String>,
    levels: LevelsTable,
    #[serde(default)]
    clock: Vec<Spanned<ClockTable>>,
    actions: ActionsTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelsTable {
    blue: LevelTable,
    yellow: LevelTable,
    orange: LevelTable,
    red: LevelTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelTable {
    acknowledge: Spanned<String>,
    act: Option<Spanned<String>>,
    rung: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockTable {
    when: When,
    acknowledge: Option<Spanned<String>>,
    act: Option<Spanned<String>>,
}

type Roles = Spanned<Vec<Spanned<String>>>;

/// Everything but receipts: these need no role.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActionsTable {
    acknowledged: Roles,
    in_progress: Roles,
    answered: Roles,
    reviewed: Roles,
    closed: Roles,
    extension_asked: Roles,
    extension_granted: Roles,
    extension_refused: Roles,
    transferred: Roles,
    returned: Roles,
    reopened: Roles,
}

impl ActionsTable {
    fn into_roles(self) -> [(HandlingAction, Roles); 11] {
        [
            (HandlingAction::Acknowledged, self.acknowledged),
            (HandlingAction::InProgress, self.in_progress),
            (HandlingAction::Answered, self.answered),
            (HandlingAction::Reviewed, self.reviewed),
            (HandlingAction::Closed, self.closed),
            (HandlingAction::ExtensionAsked, self.extension_asked),
            (HandlingAction::ExtensionGranted, self.extension_granted),
            (HandlingAction::ExtensionRefused, self.extension_refused),
            (HandlingAction::Transferred, self.transferred),
            (HandlingAction::Returned, self.returned),
            (HandlingAction::Reopened, self.reopened),
        ]
    }
}

/// A file under inspection.
struct Reading<'a, 't> {
    known: &'a Vocabulary<'a>,
    routing: &'a Routing,
    authored: &'a mut Authored<'t>,
}

impl Reading<'_, '_> {
    fn policy(mut self, content: File) -> HandlingPolicy {
        let LevelsTable { blue, yellow, orange, red } = &content.levels;
        let levels = [(Level::Blue, blue), (Level::Yellow, yellow), (Level::Orange, orange), (Level::Red, red)];
        let (mut acknowledge, mut act, mut rung) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (level, table) in levels {
            let clocks = self.clocks(Some(&table.acknowledge), table.act.as_ref());
            acknowledge.extend(clocks.acknowledge.map(|deadline| (level, deadline)));
            act.extend(clocks.act.map(|deadline| (level, deadline)));
            rung.extend(self.deadline(&table.rung).map(|deadline| (level, deadline)));
        }
        let clock_rules = content.clock.into_iter().map(|table| self.clock_rule(table)).collect();
        let roles = content.actions.into_roles().map(|(action, roles)| (action, self.roles(action, roles)));
        self.role_exists(&content.version_1_role);
        HandlingPolicy {
            acknowledge,
            act,
            rung,
            clock_rules,
            roles: roles.into(),
            // What is refused stands for nothing: the file is not read then.
            dispute: self.deadline(&content.dispute).unwrap_or(Deadline::Minutes(1)),
            version_1_role: content.version_1_role.into_inner(),
        }
    }

    fn clock_rule(&mut self, table: Spanned<ClockTable>) -> ClockRule {
        let span = table.span();
        let table = table.into_inner();
        let clocks = self.clocks(table.acknowledge.as_ref(), table.act.as_ref());
        if table.acknowledge.is_none() && table.act.is_none() {
            let message = Bilingual::new("没有写明任何时限", "it names no clock");
            let help = Bilingual::new("写 `acknowledge`、`act` 或者两者", "give `acknowledge`, `act` or both");
            self.authored.report("handling/empty", span, message, help);
        }
        ClockRule { when: table.when.check(self.known, CONDITION_CODES, self.authored), clocks }
    }

    fn clocks(&mut self, acknowledge: Option<&Spanned<String>>, act: Option<&Spanned<String>>) -> Clocks {
        let clocks = Clocks {
            acknowledge: acknowledge.and_then(|given| self.deadline(given)),
            act: act.and_then(|given| self.deadline(given)),
        };
        if let (Some(Deadline::Minutes(first)), Some(Deadline::Minutes(then)), Some(place)) =
            (clocks.acknowledge, clocks.act, act)
            && then < first
        {
            let message = Bilingual::new("处置时限短于签收时限", "the time to act ends before the time to acknowledge");
            let help = Bilingual::new("`act` 应不短于 `acknowledge`", "let `act` be no shorter than `acknowledge`");
            self.authored.report("handling/order", place.span(), message, help);
        }
        clocks
    }

    fn deadline(&mut self, given: &Spanned<String>) -> Option<Deadline> {
        match Deadline::parse(given.get_ref()) {
            Ok(deadline) => Some(deadline),
            Err(refused) => {
                let help = Bilingual::new(
                    "写法如 `15m`、`2h`、`1wd`，须大于零",
                    "write it like `15m`, `2h` or `1wd`, and more than zero",
                );
                self.authored.report("handling/clock", given.span(), refused, help);
                None
            }
        }
    }

    fn roles(&mut self, action: HandlingAction, given: Roles) -> BTreeSet<String> {
        if given.get_ref().is_empty() {
            let words = action.words();
            let message = Bilingual {
                zh: format!("没有角色可以“{}”", words.zh),
                en: format!("no role may take the step `{action}`", action = action.as_str()),
            };
            let help = Bilingual::new("请写明哪些角色可以", "name the roles that may");
            self.authored.report("handling/empty", given.span(), message, help);
        }
        let roles = given.into_inner();
        for role in &roles {
            self.role_exists(role);
        }
        roles.into_iter().map(Spanned::into_inner).collect()
    }

    fn role_exists(&mut self, role: &Spanned<String>) {
        let given = role.get_ref();
        if self.routing.roles.contains_key(given) {
            return;
        }
        let message = say!("routing.toml 没有角色 `{given}`", "routing.toml has no role `{given}`");
        let known = || self.routing.roles.keys().map(String::as_str);
        let help = did_you_mean(given, known()).unwrap_or_else(|| {
            let all = listed(known());
            Bilingual::new(format!("可用的有：{}", all.zh), format!("there are {}", all.en))
        });
        self.authored.report("handling/unknown-name", role.span(), message, help);
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
