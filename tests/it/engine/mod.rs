//! The core as one piece, without Kafka: records in, scores, warnings and dead letters out.

mod added_danger;
mod apply;
mod handling;
mod modifiers;
mod operator_cards;
mod oracle;
mod records;
mod withdrawal;
mod working_days;
