//! `yujing console`.

mod slow;
mod with_browser;
mod with_kafka;
