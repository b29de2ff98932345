//! cloud-notifications
