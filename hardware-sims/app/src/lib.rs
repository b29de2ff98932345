//! sims-app
