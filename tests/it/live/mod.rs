//! The live engine on a real Apache Kafka, within the test's process or as the whole program: what it makes of records,
//! crashes, outages, other members of its group, and its own earlier output.

mod with_kafka {
    mod answers;
    mod areas;
    mod bad_records;
    mod crash;
    mod engine;
    mod group;
    mod held_back;
    mod large;
    mod outage;
    mod renewed;
    mod strays;
    mod threads;
    mod time;
}
