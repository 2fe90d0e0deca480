//! Who acts on warnings, and until when, as the catalogues show it.

use serde::Serialize;
use yujing_base::language::{Language, say};
use yujing_core::rule::{Basis, Bilingual, Deadline, Level};
use yujing_core::ruleset::Ruleset;
use yujing_core::warning::HandlingPolicy;
use yujing_core::warning::handling::HandlingAction;
use yujing_core::warning::routing::{Condition, PostKind, Routing};

use super::words;

/// Posts, routes, copies, clocks and who may do what.
#[derive(Debug, Clone, Serialize)]
pub struct HandlingEntry {
    /// From below, as the ladder goes.
    pub posts: Vec<PostEntry>,
    /// The kind of post of operators who belong to nobody.
    pub default: String,
    pub routes: Vec<RouteEntry>,
    pub copies: Vec<CopyEntry>,
    /// By level, from red down.
    pub clocks: Vec<ClockEntry>,
    pub exceptions: Vec<ExceptionEntry>,
    pub actions: Vec<ActionEntry>,
    /// How long a reviewed verdict counts at most.
    pub dispute_title: Bilingual,
}

#[derive(Debug, Clone, Serialize)]
pub struct PostEntry {
    pub id: String,
    pub title: Bilingual,
    /// Columns of the register with a post for each of their values; empty: one post.
    pub each: Vec<String>,
    /// The areas that have it; `None`: all.
    pub only: Option<Vec<String>>,
    pub roles: Vec<RoleEntry>,
    pub above: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RoleEntry {
    pub id: String,
    pub title: Bilingual,
}

#[derive(Debug, Clone, Serialize)]
pub struct RouteEntry {
    pub when: Bilingual,
    pub start: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct CopyEntry {
    pub when: Bilingual,
    pub to: String,
    pub candidate: bool,
    pub basis: Vec<Basis>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ClockEntry {
    pub level: Level,
    pub title: Bilingual,
    pub acknowledge: Option<Bilingual>,
    pub act: Option<Bilingual>,
    pub rung: Option<Bilingual>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ExceptionEntry {
    pub when: Bilingual,
    pub acknowledge: Option<Bilingual>,
    pub act: Option<Bilingual>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ActionEntry {
    pub id: &'static str,
    pub title: Bilingual,
    pub roles: Vec<RoleEntry>,
}

impl HandlingEntry {
    /// Of a ruleset that says what is done about warnings.
    pub fn of(ruleset: &Ruleset) -> Option<Self> {
        let (routing, policy) = (ruleset.routing.as_ref()?, ruleset.handling.as_ref()?);
        let route = |route: &yujing_core::warning::routing::Route| RouteEntry {
            when: condition(&route.when),
            start: route.start.clone(),
        };
        let copy = |copy: &yujing_core::warning::routing::CopyRule| CopyEntry {
            when: condition(&copy.when),
            to: copy.to.clone(),
            candidate: copy.candidate,
            basis: copy.basis.clone(),
        };
        Some(Self {
            posts: posts(routing),
            default: routing.default.clone(),
            routes: routing.routes.iter().map(route).collect(),
            copies: routing.copies.iter().map(copy).collect(),
            clocks: clocks(policy),
            exceptions: exceptions(policy),
            actions: actions(policy, routing),
            dispute_title: words::deadline(policy.dispute),
        })
    }
}

/// Those of areas first: so a ladder is read from above to below.
fn posts(routing: &Routing) -> Vec<PostEntry> {
    let mut posts: Vec<(&String, &PostKind)> = routing.posts.iter().collect();
    posts.sort_by_key(|(name, _)| std::cmp::Reverse(routing.rungs_above(name)));
    let entry = |(name, kind): (&String, &PostKind)| PostEntry {
        id: name.clone(),
        title: kind.title.clone(),
        each: kind.each.clone(),
        only: kind.only.as_ref().map(|only| only.iter().cloned().collect()),
        roles: roles(&kind.roles, routing),
        above: kind.above.clone(),
    };
    posts.into_iter().map(entry).collect()
}

fn roles<'a>(names: impl IntoIterator<Item = &'a String>, routing: &Routing) -> Vec<RoleEntry> {
    let title = |name: &String| routing.roles.get(name).cloned().unwrap_or_else(|| name.as_str().into());
    names.into_iter().map(|name| RoleEntry { id: name.clone(), title: title(name) }).collect()
}

fn clocks(policy: &HandlingPolicy) -> Vec<ClockEntry> {
    let said = |deadline: Option<&Deadline>| deadline.copied().map(words::deadline);
    let levels = Level::ALL.into_iter().rev().filter(|level| *level > Level::None);
    let entry = |level: Level| ClockEntry {
        level,
        title: words::level(level),
        acknowledge: said(policy.acknowledge.get(&level)),
        act: said(policy.act.get(&level)),
        rung: policy.rung(level).map(words::deadline),
    };
    levels.map(entry).collect()
}

fn exceptions(policy: &HandlingPolicy) -> Vec<ExceptionEntry> {
    let rules = policy.clock_rules.iter().map(|rule| ExceptionEntry {
        when: condition(&rule.when),
        acknowledge: rule.clocks.acknowledge.map(words::deadline),
        act: rule.clocks.act.map(words::deadline),
    });
    rules.collect()
}

fn actions(policy: &HandlingPolicy, routing: &Routing) -> Vec<ActionEntry> {
    let named = HandlingAction::ALL.into_iter().filter_map(|action| Some((action, policy.roles.get(&action)?)));
    let entry = |(action, names): (HandlingAction, _)| ActionEntry {
        id: action.as_str(),
        title: action.words(),
        roles: roles(names, routing),
    };
    named.map(entry).collect()
}

/// A condition as a sentence.
fn condition(when: &Condition) -> Bilingual {
    let levels: Vec<Bilingual> = when.levels.iter().rev().map(|level| words::level(*level)).collect();
    let mut parts = Vec::new();
    if !levels.is_empty() {
        parts.push(part("等级为", "level ", &levels));
    }
    let named = |names: &std::collections::BTreeSet<String>| -> Vec<Bilingual> {
        names.iter().map(|name| format!("`{name}`").into()).collect()
    };
    if !when.families.is_empty() {
        parts.push(part("有类别", "a rule of the family ", &named(&when.families)));
    }
    if !when.rules.is_empty() {
        parts.push(part("触发规则", "the rule ", &named(&when.rules)));
    }
    for (column, values) in &when.register {
        parts.push(part(&format!("`{column}` 为"), &format!("`{column}` is "), &named(values)));
    }
    for (feature, least) in &when.at_least {
        parts.push(say!("`{feature}` 不小于 {least}", "`{feature}` at least {least}"));
    }
    if parts.is_empty() {
        return Bilingual::new("其余", "everything else");
    }
    Bilingual { zh: joined(&parts, Language::Zh, "，且"), en: joined(&parts, Language::En, ", and ") }
}

fn part(zh: &str, en: &str, any_of: &[Bilingual]) -> Bilingual {
    Bilingual {
        zh: format!("{zh}{}", joined(any_of, Language::Zh, "、")),
        en: format!("{en}{}", joined(any_of, Language::En, " or ")),
    }
}

fn joined(texts: &[Bilingual], language: Language, between: &str) -> String {
    texts.iter().map(|text| language.of(text)).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_read_as_sentences() {
        let when = Condition {
            levels: [Level::Orange, Level::Red].into(),
            rules: ["rodents".to_owned()].into(),
            register: [("protected_group".to_owned(), ["hospital".to_owned(), "school".to_owned()].into())].into(),
            at_least: [("persons_ill_48h".to_owned(), 3)].into(),
            ..Condition::default()
        };
        let Bilingual { zh, en } = condition(&when);
        assert_eq!(
            en,
            "level red or orange, and the rule `rodents`, and `protected_group` is `hospital` or `school`, and `persons_ill_48h` at least 3"
        );
        assert_eq!(
            zh,
            "等级为红色、橙色，且触发规则`rodents`，且`protected_group` 为`hospital`、`school`，且`persons_ill_48h` 不小于 3"
        );
        assert_eq!(condition(&Condition::default()), Bilingual::new("其余", "everything else"));
    }
}
