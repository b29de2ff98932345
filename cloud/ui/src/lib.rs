//! cloud-ui
