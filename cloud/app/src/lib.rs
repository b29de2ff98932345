//! cloud-app
