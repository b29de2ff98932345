//! Finding over a real Postgres, with a made-up register and made-up free times.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod city;
mod find;
mod index;
mod start;
