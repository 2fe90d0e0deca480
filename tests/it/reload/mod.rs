//! Another ruleset without a restart, and candidates beside the one in force.

mod sandbox;

mod with_kafka {
    mod command;
    mod live;
    mod shadow;
}
