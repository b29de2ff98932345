//! The lighting node: up to eight lamps.

use embedded_hal::digital::OutputPin;
use protocols_fieldbus::nodes::{CONFIRM_AT, INDICATOR_AT, LAMPS, NodeKind, RELEASE_MS_AT, WATCHDOG_MS_AT};

use crate::node::{Exception, Node, addressed, copy_range};
use crate::pin::Output;
use crate::run::Common;

/// `N` lamps, one coil each, in the order of the pins.
///
/// When the watchdog runs out the lamps stay as they are: a cut cable must not leave people in the dark on a
/// court, nor light an empty hall for a whole night. Dark or lit after a restart is dark.
#[derive(Debug)]
pub struct LightingNode<Lamp, const N: usize> {
    common: Common,
    lamps: [Output<Lamp>; N],
    lit: [bool; N],
}

impl<Lamp: OutputPin, const N: usize> LightingNode<Lamp, N> {
    /// A node at uptime 0 that has not touched its pins yet: the first [`Node::tick`] turns the lamps off.
    /// High is lit.
    pub fn new(lamps: [Lamp; N]) -> Self {
        const {
            #[expect(clippy::as_conversions, reason = "widening, in a constant, where From is not available")]
            let most = LAMPS as usize;
            assert!(N <= most, "the register map has coils for eight lamps");
        }
        Self { common: Common::new(), lamps: lamps.map(Output::new), lit: [false; N] }
    }

    /// Sets every lamp, also when one of them fails.
    fn drive(&mut self) -> Result<(), Exception> {
        let mut outcome = Ok(());
        for (lamp, lit) in self.lamps.iter_mut().zip(self.lit) {
            outcome = outcome.and(lamp.drive(lit));
        }
        outcome
    }
}

impl<Lamp: OutputPin, const N: usize> Node for LightingNode<Lamp, N> {
    fn tick(&mut self, now_ms: u32) -> Result<(), Exception> {
        self.common.now_ms = now_ms;
        self.common.watchdog.runs_out(now_ms);
        self.drive()
    }

    fn read_input_registers(&mut self, start: u16, into: &mut [u16]) -> Result<(), Exception> {
        self.common.heard();
        self.common.read_run(NodeKind::Lighting, 0, start, into)
    }

    fn read_discrete_inputs(&mut self, _: u16, _: &mut [bool]) -> Result<(), Exception> {
        self.common.heard();
        Err(Exception::IllegalFunction)
    }

    fn read_coils(&mut self, start: u16, into: &mut [bool]) -> Result<(), Exception> {
        self.common.heard();
        copy_range(&self.lit, start, into)
    }

    fn write_coils(&mut self, start: u16, values: &[bool]) -> Result<(), Exception> {
        self.common.heard();
        let mut writes = addressed(start, values)?;
        if writes.clone().any(|(at, _)| usize::from(at) >= N) {
            return Err(Exception::IllegalDataAddress);
        }
        writes.try_for_each(|(at, on)| {
            let lit = self.lit.get_mut(usize::from(at)).ok_or(Exception::IllegalDataAddress)?;
            *lit = on;
            Ok(())
        })?;
        self.drive()
    }

    fn read_holding_registers(&mut self, start: u16, into: &mut [u16]) -> Result<(), Exception> {
        self.common.heard();
        // There is no lock and no keypad: release time and indicator read as zero.
        let registers = [self.common.queue.confirmed(), 0, 0, self.common.watchdog.limit_ms()];
        copy_range(&registers, start, into)
    }

    fn write_holding_registers(&mut self, start: u16, values: &[u16]) -> Result<(), Exception> {
        self.common.heard();
        let writes = addressed(start, values)?;
        if writes.clone().any(|(at, _)| matches!(at, RELEASE_MS_AT | INDICATOR_AT) || at > WATCHDOG_MS_AT) {
            return Err(Exception::IllegalDataAddress);
        }
        for (at, value) in writes {
            if at == CONFIRM_AT {
                self.common.queue.confirm(value);
            } else {
                self.common.watchdog.set_limit_ms(value);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use embedded_hal_mock::eh1::digital::{Mock, State, Transaction};
    use protocols_fieldbus::nodes::{KIND_AT, STATUS_AT, status};

    use super::*;

    fn dark_then(later: &[Transaction]) -> Mock {
        let mut all = std::vec![Transaction::set(State::Low)];
        all.extend_from_slice(later);
        Mock::new(&all)
    }

    #[test]
    fn each_coil_is_one_lamp() {
        let mut hall = dark_then(&[Transaction::set(State::High)]);
        let mut corridor = dark_then(&[Transaction::set(State::High), Transaction::set(State::Low)]);
        let mut node = LightingNode::new([hall.clone(), corridor.clone()]);
        node.tick(0).unwrap();
        node.write_coils(0, &[true, true]).unwrap();
        node.write_coils(1, &[false]).unwrap();
        let mut lit = [false; 2];
        node.read_coils(0, &mut lit).unwrap();
        assert_eq!(lit, [true, false]);
        assert_eq!(node.write_coils(1, &[true, true]), Err(Exception::IllegalDataAddress));
        hall.done();
        corridor.done();
    }

    #[test]
    fn lamps_stay_as_they_are_when_the_master_falls_silent_and_it_is_told_afterwards() {
        let mut lamp = dark_then(&[Transaction::set(State::High)]);
        let mut node = LightingNode::new([lamp.clone()]);
        node.tick(0).unwrap();
        node.write_holding_registers(WATCHDOG_MS_AT, &[1_000]).unwrap();
        node.write_coils(0, &[true]).unwrap();
        node.tick(60_000).unwrap();
        let mut bits = [0];
        node.read_input_registers(STATUS_AT, &mut bits).unwrap();
        assert_eq!(bits, [status::WATCHDOG]);
        node.read_input_registers(STATUS_AT, &mut bits).unwrap();
        assert_eq!(bits, [0]);
        lamp.done();
    }

    #[test]
    fn what_a_lighting_node_does_not_have_is_refused() {
        let mut lamp = Mock::new(&[]);
        let mut node = LightingNode::new([lamp.clone()]);
        assert_eq!(node.read_discrete_inputs(0, &mut [false]), Err(Exception::IllegalFunction));
        for absent in [RELEASE_MS_AT, INDICATOR_AT, 4, u16::MAX] {
            assert_eq!(
                node.write_holding_registers(absent, &[1]),
                Err(Exception::IllegalDataAddress),
                "{absent}"
            );
        }
        let mut kind = [0];
        node.read_input_registers(KIND_AT, &mut kind).unwrap();
        assert_eq!(kind, [NodeKind::Lighting.register()]);
        lamp.done();
    }
}
