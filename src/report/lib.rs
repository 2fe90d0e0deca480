//! The office's monthly report (月报): warnings, whether they were dealt with in time, who was overdue, what was found, what
//! rules are worth, what share of operators was visited. It is a function of what the topics say, of the month and of
//! the instant at which it is made, and no part of the engine.
//!
//! - [`month`]: a month of the office
//! - [`past`]: what is read of the topics
//! - [`life`]: each warning from its opening on
//! - [`figures`]: what the report says
//! - [`chart`]: what the page draws
//! - [`page`], [`table`]: the forms: one HTML page, CSV tables

#![warn(unused_crate_dependencies)]

pub mod chart;
pub mod figures;
pub mod life;
pub mod month;
pub mod page;
pub mod past;
pub mod table;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use self::figures::{MonthlyReport, Unreportable};
pub use self::month::Month;
pub use self::past::{Past, PastStep};
