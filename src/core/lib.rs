//! The core of Yujing: everything between a record and the warning that leaves. No I/O, no `async`, and time is an
//! argument; the manifest and `clippy.toml` keep it so. The folders read in the order data flows:
//!
//! ```text
//! source ─ window ─ feature ─ rule ─ warning
//!                      └── one ruleset ──┘
//!    └────────── joined by engine ────────┘
//! ```

#![warn(unused_crate_dependencies)]
// Tests read the schemas and rules that ship.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

pub mod engine;
pub mod feature;
pub mod rule;
pub mod ruleset;
pub mod source;
pub mod warning;
pub mod window;
