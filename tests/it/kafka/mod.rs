//! What Yujing does on a real Apache Kafka.

mod broker;
