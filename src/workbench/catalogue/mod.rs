//! The catalogue (目录) of a ruleset: what is counted, what is judged, who reads what. For people as Markdown and as one
//! page, for editors and the console as JSON.
//!
//! - [`model`]: everything that the catalogues show, taken from the ruleset
//! - `handling`: who acts on warnings, and until when
//! - `modifiers`: which findings weigh more, for whom and when
//! - `words`: deadlines, types and the like in both languages
//! - [`render`]: templates → files

mod handling;
pub mod model;
mod modifiers;
pub mod render;
mod words;

pub use model::Catalogue;
pub use render::{Document, RenderError, documents};
pub use words::deadline as deadline_words;
