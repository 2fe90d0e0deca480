//! `yujing replay`: history through rulesets.

mod answers;
mod command;

mod with_kafka {
    mod log;
}
