//! The module's routes over a real Postgres and the real booking, with the other modules' ports played by `town`.

#![cfg(test)]

mod api;
mod clients;
mod description;
mod feeds;
mod python;
mod town;
mod webhooks;
