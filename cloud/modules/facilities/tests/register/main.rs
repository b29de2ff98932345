//! The register against a real Postgres: files, changes, pages, and what other modules are answered.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod closings;
mod demo_data;
mod history;
mod import;
mod opening;
mod pages;
mod start;
mod support;
mod town;
mod upkeep;
