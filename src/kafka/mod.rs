//! TODO kafka
