//! `yujing replay`: history through rulesets.

mod answers;
mod command;

mod slow {
    mod threads;
}

mod with_kafka {
    mod log;
}
