//! The gateway as one pure machine.
mod io;
pub use io::*;
