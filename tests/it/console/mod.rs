//! `yujing console`.

mod kafka_away;
mod slow;
mod with_browser;
mod with_kafka;
