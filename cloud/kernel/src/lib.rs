//! cloud-kernel
