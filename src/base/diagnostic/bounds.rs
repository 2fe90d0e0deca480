//! How many findings are shown, and how long a message is: a file with ten thousand slips is shown like one with
//! thirty.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Diagnostic, Diagnostics};
use crate::language::{Bilingual, say};

/// Most findings of one code in one file that are shown one by one.
const MAX_OF_A_KIND: usize = 20;
/// Most findings that are shown one by one in all.
const MAX_SHOWN: usize = 200;
/// Longest message, hint or detail, in characters: they may quote what somebody wrote.
const MAX_MESSAGE_CHARS: usize = 1_000;
/// What is kept of the end of a longer one: it often says what to do.
const MAX_END_CHARS: usize = 200;

impl Diagnostics {
    /// The first findings, in the order of files and places, and how many more there are.
    #[must_use]
    pub fn bounded(&self) -> Self {
        let mut sorted: Vec<&Diagnostic> = self.0.iter().collect();
        sorted.sort_by(|a, b| a.order().cmp(&b.order()));
        let mut shown = Self::default();
        let mut kinds: BTreeMap<(&PathBuf, &'static str), usize> = BTreeMap::new();
        let mut others: Option<(&Diagnostic, usize)> = None;
        for one in sorted {
            let kind = kinds.entry((&one.file, one.code)).or_default();
            *kind += 1;
            if *kind > MAX_OF_A_KIND {
                continue;
            }
            if shown.0.len() < MAX_SHOWN {
                shown.push(one.clone());
            } else {
                others.get_or_insert((one, 0)).1 += 1;
            }
        }
        for ((file, code), count) in kinds.into_iter().filter(|(_, count)| *count > MAX_OF_A_KIND).take(MAX_SHOWN) {
            let more = count - MAX_OF_A_KIND;
            let message = say!("另有{more}处同类问题，未逐一列出", "{more} more of this kind are not listed");
            shown.push(Diagnostic::file(code, file, message));
        }
        if let Some((first, more)) = others {
            let message = say!("另有{more}处各类问题，未逐一列出", "{more} more of several kinds are not listed");
            shown.push(Diagnostic::file(first.code, &first.file, message));
        }
        shown
    }
}

/// Both sides of a message, as long as messages are.
pub(super) fn cut(message: Bilingual) -> Bilingual {
    Bilingual { zh: cut_text(message.zh), en: cut_text(message.en) }
}

/// A text with its middle left out if it is longer than messages are.
pub(super) fn cut_text(text: String) -> String {
    let count = if text.len() <= MAX_MESSAGE_CHARS { 0 } else { text.chars().count() };
    if count <= MAX_MESSAGE_CHARS {
        return text;
    }
    let beginning: String = text.chars().take(MAX_MESSAGE_CHARS - MAX_END_CHARS).collect();
    let end: String = text.chars().skip(count - MAX_END_CHARS).collect();
    format!("{beginning} … {end}")
}

#[cfg(test)]
#[path = "bounds_tests.rs"]
mod tests;
