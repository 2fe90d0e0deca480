//! Features: what analysts' SQL may say, what it gives, what is refused and how.

mod given;
mod hostile;
mod property;
mod refused;
mod sql;
mod values;
