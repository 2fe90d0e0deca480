//! `yujing rules docs`: catalogues of features and rules, for people and for programs. Connects to nothing.

use std::path::{Path, PathBuf};

use clap::Args;
use yujing_workbench::case;
use yujing_workbench::catalogue::{Catalogue, Document, documents};

use super::folder::{Folder, Folders};
use crate::{Context, Failure, Language, output};

/// Below the folder of rules.
const USUAL_FOLDER: &str = "docs";

/// Arguments of `yujing rules docs`.
#[derive(Debug, Args)]
pub struct Docs {
    #[command(flatten)]
    folder: Folder,
    /// Where to write [default: docs below the folder of rules]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write nothing; fail if the files are not those of the rules
    #[arg(long)]
    check: bool,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

impl Docs {
    /// # Errors
    /// If the rules are wrong, or the files cannot be written; with `--check` if they differ.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let folders = self.folder.find(context)?;
        let out = self.out.clone().unwrap_or_else(|| folders.rules.join(USUAL_FOLDER));
        let documents = made(&folders)?;
        let stale: Vec<&Document> = documents.iter().filter(|document| differs(&out, document)).collect();
        if self.check {
            return self.report_stale(&out, &stale);
        }
        std::fs::create_dir_all(&out).map_err(|error| unwritable(&out, &error))?;
        for document in &stale {
            let file = out.join(document.name);
            std::fs::write(&file, &document.text).map_err(|error| unwritable(&file, &error))?;
        }
        let (all, written) = (documents.len(), stale.len());
        let folder = out.display();
        output::line(&match self.lang {
            Language::Zh => format!("{folder}：共{all}个文件，更新{written}个。"),
            Language::En => format!("{folder}: {all} files, {written} of them written anew."),
        })
    }

    fn report_stale(&self, out: &Path, stale: &[&Document]) -> Result<(), Failure> {
        if stale.is_empty() {
            let folder = out.display();
            return output::line(&match self.lang {
                Language::Zh => format!("{folder}：与规则集一致。"),
                Language::En => format!("{folder}: as the rules are."),
            });
        }
        let names: Vec<String> = stale.iter().map(|document| out.join(document.name).display().to_string()).collect();
        Err(Failure::user(match self.lang {
            Language::Zh => format!("目录与规则集不一致，请执行 yujing rules docs：{}", names.join("、")),
            Language::En => format!("not as the rules are: {}; run `yujing rules docs`", names.join(", ")),
        }))
    }
}

fn made(folders: &Folders) -> Result<Vec<Document>, Failure> {
    let sources = folders.sources()?;
    let ruleset = folders.ruleset(&sources)?;
    let cases = folders.rules.join("cases");
    let cases = if cases.exists() { case::load(&cases)? } else { Vec::new() };
    let catalogue = Catalogue::new(&folders.rules, &sources, &ruleset, &cases);
    Ok(documents(&catalogue)?)
}

/// Whether a file is not what it should be. Git may have given it the line ends of another system.
fn differs(out: &Path, document: &Document) -> bool {
    let there = std::fs::read_to_string(out.join(document.name));
    there.map_or(true, |text| text.replace("\r\n", "\n") != document.text)
}

fn unwritable(place: &Path, error: &std::io::Error) -> Failure {
    Failure::external(format!("{} cannot be written: {error}", place.display()))
}
