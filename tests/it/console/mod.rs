//! `yujing console`.

mod slow;
mod with_kafka;
