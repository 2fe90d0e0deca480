//! `yujing publish`: what it sends and shows, and tables mapped by SQL.

mod files;
mod synthetic;
mod tables;

mod with_kafka {
    mod sending;
}
