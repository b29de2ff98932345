//! Booking's routes over a real Postgres, with the other modules' ports played by the hall in `hall`.

#![cfg(test)]

mod api;
mod availability;
mod changes;
mod contention;
mod hall;
mod mass;
mod offline;
mod pages;
mod rules;
mod schedule;
mod several;
mod space;
