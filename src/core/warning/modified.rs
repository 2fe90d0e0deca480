//! What modifiers made of a finding, as records show it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use yujing_base::language::Bilingual;

use super::content_hash::{ContentHash, hash_of};
use super::json::ready;
use crate::rule::{Basis, Effect, Level, Modifier, ModifierKind, Percent};

/// What records say of a modifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModifierCard {
    pub id: String,
    pub kind: ModifierKind,
    pub title: Bilingual,
    #[serde(flatten)]
    pub effect: Effect,
    pub basis: Vec<Basis>,
}

/// What a rule gave, before modifiers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    pub points: i64,
    pub floor: Option<Level>,
    pub deadline: String,
}

/// What modifiers made of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modified {
    /// What the rule gave.
    pub given: Given,
    /// How long somebody has to act now.
    pub deadline: String,
    /// Those that apply, at least one.
    pub modifiers: Vec<Arc<ModifierCard>>,
}

impl ModifierCard {
    /// What records say of a modifier.
    pub fn of(modifier: &Modifier) -> Self {
        let Modifier { id, kind, title, effect, basis, .. } = modifier.clone();
        Self { id, kind, title, effect, basis }
    }

    /// Its title with what it does: `学校食堂，提级一级`, `raised one level: school canteen`.
    pub fn words(&self) -> Bilingual {
        let Effect { raise, points, clocks } = self.effect;
        let (mut zh, mut en) = (Vec::new(), Vec::new());
        if raise > 0 {
            let (levels_zh, levels_en) = match raise {
                1 => ("一", "one level"),
                2 => ("两", "two levels"),
                _ => ("三", "three levels"),
            };
            zh.push(format!("提级{levels_zh}级"));
            en.push(format!("raised {levels_en}"));
        }
        if points != Percent::WHOLE {
            zh.push(format!("分值按{points}计"));
            en.push(format!("points at {points}"));
        }
        if clocks != Percent::WHOLE {
            zh.push(format!("时限按{clocks}计"));
            en.push(format!("clocks at {clocks}"));
        }
        Bilingual {
            zh: format!("{}，{}", self.title.zh, zh.join("、")),
            en: format!("{}: {}", en.join(", "), self.title.en),
        }
    }
}

impl Modified {
    /// By how many levels the level is raised that the score reaches.
    pub fn raise(&self) -> u8 {
        self.modifiers.iter().map(|modifier| modifier.effect.raise).max().unwrap_or_default()
    }

    /// The share that is left of every clock.
    pub fn clocks(&self) -> Percent {
        self.modifiers.iter().map(|modifier| modifier.effect.clocks).min().unwrap_or_default()
    }

    pub(super) fn hash_into(&self, hash: &mut ContentHash) {
        let Self { given: Given { points, floor, deadline: given }, deadline, modifiers } = self;
        hash.number(*points);
        hash.optional(*floor, |hash, floor| hash.kind(floor as u8));
        hash.text(given);
        hash.text(deadline);
        hash.length(modifiers.len());
        for modifier in modifiers {
            hash.part(hash_of(&ready(&**modifier)));
        }
    }
}
