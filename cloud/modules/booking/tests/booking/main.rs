//! Booking's routes over a real Postgres, with the other modules' ports played by the hall in `hall`.

#![cfg(test)]

mod act;
mod api;
mod availability;
mod changes;
mod contacts;
mod contention;
mod customers;
mod delegations;
mod enquiries;
mod extras;
mod freed;
mod guests;
mod hall;
mod held_several;
mod hold;
mod mass;
mod offline;
mod pages;
mod rules;
mod rules_before_layers;
mod run_out;
mod schedule;
mod several;
mod space;
mod thread;
