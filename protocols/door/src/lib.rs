//! protocols-door
