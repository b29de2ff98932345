//! booking-domain
