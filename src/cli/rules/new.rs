//! `yujing rules new`: a rule and its cases to begin with.

use clap::Args;
use jiff::Timestamp;
use yujing_workbench::template::NewRule;

use super::files::{NewFile, write_new};
use super::folder::Folder;
use crate::{Context, Failure, Language, output};

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

impl New {
    /// # Errors
    /// If the id is taken or no id, if there is no such family or feature, or if a file is there already.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let folders = self.folder.find(context)?;
        let sources = folders.sources()?;
        let ruleset = folders.ruleset(&sources)?;
        let new = NewRule {
            id: self.id.clone(),
            family: self.family.clone(),
            reads: self.reads.clone(),
            lang: self.lang.into(),
        };
        let files = new.files(&folders.rules, &ruleset, Timestamp::now());
        let files = files.map_err(|refusal| Failure::user(self.lang.of(&refusal)))?;
        let files = files.map(|file| NewFile { path: folders.rules.join(file.path), text: file.text });
        write_new(&files, self.lang)?;
        let [rule, case] = &files;
        output::line(&self.next_steps(&rule.path.display().to_string(), &case.path.display().to_string()))
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
}
