//! Another ruleset without a restart, and candidates beside the one in force.

mod cage;

mod with_kafka {
    mod command;
    mod live;
    mod shadow;
}
