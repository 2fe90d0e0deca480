//! Why a ruleset does not come into force.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use yujing_base::diagnostic::{Diagnostics, Severity};
use yujing_base::language::{Bilingual, Language};

/// Why a ruleset does not come into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesetRefusal {
    /// In one sentence.
    pub reason: Bilingual,
    /// What is wrong with the files.
    pub problems: Vec<Value>,
    /// The same to be read, with source lines and carets; or the cases that fail.
    pub report: Bilingual,
}

impl RulesetRefusal {
    /// For a reason that stands alone.
    pub fn because(zh: impl Into<String>, en: impl Into<String>) -> Self {
        let nothing = Bilingual { zh: String::new(), en: String::new() };
        Self { reason: Bilingual { zh: zh.into(), en: en.into() }, problems: Vec::new(), report: nothing }
    }

    /// The reason with the report below it.
    pub fn text(&self) -> Bilingual {
        let Self { reason, report, .. } = self;
        Bilingual::new(format!("{}\n{}", reason.zh, report.zh), format!("{}\n{}", reason.en, report.en))
    }
}

impl From<Diagnostics> for RulesetRefusal {
    fn from(problems: Diagnostics) -> Self {
        let count = problems.count(Severity::Error);
        let report = |language| problems.render_in(language, false);
        Self {
            problems: problems.bounded().0.iter().map(|problem| json!(problem)).collect(),
            report: Bilingual { zh: report(Language::Zh), en: report(Language::En) },
            ..Self::because(format!("规则文件有{count}处问题"), format!("{count} problems in the files of rules"))
        }
    }
}
