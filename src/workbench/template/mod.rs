//! A rule and its cases to begin with. They load; the case that the rule should fire waits for its story and says, until
//! somebody fills it in, what the rule reads.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::{Deserialize, Serialize};
use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_base::language::{Bilingual, Language, say};
use yujing_core::feature::{Feature, FeatureType, ValueRange};
use yujing_core::rule::Family;
use yujing_core::ruleset::Ruleset;

const RULE: &str = include_str!("rule.rhai");
const CASE: &str = include_str!("case.toml");
/// The operator of the schemas' examples.
const OPERATOR_ID: &str = "JY21201030043213";

/// What a new rule is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRule {
    /// It stands in every warning and never changes.
    pub id: String,
    /// A family of the ruleset.
    pub family: String,
    /// Features that the rule decides by; none: the first one.
    pub reads: Vec<String>,
    /// Of the comments in it.
    pub lang: TemplateLanguage,
}

/// A language as requests name it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TemplateLanguage {
    #[default]
    Zh,
    En,
}

impl From<TemplateLanguage> for Language {
    fn from(language: TemplateLanguage) -> Self {
        match language {
            TemplateLanguage::Zh => Self::Zh,
            TemplateLanguage::En => Self::En,
        }
    }
}

impl From<Language> for TemplateLanguage {
    fn from(language: Language) -> Self {
        match language {
            Language::Zh => Self::Zh,
            Language::En => Self::En,
        }
    }
}

/// A file to begin with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateFile {
    /// Below the folder of rules, with `/` between the parts.
    pub path: String,
    pub text: String,
}

/// A feature as the templates show it.
#[derive(Debug, Serialize)]
struct Read<'a> {
    name: &'a str,
    zh: String,
    en: String,
    source: &'a str,
}

impl NewRule {
    /// The rule and its cases, beside those of its family. `folder` is where the ruleset was read from, `now` the day in
    /// which it begins.
    ///
    /// # Errors
    /// If the id is taken or no id, or if there is no such family or feature.
    pub fn files(&self, folder: &Path, ruleset: &Ruleset, now: Timestamp) -> Result<[TemplateFile; 2], Bilingual> {
        self.check_id(ruleset)?;
        let family = self.family(ruleset)?;
        let features = self.features(ruleset)?;
        let below = self.folder_of_family(folder, ruleset);
        let file = |template: &str, place: &str, extension: &str| -> Result<TemplateFile, Bilingual> {
            let text = self.fill(template, ruleset, now, family, &features)?;
            let path = Path::new(place).join(&below).join(format!("{}.{extension}", self.id));
            let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
            Ok(TemplateFile { path: parts.join("/"), text })
        };
        Ok([file(RULE, "", "rhai")?, file(CASE, "cases", "toml")?])
    }

    fn check_id(&self, ruleset: &Ruleset) -> Result<(), Bilingual> {
        let id = &self.id;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !id.starts_with(|first: char| first.is_ascii_lowercase()) || !id.bytes().all(plain) {
            return Err(say!(
                "“{id}”不能用作规则标识：应由小写字母、数字和下划线组成，以字母开头",
                "`{id}` is no id: lower-case letters, digits and `_`, beginning with a letter"
            ));
        }
        let rule = ruleset.rules.list().iter().find(|rule| rule.metadata.id == *id);
        match rule.map(|rule| rule.file.display()) {
            Some(file) => Err(say!("规则“{id}”已经存在：{file}", "there is a rule `{id}` already: {file}")),
            None => Ok(()),
        }
    }

