//! Words of the report in both languages.

use super::quality::Ranker;
use crate::language::Bilingual;

/// A text with at most so many characters in each language, for a place that has room for no more.
pub fn shortened(text: &Bilingual, zh: usize, en: usize) -> Bilingual {
    Bilingual::new(cut(&text.zh, zh), cut(&text.en, en))
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// What an order is called; `names` are the rulesets'.
pub fn of_ranker(ranker: &Ranker, names: &[String]) -> Bilingual {
    match ranker {
        Ranker::Ruleset(place) => {
            let name = names.get(*place).map_or("", String::as_str);
            Bilingual::new(format!("规则集 {name}"), format!("ruleset {name}"))
        }
        Ranker::SmoothedHistory => Bilingual::new("历史平滑率", "smoothed history"),
        Ranker::LastResult => Bilingual::new("上次结果", "last result"),
        Ranker::Random => Bilingual::new("随机顺序", "random order"),
        Ranker::AsItWas => Bilingual::new("实际顺序", "order really used"),
    }
}

/// What a column of the register is called, by which places are told apart.
pub fn of_column(column: &str) -> Bilingual {
    match column {
        "sub_district" => Bilingual::new("街道", "sub-district"),
        "community" => Bilingual::new("社区", "community"),
        "grid" => Bilingual::new("网格", "grid"),
        "steward_tier" => Bilingual::new("包保层级", "steward tier"),
        other => other.into(),
    }
}
