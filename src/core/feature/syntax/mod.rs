//! SQL as text and as a tree, before anything knows what it means.
//!
//! - [`sql_source`]: the text of one feature file with its tokens, and diagnostics that point into it
//! - [`nesting`]: how deep its tree will be
//! - [`dialect`], [`query`]: what is read as SQL
//! - [`visitor`], [`names`], [`lambda`]: looking at a tree, and changing it

pub mod dialect;
pub mod lambda;
pub mod names;
pub mod nesting;
pub mod query;
pub mod sql_source;
pub mod visitor;
