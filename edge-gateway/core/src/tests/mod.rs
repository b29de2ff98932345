//! The core with a disk that can forget, a network that can lose, and a cloud that remembers everything.

mod hall;
mod journal;
mod refused;
mod rig;
mod sync;
