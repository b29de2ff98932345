//! Routes for programs.

pub mod bookings;
