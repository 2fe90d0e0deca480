//! The two languages of texts for people.

use clap::ValueEnum;

use crate::rule::Bilingual;

/// Which of the two languages to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    Zh,
    En,
}

impl Language {
    /// One of two words.
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// One of two rows of words.
    pub fn pick_all<const N: usize>(self, zh: [&'static str; N], en: [&'static str; N]) -> [&'static str; N] {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// The language's side of a text.
    pub fn of(self, text: &Bilingual) -> &str {
        self.pick(&text.zh, &text.en)
    }
}
