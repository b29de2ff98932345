//! cloud-booking
