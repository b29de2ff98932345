//! pricing-domain
