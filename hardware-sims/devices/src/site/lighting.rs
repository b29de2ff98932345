//! The lamps and the node that turns them on.

use core::array;

use firmware_nodes::{LightingNode, Node as _};

use super::link::Bus;
use super::{Action, Refusal};
use crate::scene::What;
use crate::wire::Wire;

/// Lamps of the node; a hall with fewer zones leaves the rest unconnected.
const LAMPS: usize = 8;

#[derive(Debug)]
pub(super) struct Lighting {
    pub(super) bus: Bus,
    pub(super) node: LightingNode<Wire, LAMPS>,
    wires: [Wire; LAMPS],
    zones: u8,
}

impl Lighting {
    pub(super) fn new(unit: u8, zones: u8) -> Self {
        let wires: [Wire; LAMPS] = array::from_fn(|_| Wire::default());
        Self { bus: Bus::new(unit), node: LightingNode::new(wires.clone()), wires, zones }
    }

    pub(super) fn tick(&mut self, now_ms: u64) {
        let Ok(()) = self.node.tick(self.bus.uptime_ms(now_ms)) else { unreachable!("a wire never fails") };
    }

    pub(super) fn zones(&self) -> Vec<bool> {
        self.wires.iter().take(usize::from(self.zones)).map(Wire::is_high).collect()
    }

    pub(super) fn act(&mut self, now_ms: u64, action: Action) -> Result<Option<What>, Refusal> {
        if action == Action::PowerCycle {
            self.bus.power_cycle(now_ms);
            self.node = LightingNode::new(self.wires.clone());
            return Ok(Some(What::PowerCycled));
        }
        self.bus.act(action)
    }
}
