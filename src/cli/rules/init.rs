//! `yujing rules init`: a folder of rules to begin with, and the schemas if there are none.

use std::path::PathBuf;

use clap::Args;
use minijinja::context;
use yujing_workbench::template::fill;

use super::files::{NewFile, write_new};
use super::folder::Folder;
use crate::{Context, Failure, Language, output};

/// One rule with what it needs: levels, families, calendar, posts and clocks, features.
const RULES: [(&str, &str); 7] = [
    ("ruleset.toml", include_str!("../../../rules/ruleset.toml")),
    ("calendar.toml", include_str!("../../../rules/calendar.toml")),
    ("routing.toml", include_str!("starter/routing.toml")),
    ("handling.toml", include_str!("starter/handling.toml")),
    ("features/operators.sql", include_str!("starter/features/operators.sql")),
    ("features/complaints.sql", include_str!("starter/features/complaints.sql")),
    ("pests/pest_complaint.rhai", include_str!("starter/pests/pest_complaint.rhai")),
];

/// The rule's cases, a template: their names are read by people.
const CASES: (&str, &str) =
    ("cases/pests/pest_complaint.toml", include_str!("starter/cases/pests/pest_complaint.toml"));

/// A schema or a first valid example, by its path in the folder of schemas.
macro_rules! schema {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../schemas/", $path)))
    };
}

/// Every source, with the example that cases take their fields from.
const SCHEMAS: [(&str, &str); 14] = [
    schema!("camera-alerts.schema.json"),
    schema!("examples/camera-alerts/valid/01-no-hat.json"),
    schema!("complaints.schema.json"),
    schema!("examples/complaints/valid/01-hygiene.json"),
    schema!("dispositions.schema.json"),
    schema!("examples/dispositions/valid/01-acknowledged.json"),
    schema!("events.schema.json"),
    schema!("examples/events/valid/01-planned.json"),
    schema!("inspections.schema.json"),
    schema!("examples/inspections/valid/01-routine-pass.json"),
    schema!("lab-samples.schema.json"),
    schema!("examples/lab-samples/valid/01-pass.json"),
    schema!("operators.schema.json"),
    schema!("examples/operators/valid/01-restaurant.json"),
];

/// Arguments of `yujing rules init`.
#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    folder: Folder,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

impl Init {
    /// # Errors
    /// If one of the files is there already; then nothing is written.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let folders = self.folder.find(context)?;
        let below = |folder: &PathBuf, (path, text): &(&str, &str)| NewFile {
            path: folder.join(path),
            text: (*text).to_owned(),
        };
        let mut files: Vec<NewFile> = RULES.iter().map(|file| below(&folders.rules, file)).collect();
        let cases = fill(CASES.1, self.lang, context! {})
            .map_err(|error| Failure::internal(format!("the template cannot be filled: {error:#}")))?;
        files.push(NewFile { path: folders.rules.join(CASES.0), text: cases });
        let with_schemas = !folders.schemas.exists();
        if with_schemas {
            files.extend(SCHEMAS.iter().map(|file| below(&folders.schemas, file)));
        }
        write_new(&files, self.lang)?;
        let (rules, schemas) = (folders.rules.display(), folders.schemas.display());
        let mut lines = vec![match self.lang {
            Language::Zh => {
                format!("已建立规则文件夹 {rules}：等级与类别、工作日历、岗位与时限、两个指标文件、一条规则及其用例。")
            }
            Language::En => format!(
                "{rules} is there: levels and families, calendar, posts and clocks, two files of features, a rule and its \
                 cases."
            ),
        }];
        if with_schemas {
            lines.push(match self.lang {
                Language::Zh => format!("已建立数据规范文件夹 {schemas}：各数据源的字段和示例。"),
                Language::En => format!("{schemas} is there: the fields of every source, with examples."),
            });
        }
        lines.push(self.lang.pick("下一步：", "Next:").to_owned());
        lines.push("  yujing rules test".to_owned());
        lines.push("  yujing rules new ID --family FAMILY --reads FEATURE,FEATURE".to_owned());
        output::line(&lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use yujing_workbench::schemas_folder;

    use super::*;

    #[test]
    fn every_source_is_taken_along_with_its_first_valid_example() {
        let sources = schemas_folder::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas")))
            .expect("the schemas load");
        let mut expected = BTreeSet::new();
        for (_, source) in sources.iter() {
            expected.insert(format!("{}.schema.json", source.name));
            let valid = format!("examples/{}/valid", source.name);
            let entries =
                std::fs::read_dir(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas")).join(&valid))
                    .expect("examples");
            let first = entries.map(|entry| entry.expect("an entry").file_name()).min().expect("an example");
            expected.insert(format!("{valid}/{}", first.to_string_lossy()));
        }
        assert_eq!(SCHEMAS.iter().map(|(path, _)| (*path).to_owned()).collect::<BTreeSet<_>>(), expected);
    }
}
