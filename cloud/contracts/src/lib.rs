//! cloud-contracts
