//! Whether a rule could feed on the warning that it raises.
//!
//! What rules find by warnings that are over never becomes such a past itself (`Ruleset::note_highest`), so no rule counts
//! a warning that it raised. What is left to refuse is a rule that nothing but the past makes fire: the end of a
//! warning would open the next one, and nobody could do anything about it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};

use crate::feature::{Feature, FeatureSet};
use crate::rule::{Rule, Rules};

/// The source of what people did about warnings: no evidence of anything new either.
const ANSWERS: &str = "dispositions";

/// The rules that read past warnings and no evidence of anything new.
pub(super) fn check(rules: &Rules, features: &FeatureSet, texts: &[(PathBuf, String)]) -> Diagnostics {
    let alone = rules.list().iter().filter_map(|rule| {
        let read = || rule.reads.iter().map(|place| &features.catalogue()[*place]);
        let past = read().find(|feature| feature.is_past())?;
        let is_alone = !read().any(is_evidence);
        is_alone.then(|| past_alone(rule, &past.name, texts))
    });
    Diagnostics(alone.collect())
}

/// Whether a feature is made of what happened, and not of warnings, of answers or of the register.
fn is_evidence(feature: &Feature) -> bool {
    !feature.is_past() && !feature.reference && feature.source != ANSWERS
}

fn past_alone(rule: &Rule, feature: &str, texts: &[(PathBuf, String)]) -> Diagnostic {
    let text = texts.iter().find(|(file, _)| *file == rule.file).map_or("", |(_, text)| text.as_str());
    let message = say!(
        "只凭既往预警（`{feature}`）就能触发：一件预警结束就会引发下一件，无从处置",
        "it can fire by past warnings alone (`{feature}`): the end of a warning would open the next, and nobody could act"
    );
    let help = Bilingual::new(
        "请同时读取反映当前情况的指标（检查、检验、投诉、摄像头等），既往预警只用于加重",
        "let it read a feature of what happens now too (inspections, samples, complaints, cameras): the past may only weigh more",
    );
    let file: &Path = &rule.file;
    Diagnostic::at("rule/past-alone", file, text, first_use(text, feature), message).with_help(help)
}

/// Where a rule names a feature first.
fn first_use(text: &str, feature: &str) -> Range<usize> {
    let named = format!("op.{feature}");
    let at = text.find(&named).unwrap_or_default();
    at..(at + named.len()).min(text.len())
}
