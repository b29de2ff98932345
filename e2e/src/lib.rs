//! Tests of the whole: of its architecture here in Rust, of its processes and pages in `browser/`.
//!
//! **Invariant:** nothing is exported; everything is under `tests/`.
