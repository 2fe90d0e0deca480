//! Words of the report in both languages.

use serde::Serialize;

use super::quality::Ranker;
use crate::language::Language;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    pub zh: String,
    pub en: String,
}

impl Words {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// A number or a name, which is the same in both.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { zh: text.clone(), en: text }
    }

    pub fn of(&self, language: Language) -> &str {
        language.pick(&self.zh, &self.en)
    }

    /// At most so many characters, for a place that has room for no more.
    #[must_use]
    pub fn shortened(&self, zh: usize, en: usize) -> Self {
        Self { zh: shortened(&self.zh, zh), en: shortened(&self.en, en) }
    }
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// What an order is called; `names` are the rulesets'.
pub fn of_ranker(ranker: &Ranker, names: &[String]) -> Words {
    match ranker {
        Ranker::Ruleset(place) => {
            let name = names.get(*place).map_or("", String::as_str);
            Words::new(format!("规则集 {name}"), format!("ruleset {name}"))
        }
        Ranker::SmoothedHistory => Words::new("历史平滑率", "smoothed history"),
        Ranker::LastResult => Words::new("上次结果", "last result"),
        Ranker::Random => Words::new("随机顺序", "random order"),
        Ranker::AsItWas => Words::new("实际顺序", "order really used"),
    }
}
