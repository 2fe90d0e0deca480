//! `yujing areas`: what adds up over areas, as the running engine has it.

use clap::{Args, ValueEnum};
use comfy_table::Cell;
use serde::Deserialize;
use serde_json::json;
use yujing_core::warning::rollup::VisitRollup;
use yujing_core::warning::{AreaKind, AreaRollup, HandlingState};

use super::client::RequestOptions;
use super::{Context, Failure, Language, output};

/// Arguments of `yujing areas`.
#[derive(Debug, Args)]
pub struct Areas {
    /// How wide the areas are
    #[arg(long, value_enum, default_value_t = Width::SubDistrict)]
    kind: Width,
    /// Only this sub-district and what is in it
    #[arg(long, value_name = "NAME")]
    sub_district: Option<String>,
    #[command(flatten)]
    request: RequestOptions,
}

/// [`AreaKind`] as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Width {
    District,
    SubDistrict,
    Community,
    Grid,
}

impl Width {
    fn kind(self) -> AreaKind {
        match self {
            Self::District => AreaKind::District,
            Self::SubDistrict => AreaKind::SubDistrict,
            Self::Community => AreaKind::Community,
            Self::Grid => AreaKind::Grid,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Answer {
    areas: Vec<AreaRollup>,
}

impl Areas {
    /// # Errors
    /// If the engine cannot be asked.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let RequestOptions { server, json, lang } = &self.request;
        let path = format!("/api/v1/areas?kind={}", self.kind.kind().as_str());
        let Answer { mut areas } = server.client(&context.config()?)?.get(&path)?;
        if let Some(name) = &self.sub_district {
            areas.retain(|area| area.sub_district.as_deref() == Some(name));
        }
        if *json {
            return output::json(&json!({ "areas": areas }));
        }
        match areas.first() {
            Some(first) => {
                output::line(&table(&areas, *lang))?;
                output::line(&legend(first, *lang))
            }
            None => output::line(lang.pick("没有符合条件的辖区", "there is no such area")),
        }
    }
}

fn table(areas: &[AreaRollup], lang: Language) -> String {
    let header = lang.pick_all(
        ["辖区", "户数", "未包保", "等级", "处置状态", "处置超期", "按时反馈", "督查"],
        ["area", "operators", "unrouted", "levels", "states", "overdue", "in time", "visits"],
    );
    let mut table = output::table(header);
    for area in areas {
        table.add_row(row(area, lang));
    }
    table.trim_fmt()
}

fn row(area: &AreaRollup, lang: Language) -> [Cell; 8] {
    let by_state = |state| area.warnings.iter().map(|(_, warnings)| warnings.by_state.get(state)).sum::<u64>();
    let overdue: u64 = area.warnings.iter().map(|(_, warnings)| warnings.overdue).sum();
    let visit = |visit: &VisitRollup| format!("{} {}", lang.of(&visit.title), share(visit.visited, visit.of));
    let visits: Vec<String> = area.visits.iter().map(visit).collect();
    [
        output::cell(&name(area, lang)),
        Cell::new(area.operators),
        Cell::new(area.unrouted),
        Cell::new(joined(area.warnings.iter().map(|(_, warnings)| warnings.open))),
        Cell::new(joined(HandlingState::ALL.into_iter().map(by_state))),
        Cell::new(overdue),
        Cell::new(share(area.answers.in_time, area.answers.of)),
        output::cell(&visits.join(lang.pick("；", "; "))),
    ]
}

fn joined(counts: impl Iterator<Item = u64>) -> String {
    counts.map(|count| count.to_string()).collect::<Vec<_>>().join("/")
}

/// So many of how many.
fn share(part: u64, of: u64) -> String {
    format!("{part}/{of}")
}

/// The names from the widest area on.
fn name(area: &AreaRollup, lang: Language) -> String {
    let names = match area.kind {
        AreaKind::District => return lang.pick("全区", "district").to_owned(),
        AreaKind::SubDistrict => vec![&area.sub_district],
        AreaKind::Community => vec![&area.sub_district, &area.community],
        AreaKind::Grid => vec![&area.sub_district, &area.community, &area.grid],
    };
    let unnamed = lang.pick("（未登记）", "(none)");
    names.into_iter().map(|name| name.as_deref().unwrap_or(unnamed)).collect::<Vec<_>>().join(" / ")
}

/// As of when, and what the shares are of.
fn legend(area: &AreaRollup, lang: Language) -> String {
    let (as_of, days) = (area.as_of, area.answers.within_days);
    let states = HandlingState::ALL.map(|state| lang.of(&state.words()).to_owned()).join("/");
    match lang {
        Language::Zh => format!(
            "截至 {as_of}。等级：未解除预警 红/橙/黄/蓝；处置状态：{states}；按时反馈：近{days}日 按时反馈/应反馈；督查：已按期/应检查（督导）户数。"
        ),
        Language::En => format!(
            "As of {as_of}. Levels: open warnings, red/orange/yellow/blue; states: {states}; in time: warnings of {days} \
             days that were answered in time/that should have been; visits: operators visited in time/to be visited."
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn areas(kind: &str) -> Vec<AreaRollup> {
        let level = |open: u64| {
            let states =
                json!({ "new": 0, "acknowledged": 0, "in_progress": 1, "answered": 0, "reviewed": 0, "closed": 0 });
            json!({ "open": open, "by_state": states, "overdue": open / 2 })
        };
        let area = |community: Value| {
            json!({
                "kind": kind, "sub_district": "友谊路街道", "community": community, "grid": null,
                "as_of": "2026-03-03T15:59:59Z", "operators": 12, "unrouted": 1,
                "warnings": { "red": level(2), "orange": level(1), "yellow": level(0), "blue": level(4) },
                "answers": { "within_days": 30, "in_time": 5, "of": 6 },
                "visits": [{ "id": "a", "title": { "zh": "近一年监督检查", "en": "Inspected" }, "visited": 7, "of": 10 }],
                "ruleset": "a",
            })
        };
        let areas = [area(json!("谊景村社区")), area(json!(null))];
        areas.into_iter().map(|area| serde_json::from_value(area).expect("a roll-up")).collect()
    }

    #[test]
    fn areas_are_shown_with_what_adds_up_in_both_languages() {
        let shown = |kind: &str, lang: Language| {
            let areas = areas(kind);
            format!("{}\n{}", table(&areas, lang), legend(&areas[0], lang))
        };
        insta::assert_snapshot!(format!(
            "{}\n\n{}",
            shown("community", Language::Zh),
            shown("community", Language::En)
        ));
        assert!(shown("district", Language::Zh).contains("全区"));
    }
}
