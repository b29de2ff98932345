//! What every node answers, whatever carries the question.

/// Why a node refuses a request: the exception codes of the Modbus application protocol V1.1b3, section 7.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exception {
    /// 01: this kind of node has no such function.
    IllegalFunction,
    /// 02: part of the range does not exist on this node.
    IllegalDataAddress,
    /// 03: the register exists, the value is not one it takes; or nothing was asked for.
    IllegalDataValue,
    /// 04: a pin could not be read or set. What the node wants stays wanted, and is tried on every tick.
    DeviceFailure,
}

/// A node as its master sees it.
///
/// The number of registers or bits asked for is the length of the slice. A write of several values is done
/// whole or refused whole. Every request, refused ones too, tells the watchdog that the master lives.
pub trait Node {
    /// Lets time pass: runs timers, reads inputs, sets outputs. `now_ms` is the node's uptime in
    /// milliseconds; it wraps, and never goes back.
    ///
    /// Fails with [`Exception::DeviceFailure`] if a pin does, after doing everything else.
    fn tick(&mut self, now_ms: u32) -> Result<(), Exception>;

    /// Function 04.
    fn read_input_registers(&mut self, start: u16, into: &mut [u16]) -> Result<(), Exception>;

    /// Function 02.
    fn read_discrete_inputs(&mut self, start: u16, into: &mut [bool]) -> Result<(), Exception>;

    /// Function 01.
    fn read_coils(&mut self, start: u16, into: &mut [bool]) -> Result<(), Exception>;

    /// Functions 05 and 15.
    fn write_coils(&mut self, start: u16, values: &[bool]) -> Result<(), Exception>;

    /// Function 03.
    fn read_holding_registers(&mut self, start: u16, into: &mut [u16]) -> Result<(), Exception>;

    /// Functions 06 and 16.
    fn write_holding_registers(&mut self, start: u16, values: &[u16]) -> Result<(), Exception>;
}

/// Copies what was asked for out of everything there is.
pub(crate) fn copy_range<T: Copy>(all: &[T], start: u16, into: &mut [T]) -> Result<(), Exception> {
    if into.is_empty() {
        return Err(Exception::IllegalDataValue);
    }
    let start = usize::from(start);
    let end = start.checked_add(into.len()).ok_or(Exception::IllegalDataAddress)?;
    into.copy_from_slice(all.get(start..end).ok_or(Exception::IllegalDataAddress)?);
    Ok(())
}

/// Pairs each value of a write with its address.
pub(crate) fn addressed<T: Copy>(
    start: u16,
    values: &[T],
) -> Result<impl Iterator<Item = (u16, T)> + Clone, Exception> {
    if values.is_empty() {
        return Err(Exception::IllegalDataValue);
    }
    let count = u16::try_from(values.len()).map_err(|_| Exception::IllegalDataAddress)?;
    let end = start.checked_add(count).ok_or(Exception::IllegalDataAddress)?;
    Ok((start..end).zip(values.iter().copied()))
}
