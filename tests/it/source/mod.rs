//! Schemas and decoding.

mod cloud_events;
mod decode;
mod examples;
mod fixture;
mod load;
mod oracle;
