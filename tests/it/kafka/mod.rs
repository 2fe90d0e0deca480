//! The Kafka adapter on a real Apache Kafka: topics, consuming, transactions, and records as other clients write and
//! read them.

mod with_kafka {
    mod broker;
    mod dead_letters;
    mod header_names;
    mod intake;
    mod partitions;
    mod producers;
    mod topics;
    mod transactions;
}
