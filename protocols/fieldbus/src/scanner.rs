//! The words of our scanner node on the site's MQTT, below the device's root.
//!
//! ```text
//! <root>/status    retained, also the last will   {"state":"online","start":7,"uptime_ms":123456,"dropped":0}
//! <root>/scan      never retained                 {"start":7,"sequence":12,"uptime_ms":123456,"text":"…"}
//! <root>/indicate  never retained, to the node    admitted | refused | idle
//! ```
//!
//! `start` is another number at each start of the node, `uptime_ms` counts from there, `sequence` rises by one
//! with each scan. The node tells its status when it connects and every few seconds. The gateway's side of the
//! same stands in the profile `hallport-qr-scanner`.

/// Topic of the status, below the root.
pub const STATUS_TOPIC: &str = "status";
/// Topic of scans, below the root.
pub const SCAN_TOPIC: &str = "scan";
/// Topic of what the lamps shall show, below the root.
pub const INDICATE_TOPIC: &str = "indicate";

/// State: it is connected.
pub const ONLINE: &str = "online";
/// State, in the last will: the connection broke.
pub const OFFLINE: &str = "offline";

/// Green: come in.
pub const ADMITTED: &str = "admitted";
/// Red: the one refusal.
pub const REFUSED: &str = "refused";
/// Nothing.
pub const IDLE: &str = "idle";
