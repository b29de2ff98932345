//! The core with a disk that can forget, a network that can lose, and a cloud that remembers everything.

mod disk;
mod faults;
mod fetch;
mod hall;
mod journal;
mod readers;
mod refused;
mod rig;
mod silence;
mod sync;
