//! cloud-pricing
