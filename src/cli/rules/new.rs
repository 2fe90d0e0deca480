//! `yujing rules new`: a rule and its cases to begin with. They load; the case that the rule should fire waits for its
//! story and says, until somebody fills it in, what the rule reads.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;
use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_core::feature::{Feature, FeatureType, ValueRange};
use yujing_core::rule::Family;
use yujing_core::ruleset::Ruleset;

use super::files::{NewFile, fill, write_new};
use super::folder::{Folder, Folders};
use crate::{Context, Failure, Language, output};

const RULE: &str = include_str!("template/rule.rhai");
const CASE: &str = include_str!("template/case.toml");
/// The operator of the schemas' examples.
const OPERATOR_ID: &str = "JY21201030043213";

/// Arguments of `yujing rules new`.
#[derive(Debug, Args)]
pub struct New {
    /// The rule's id: lower-case letters, digits and `_`; it stands in every warning and never changes
    id: String,
    /// The family of ruleset.toml that the rule belongs to
    #[arg(long)]
    family: String,
    /// Features that the rule decides by, with commas [default: the first one]
    #[arg(long, value_delimiter = ',', value_name = "FEATURE,FEATURE")]
    reads: Vec<String>,
    #[command(flatten)]
    folder: Folder,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

/// A feature as the templates show it.
#[derive(Debug, Serialize)]
struct Read<'a> {
    name: &'a str,
    zh: String,
    en: String,
    source: &'a str,
}

impl New {
    /// # Errors
    /// If the id is taken or no id, if there is no such family or feature, or if a file is there already.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let folders = self.folder.find(context)?;
        let sources = folders.sources()?;
        let ruleset = folders.ruleset(&sources)?;
        self.check_id(&ruleset)?;
        let family = self.family(&ruleset)?;
        let features = self.features(&ruleset)?;
        let below = self.folder_of_family(&folders, &ruleset);
        let file = |template: &str, folder: PathBuf, extension: &str| -> Result<NewFile, Failure> {
            let text = self.fill(template, &ruleset, family, &features)?;
            Ok(NewFile { path: folder.join(&below).join(format!("{}.{extension}", self.id)), text })
        };
        let files = [file(RULE, folders.rules.clone(), "rhai")?, file(CASE, folders.rules.join("cases"), "toml")?];
        write_new(&files, self.lang)?;
        let [rule, case] = &files;
        output::line(&self.next_steps(&rule.path.display().to_string(), &case.path.display().to_string()))
    }

    fn check_id(&self, ruleset: &Ruleset) -> Result<(), Failure> {
        let id = &self.id;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !id.starts_with(|first: char| first.is_ascii_lowercase()) || !id.bytes().all(plain) {
            return Err(self.refuse(
                format!("“{id}”不能用作规则标识：应由小写字母、数字和下划线组成，以字母开头"),
                format!("`{id}` is no id: lower-case letters, digits and `_`, beginning with a letter"),
            ));
        }
        let rule = ruleset.rules.list().iter().find(|rule| rule.metadata.id == *id);
        match rule.map(|rule| rule.file.display()) {
            Some(file) => {
                Err(self
                    .refuse(format!("规则“{id}”已经存在：{file}"), format!("there is a rule `{id}` already: {file}")))
            }
            None => Ok(()),
        }
    }

    fn family<'a>(&self, ruleset: &'a Ruleset) -> Result<&'a Family, Failure> {
        let families = &ruleset.policy.families;
        families.get(&self.family).ok_or_else(|| {
            let known: Vec<&str> = families.keys().map(String::as_str).collect();
            let near = did_you_mean(&self.family, known.iter().copied());
            let (zh, en) = near.map(|near| (near.zh, near.en)).unwrap_or_default();
            self.refuse(
                format!("ruleset.toml 中没有类别“{}”。{zh}已有类别：{}", self.family, known.join("、")),
                format!("ruleset.toml has no family `{}`. {en} There are: {}", self.family, known.join(", ")),
            )
        })
    }

    fn features<'a>(&self, ruleset: &'a Ruleset) -> Result<Vec<&'a Feature>, Failure> {
        let catalogue = ruleset.features.catalogue();
        if self.reads.is_empty() {
            let first = catalogue.iter().find(|feature| !feature.reference).or(catalogue.first());
            return Ok(first.into_iter().collect());
        }
        let find = |name: &String| {
            catalogue.iter().find(|feature| feature.name == *name).ok_or_else(|| {
                let near = did_you_mean(name, catalogue.iter().map(|feature| feature.name.as_str()));
                let (zh, en) = near.map(|near| (near.zh, near.en)).unwrap_or_default();
                self.refuse(
                    format!("没有指标“{name}”。指标是 features/ 中各文件的列。{zh}"),
                    format!("there is no feature `{name}`. {en} Features are the columns of the files in features/"),
                )
            })
        };
        self.reads.iter().map(find).collect()
    }

    /// Where the family's rules lie, else a folder of the family's name.
    fn folder_of_family(&self, folders: &Folders, ruleset: &Ruleset) -> PathBuf {
        let siblings = ruleset.rules.list().iter().filter(|rule| rule.metadata.family == self.family);
        let folder = siblings.into_iter().find_map(|rule| rule.file.parent()?.strip_prefix(&folders.rules).ok());
        folder.map_or_else(|| PathBuf::from(&self.family), PathBuf::from)
    }

    fn fill(
        &self,
        template: &str,
        ruleset: &Ruleset,
        family: &Family,
        features: &[&Feature],
    ) -> Result<String, Failure> {
        let reads: Vec<Read<'_>> = features.iter().map(|feature| read(feature)).collect();
        let mut seen = BTreeSet::new();
        let of_events = reads.iter().zip(features).filter(|(_, feature)| !feature.reference).map(|(read, _)| read);
        let examples: Vec<&Read<'_>> = of_events.filter(|read| seen.insert(read.source)).collect();
        let context = context! {
            id => self.id.as_str(),
            family => self.family.as_str(),
            cap => family.cap,
            year => ruleset.day_of(Timestamp::now()).year(),
            effective_from => first_day(ruleset).to_string(),
            operator_id => OPERATOR_ID,
            conditions => features.iter().map(|feature| condition(feature)).collect::<Vec<_>>(),
            reads => Value::from(Serde(&reads)),
            examples => Value::from(Serde(&examples)),
        };
        fill(template, self.lang, context)
    }

    fn next_steps(&self, rule: &str, case: &str) -> String {
        let id = &self.id;
        match self.lang {
            Language::Zh => format!(
                "已建立：\n  {rule}  规则（草稿，不参与评分）\n  {case}  用例\n\
                 下一步：在用例中写入使规则触发的记录，再执行\n  yujing rules test {id}"
            ),
            Language::En => format!(
                "There are now:\n  {rule}  the rule (a draft: it scores nobody)\n  {case}  its cases\n\
                 Next: tell in the case what makes it fire, then\n  yujing rules test {id}"
            ),
        }
    }

    fn refuse(&self, zh: String, en: String) -> Failure {
        Failure::user(if self.lang == Language::Zh { zh } else { en })
    }
}

