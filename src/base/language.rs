//! The two languages of texts for people, and a text in both.

use std::fmt::Display;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

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

    /// A value behind its label: `标签：值`, `label: value`.
    pub fn labelled(self, zh: &str, en: &str, value: impl Display) -> String {
        match self {
            Self::Zh => format!("{zh}：{value}"),
            Self::En => format!("{en}: {value}"),
        }
    }

    /// Some texts as one: `甲、乙`, `a, b`.
    pub fn joined(self, texts: &[String]) -> String {
        texts.join(self.pick("、", ", "))
    }

    /// The language's side of a text.
    pub fn of(self, text: &Bilingual) -> &str {
        self.pick(&text.zh, &text.en)
    }
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    pub zh: String,
    pub en: String,
}

impl Bilingual {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// Both sides with something behind them.
    #[must_use]
    pub fn followed_by(mut self, other: &Self) -> Self {
        self.zh.push_str(&other.zh);
        self.en.push(' ');
        self.en.push_str(&other.en);
        self
    }
}

/// The same text on both sides: for what is not translated.
impl From<&str> for Bilingual {
    fn from(text: &str) -> Self {
        Self::new(text, text)
    }
}

impl From<String> for Bilingual {
    fn from(text: String) -> Self {
        Self { zh: text.clone(), en: text }
    }
}

/// A formatted text in both languages: `say!("没有指标 `{name}`", "there is no feature `{name}`")`.
#[macro_export]
macro_rules! say {
    ($zh:literal, $en:literal $(,)?) => {
        $crate::language::Bilingual { zh: format!($zh), en: format!($en) }
    };
}
pub use crate::say;
