//! What Yujing does on a real Apache Kafka.

mod bad_records;
mod broker;
mod crash;
mod dead_letters;
mod engine;
mod fixture;
mod group;
mod intake;
mod large;
mod outage;
mod producers;
mod replay;
mod rulesets;
mod time;
mod topics;
mod transactions;
pub mod world;
