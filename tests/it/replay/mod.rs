//! `yujing replay`: history through rulesets.

mod command;

mod with_kafka {
    mod log;
}
