//! Schemas and decoding.

mod cloud_events;
mod decode;
pub mod examples;
mod fixture;
mod load;
mod oracle;
mod withheld;
