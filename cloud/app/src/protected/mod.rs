//! Whoever has a protected identity is named to nobody: every route of the service, asked by every kind of person, and
//! everything that the service writes, for what only the protected person may read.

mod crawl;
pub mod life;
mod routes;
