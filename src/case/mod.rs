//! TODO case
