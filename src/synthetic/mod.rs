//! TODO synthetic
