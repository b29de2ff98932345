//! What a bus lets be seen of itself, for figures.

use std::sync::Arc;
use std::time::Duration;

/// Something that took time on a bus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measured {
    /// One turn: a write, a poll, or the introduction of a device.
    Turn(Duration),
    /// From the order to switch an output on to the device's having taken it.
    SwitchedOn(Duration),
}

/// Told of each; called in the bus' own task, so it must not wait.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(Measured) + Send + Sync>);

impl Observer {
    /// An observer that calls `told`.
    pub fn new(told: impl Fn(Measured) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    pub(crate) fn tell(&self, measured: Measured) {
        (self.0)(measured);
    }
}

impl Default for Observer {
    /// Nobody looks.
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl std::fmt::Debug for Observer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Observer")
    }
}
