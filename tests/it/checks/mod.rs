//! `yujing rules check`: what is said of every slip that an analyst can make, in both languages, and that the reference
//! of codes tells the same.

mod command;
mod nesting;
mod reference;
mod slips;
