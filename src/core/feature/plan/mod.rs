//! Kept plans: a feature file is planned once and run again and again.
//!
//! - [`slot`]: where the plans of one file are made and run
//! - [`local_time`], [`batches`]: the rows that are put into it
//! - [`chain`]: plans that need no running, because they only compute
//! - [`file_plans`]: the kept plans of one file, and runs that fail; [`pool`]: as many of them as threads run them
//! - [`problems`]: what planning refuses

pub mod batches;
pub mod chain;
pub mod file_plans;
pub mod local_time;
pub mod pool;
pub mod problems;
pub mod slot;
