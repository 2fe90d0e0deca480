//! Features: what analysts' SQL may say, what it gives, what is refused and how.

mod given;
mod guard;
mod hostile;
mod kept;
mod null;
mod property;
mod refused;
mod sql;
mod values;
mod zone;
