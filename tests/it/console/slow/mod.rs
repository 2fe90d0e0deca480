//! `yujing console` without Kafka: what it answers by TLS, and what keeps it from starting.

mod tls;
