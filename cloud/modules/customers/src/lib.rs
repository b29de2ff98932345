//! cloud-customers