fn read(feature: &Feature) -> Read<'_> {
    // A backtick would end the reason's text.
    let plain = |text: &str| text.replace('`', "'").replace("${", "$ {");
    Read { name: &feature.name, zh: plain(&feature.zh), en: plain(&feature.en), source: &feature.source }
}

/// From when a new rule is in force: as long as any rule of the ruleset, so that a replay of the history that these
/// know does not find it silent because of its date.
fn first_day(ruleset: &Ruleset) -> Date {
    let this_year = ruleset.day_of(Timestamp::now()).first_of_year();
    let days = ruleset.rules.list().iter().map(|rule| rule.metadata.effective_from);
    days.chain([this_year]).min().unwrap_or(this_year)
}

/// The plainest condition on a feature, asking first whether it is known.
fn condition(feature: &Feature) -> String {
    let name = &feature.name;
    let holds = match feature.data_type {
        FeatureType::Bool => format!("op.{name}"),
        FeatureType::Int | FeatureType::Float => format!("op.{name} >= 1"),
        FeatureType::Text => match &feature.values {
            ValueRange::OneOf(texts) if !texts.is_empty() => format!("op.{name} == {:?}", texts[0]),
            _ => format!("op.{name} != \"\""),
        },
    };
    if feature.nullable { format!("known(op.{name}) && {holds}") } else { holds }
}

#[cfg(test)]
mod tests {
    use yujing_core::feature::Missing;

    use super::*;

    fn feature(data_type: FeatureType, nullable: bool) -> Feature {
        Feature {
            name: "f".to_owned(),
            data_type,
            missing: if nullable { Missing::Unknown } else { Missing::Zero },
            nullable,
            values: ValueRange::Any,
            zh: String::new(),
            en: "`${x}`".to_owned(),
            source: "s".to_owned(),
            reference: false,
            file: PathBuf::new(),
            line: 1,
        }
    }

    #[test]
    fn a_condition_asks_first_whether_a_feature_is_known() {
        assert_eq!(condition(&feature(FeatureType::Int, true)), "known(op.f) && op.f >= 1");
        assert_eq!(condition(&feature(FeatureType::Bool, false)), "op.f");
        assert_eq!(condition(&feature(FeatureType::Text, true)), "known(op.f) && op.f != \"\"");
    }

    #[test]
    fn a_name_cannot_break_out_of_the_reason() {
        assert_eq!(read(&feature(FeatureType::Int, true)).en, "'$ {x}'");
    }
}
