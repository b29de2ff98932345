//! firmware-nodes
