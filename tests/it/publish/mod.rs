//! `yujing publish`: what it sends and shows, and tables mapped by SQL.

mod sending;
mod tables;
