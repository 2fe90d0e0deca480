//! How often operators are to be visited (`rules/visits.toml`), for the share of an area's operators that was (覆盖率).
//! Nobody is warned of it: rules do that.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;
use yujing_base::diagnostic::Diagnostics;
use yujing_base::diagnostic::authored::{Authored, Codes};
use yujing_base::diagnostic::suggest::listed;
use yujing_base::language::{Bilingual, say};

use crate::feature::{Feature, FeatureType};

const CODES: Codes = Codes { syntax: "visits/syntax", unknown_key: "visits/unknown-key" };

/// From one day to the longest that a source may keep its events, ten years.
const DAYS: RangeInclusive<i64> = 1..=3_650;

/// One kind of visit that operators are to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitTarget {
    pub id: Arc<str>,
    pub title: Bilingual,
    /// The place of the feature that says how many days ago the latest was; unknown if there was none.
    pub days_since: usize,
    /// Visited in time is who had one less than so many days ago.
    pub within_days: i64,
    /// Only operators of whom this feature is known are to be visited; everyone if there is none.
    pub of: Option<usize>,
}

impl VisitTarget {
    /// The places of the features that it reads.
    pub fn reads(&self) -> impl Iterator<Item = usize> + use<> {
        [Some(self.days_since), self.of].into_iter().flatten()
    }
}

/// A table of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VisitTable {
    title: Spanned<Bilingual>,
    days_since: Spanned<String>,
    within_days: Spanned<i64>,
    of: Option<Spanned<String>>,
}

/// Reads and checks the text of `visits.toml`; `file` for messages. The targets by their ids.
///
/// # Errors
/// The first problem of syntax or shape, otherwise every problem, with line and column.
pub fn read(file: &Path, text: &str, catalogue: &[Feature]) -> Result<Vec<VisitTarget>, Diagnostics> {
    let (mut authored, content) = Authored::read::<BTreeMap<Spanned<String>, VisitTable>>(file, text, CODES)?;
    let mut targets = Vec::new();
    for (id, table) in content {
        check_words(&id, &table.title, &mut authored);
        check_days(&table.within_days, &mut authored);
        let days_since = feature(&table.days_since, catalogue, &mut authored);
        let of = table.of.as_ref().map(|of| feature(of, catalogue, &mut authored));
        if let Some(place) = days_since.filter(|place| catalogue[*place].data_type != FeatureType::Int) {
            let name = &catalogue[place].name;
            let message = say!(
                "指标 `{name}` 不是整数，不能作天数",
                "the feature `{name}` is no whole number, so it counts no days"
            );
            let help = Bilingual::new(
                "请写距最近一次的天数，如 `days_since_inspection`",
                "name a feature that counts days, such as `days_since_inspection`",
            );
            authored.report("visits/feature", table.days_since.span(), message, help);
        }
        targets.push(VisitTarget {
            id: id.into_inner().into(),
            title: table.title.into_inner(),
            days_since: days_since.unwrap_or_default(),
            within_days: table.within_days.into_inner(),
            of: of.flatten(),
        });
    }
    authored.diagnostics.into_result(targets)
}

fn check_words(id: &Spanned<String>, title: &Spanned<Bilingual>, authored: &mut Authored<'_>) {
    let name = id.get_ref();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        let message = say!("`{name}` 不能作名称", "`{name}` is not a name");
        let help = Bilingual::new("名称由小写字母、数字和 `_` 组成", "names are lower-case letters, digits and `_`");
        authored.report("visits/name", id.span(), message, help);
    }
    let Bilingual { zh, en } = title.get_ref();
    if zh.trim().is_empty() || en.trim().is_empty() {
        let message = say!("`{name}` 缺少一种语言的名称", "`{name}` has no title in one language");
        let help = Bilingual::new("`zh`、`en` 均须填写", "give both `zh` and `en`");
        authored.report("visits/title", title.span(), message, help);
    }
}

fn check_days(within_days: &Spanned<i64>, authored: &mut Authored<'_>) {
    let days = *within_days.get_ref();
    if !DAYS.contains(&days) {
        let (least, most) = (DAYS.start(), DAYS.end());
        let message = say!(
            "`within_days` 为 {days}，不在 {least} 至 {most} 之间",
            "`within_days` is {days}, not within {least} to {most}"
        );
        let help = Bilingual::new("请写天数，如 `365`", "write a number of days, such as `365`");
        authored.report("visits/days", within_days.span(), message, help);
    }
}

/// The place of a feature in the catalogue.
fn feature(given: &Spanned<String>, catalogue: &[Feature], authored: &mut Authored<'_>) -> Option<usize> {
    let name = given.get_ref();
    let place = catalogue.iter().position(|feature| feature.name == *name);
    if place.is_none() {
        let message = say!("没有指标 `{name}`", "no SQL file has a feature `{name}`");
        let known = listed(catalogue.iter().map(|feature| feature.name.as_str()));
        let help = Bilingual::new(format!("现有指标：{}", known.zh), format!("there are {}", known.en));
        authored.report("visits/feature", given.span(), message, help);
    }
    place
}
