//! protocols-access