    fn family<'a>(&self, ruleset: &'a Ruleset) -> Result<&'a Family, Bilingual> {
        let families = &ruleset.policy.families;
        families.get(&self.family).ok_or_else(|| {
            let known: Vec<&str> = families.keys().map(String::as_str).collect();
            let near = did_you_mean(&self.family, known.iter().copied());
            let (zh, en) = near.map(|near| (near.zh, near.en)).unwrap_or_default();
            Bilingual::new(
                format!("ruleset.toml 中没有类别“{}”。{zh}已有类别：{}", self.family, known.join("、")),
                format!("ruleset.toml has no family `{}`. {en} There are: {}", self.family, known.join(", ")),
            )
        })
    }

    fn features<'a>(&self, ruleset: &'a Ruleset) -> Result<Vec<&'a Feature>, Bilingual> {
        let catalogue = ruleset.features.catalogue();
        if self.reads.is_empty() {
            let first = catalogue.iter().find(|feature| !feature.reference).or(catalogue.first());
            return Ok(first.into_iter().collect());
        }
        let find = |name: &String| {
            catalogue.iter().find(|feature| feature.name == *name).ok_or_else(|| {
                let near = did_you_mean(name, catalogue.iter().map(|feature| feature.name.as_str()));
                let (zh, en) = near.map(|near| (near.zh, near.en)).unwrap_or_default();
                Bilingual::new(
                    format!("没有指标“{name}”。指标是 features/ 中各文件的列。{zh}"),
                    format!("there is no feature `{name}`. {en} Features are the columns of the files in features/"),
                )
            })
        };
        self.reads.iter().map(find).collect()
    }

    /// Where the family's rules lie, else a folder of the family's name.
    fn folder_of_family(&self, folder: &Path, ruleset: &Ruleset) -> PathBuf {
        let siblings = ruleset.rules.list().iter().filter(|rule| rule.metadata.family == self.family);
        let place = siblings.into_iter().find_map(|rule| rule.file.parent()?.strip_prefix(folder).ok());
        place.map_or_else(|| PathBuf::from(&self.family), PathBuf::from)
    }

    fn fill(
        &self,
        template: &str,
        ruleset: &Ruleset,
        now: Timestamp,
        family: &Family,
        features: &[&Feature],
    ) -> Result<String, Bilingual> {
        let reads: Vec<Read<'_>> = features.iter().map(|feature| read(feature)).collect();
        let mut seen = BTreeSet::new();
        let of_events = reads.iter().zip(features).filter(|(_, feature)| !feature.reference).map(|(read, _)| read);
        let examples: Vec<&Read<'_>> = of_events.filter(|read| seen.insert(read.source)).collect();
        let context = context! {
            id => self.id.as_str(),
            family => self.family.as_str(),
            cap => family.cap,
            year => ruleset.day_of(now).year(),
            effective_from => first_day(ruleset, now).to_string(),
            operator_id => OPERATOR_ID,
            conditions => features.iter().map(|feature| condition(feature)).collect::<Vec<_>>(),
            reads => Value::from(Serde(&reads)),
            examples => Value::from(Serde(&examples)),
        };
        let filled = fill(template, self.lang.into(), context);
        filled.map_err(|error| {
            Bilingual::new(format!("模板无法填写：{error:#}"), format!("the template cannot be filled: {error:#}"))
        })
    }
}

/// Fills a template; in it `t(zh, en)` is the text in the language asked for.
///
/// # Errors
/// If the template has a slip.
pub fn fill(template: &str, lang: Language, context: Value) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_function("t", move |zh: String, en: String| if lang == Language::Zh { zh } else { en });
    // The line end behind the last line is not taken over from the template.
    environment.render_str(template, context).map(|text| text + "\n")
}

fn read(feature: &Feature) -> Read<'_> {
    // A backtick would end the reason's text.
    let plain = |text: &str| text.replace('`', "'").replace("${", "$ {");
    Read { name: &feature.name, zh: plain(&feature.zh), en: plain(&feature.en), source: &feature.source }
}

/// From when a new rule is in force: as long as any rule of the ruleset, so that a replay of the history that these
/// know does not find it silent because of its date.
fn first_day(ruleset: &Ruleset, now: Timestamp) -> Date {
    let this_year = ruleset.day_of(now).first_of_year();
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
