//! `yujing console`.

mod with_kafka;
