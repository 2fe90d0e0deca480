//! A synthetic district, for the demo, the benches and whoever tries Yujing without data of their own: operators, months
//! of history, a live trickle, and planted incidents with the answer known. Everything is seeded and labelled synthetic:
//! the publisher is `synthetic`, every operator's name begins with `【合成】`, and the sub-districts do not exist.
//!
//! Rates follow a real district's: about 78 inspections, 13 lab batches a working day, 6 to 7 complaints a day.
//!
//! - [`district`]: the operators
//! - [`event`]: one document of one source
//! - [`background`]: what happens anyway
//! - [`incident`]: what was planted, and which level a warning must reach for it
//! - [`officials`]: who answers the warnings

pub mod background;
pub mod district;
pub mod event;
pub mod incident;
pub mod officials;

pub use background::Background;
pub use district::{District, Operator};
pub use event::PlannedEvent;
pub use incident::{Incident, IncidentKind, plant};
pub use officials::Officials;

/// What the name of every synthetic operator begins with.
pub const NAME_MARK: &str = "【合成】";
/// The publisher of every synthetic event.
pub const PUBLISHER: &str = "synthetic";
