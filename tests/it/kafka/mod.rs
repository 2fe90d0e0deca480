//! What Yujing does on a real Apache Kafka.

mod bad_records;
mod broker;
mod crash;
mod dead_letters;
mod engine;
mod fixture;
mod group;
mod header_names;
mod held_back;
mod intake;
mod large;
mod outage;
mod partitions;
mod producers;
mod renewed;
mod replay;
mod rulesets;
mod strays;
mod time;
mod topics;
mod transactions;
pub mod world;
