//! Another ruleset without a restart, and candidates that are only tried.

mod sandbox;

mod with_kafka {
    mod command;
    mod live;
    mod shadow;
}
