//! cloud-access
