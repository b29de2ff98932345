//! A port for a peer that listens on it later, perhaps more than once. Included by path.

use std::hash::{BuildHasher as _, RandomState};
use std::net::TcpListener;

/// Below what systems give to outgoing connections and to listeners that name none (32768 and up on Linux, 49152
/// by IANA): nobody is given it while the peer is not up, and no client that tries again meets itself there.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// One that is free now.
pub fn free_port() -> u16 {
    let width = u64::from(PORTS.end - PORTS.start);
    (0_u32..1000)
        .filter_map(|attempt| u16::try_from(RandomState::new().hash_one(attempt) % width).ok())
        .map(|offset| PORTS.start + offset)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .unwrap_or_else(|| panic!("no free port in {PORTS:?}"))
}
