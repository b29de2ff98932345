//! hallport-e2e
