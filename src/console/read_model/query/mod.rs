//! From rows to answers: what each page asks for, within what the account sees.
//!
//! - [`operators`], [`warnings`], [`inbox`], [`situation`], [`timeline`], [`decisions`], [`dead_letters`], [`quality`]: a
//!   question each
//! - [`page`]: which part of a list; [`search`]: words in names and numbers; `visible`: what of some an account sees

pub mod dead_letters;
pub mod decisions;
pub mod inbox;
pub mod operators;
pub mod page;
pub mod quality;
pub mod search;
pub mod situation;
pub mod timeline;
mod visible;
pub mod warnings;

use serde_json::{Map, Value};
use yujing_base::language::Bilingual;

/// A whole record that a column kept.
fn record(text: &str) -> Result<Map<String, Value>, rusqlite::Error> {
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error)))
}

/// The id that a column kept.
fn uuid(text: &str) -> Result<uuid::Uuid, rusqlite::Error> {
    text.parse().map_err(|error: uuid::Error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}

fn bilingual(zh: Option<String>, en: Option<String>) -> Bilingual {
    Bilingual::new(zh.unwrap_or_default(), en.unwrap_or_default())
}
