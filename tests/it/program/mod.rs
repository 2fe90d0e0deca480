//! The program as people run it: configuration, exit codes, the demo, set-up, and `yujing run` with its commands.

mod cli;
mod config;
mod setup;

mod slow {
    mod demo;
}

mod with_kafka {
    mod explain;
    mod explain_warning;
    mod run;
    mod told;
}
