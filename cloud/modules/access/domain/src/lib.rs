//! access-domain
