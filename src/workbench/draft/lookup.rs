//! What there is to look up in a draft: its catalogue, and every word that may be written in its files.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use yujing_base::language::Bilingual;
use yujing_core::ruleset::files::named;
use yujing_core::warning::Level;

use super::{Draft, DraftCheck, diagnostics};
use crate::case;
use crate::catalogue::Catalogue;

/// The words of the languages themselves.
const WORDS: &str = include_str!("vocabulary.toml");

/// A draft as people look things up in it.
#[derive(Debug, Serialize)]
pub struct DraftCatalogue {
    /// None: it does not build.
    pub catalogue: Option<Catalogue>,
    pub check: DraftCheck,
    pub vocabulary: Vec<Word>,
}

/// A word that may be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Word {
    pub name: String,
    pub kind: WordKind,
    /// The table of a column.
    pub of: Option<String>,
    /// How it is written.
    pub signature: Option<String>,
    pub description: Option<Bilingual>,
}

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WordKind {
    RuleFunction,
    SqlFunction,
    Feature,
    Table,
    Column,
    MetadataKey,
    Family,
    Level,
    Rule,
    CaseKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordFile {
    word: Vec<WrittenWord>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWord {
    kind: WordKind,
    name: String,
    signature: Option<String>,
    zh: String,
    en: String,
}

impl Draft<'_> {
    /// Its catalogue and vocabulary, with what the check finds.
    pub fn catalogue(&self, now: Timestamp) -> DraftCatalogue {
        let ruleset = match self.build() {
            Ok(ruleset) => ruleset,
            Err(found) => {
                let check = DraftCheck { ok: false, diagnostics: diagnostics(&found), summary: None };
                return DraftCatalogue { catalogue: None, check, vocabulary: words_of_languages() };
            }
        };
        let check = self.check_of(&ruleset, now);
        // Cases that cannot be read are in the check; the catalogue is without what they show.
        let cases = case::parse(&named(self.folder, self.cases)).unwrap_or_default();
        let catalogue = Catalogue::new(Path::new(self.folder), self.sources, &ruleset, &cases);
        let mut vocabulary = words_of_languages();
        vocabulary.extend(words_of(&catalogue));
        DraftCatalogue { catalogue: Some(catalogue), check, vocabulary }
    }
}

fn words_of_languages() -> Vec<Word> {
    let read: WordFile = toml::from_str(WORDS).expect("invariant: a test reads the built-in vocabulary");
    let word = |WrittenWord { kind, name, signature, zh, en }| Word {
        name,
        kind,
        of: None,
        signature,
        description: Some(Bilingual { zh, en }),
    };
    read.word.into_iter().map(word).collect()
}

fn words_of(catalogue: &Catalogue) -> Vec<Word> {
    let word = |kind, name: &str, signature: Option<String>, description: Bilingual| Word {
        name: name.to_owned(),
        kind,
        of: None,
        signature,
        description: Some(description),
    };
    let mut words = Vec::new();
    for feature in &catalogue.features {
        let signature = format!("op.{}: {}", feature.name, feature.type_title.en);
        let description = Bilingual {
            zh: format!("{}（{}）", feature.title.zh, feature.missing_title.zh),
            en: format!("{} ({})", feature.title.en, feature.missing_title.en),
        };
        words.push(word(WordKind::Feature, &feature.name, Some(signature), description));
    }
    for source in &catalogue.sources {
        let days = source.retention_days;
        let kept = Bilingual::new(format!("保留 {days} 天"), format!("kept for {days} days"));
        words.push(word(WordKind::Table, &source.table, None, kept));
        words.extend(source.columns.iter().map(|column| Word {
            of: Some(source.table.clone()),
            ..word(WordKind::Column, &column.name, Some(column.data_type.clone()), column.description.clone())
        }));
    }
    let families = catalogue.families.iter();
    words.extend(families.map(|family| word(WordKind::Family, &family.id, None, family.title.clone())));
    let rules = catalogue.rules.iter();
    words.extend(rules.map(|rule| word(WordKind::Rule, &rule.id, None, rule.title.clone())));
    let levels = Level::ALL.into_iter();
    words.extend(
        levels.map(|level| word(WordKind::Level, level.as_str(), None, Bilingual::new(level.zh(), level.as_str()))),
    );
    words
}
