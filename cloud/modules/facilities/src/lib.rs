//! cloud-facilities
