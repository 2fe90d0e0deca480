//! `yujing publish`: what it sends and shows, and tables mapped by SQL.

mod files;
mod sending;
mod tables;
