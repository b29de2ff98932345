//! facilities-domain
