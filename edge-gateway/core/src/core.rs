//! The machine itself: what comes in is shared out to the parts, what they want is collected.

use std::collections::VecDeque;

use protocols_wire::StateReport;

use crate::{Identity, Input, Now, Output, Stored};

/// The gateway. Hand it an input, then drain [`Core::poll_output`] until it is empty.
#[derive(Debug)]
pub struct Core {
    outputs: VecDeque<Output>,
}

impl Core {
    /// Starts a run of the program from what is on disk. Outputs wait to be drained already.
    pub fn new(_stored: Stored, _identity: Identity, _now: Now) -> Self {
        Self { outputs: VecDeque::new() }
    }

    /// Takes in what happened.
    pub fn handle(&mut self, _now: Now, _input: Input) {}

    /// The next thing to do; `None` when there is nothing more until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How the gateway is, for the technician's eyes and for the cloud.
    pub fn state(&self, _now: Now) -> StateReport {
        unreachable!()
    }

    /// The signed report that the broker publishes on the state topic, retained, when this run goes
    /// silent; published by the driver itself at an orderly stop.
    pub fn last_will(&self, _now: Now) -> Vec<u8> {
        Vec::new()
    }
}
