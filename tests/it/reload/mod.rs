//! Another ruleset without a restart, and candidates that are only tried.

mod sandbox;
mod typing;

mod with_kafka {
    mod command;
    mod live;
    mod shadow;
}
