//! Inputs that bounce and outputs that remember what they drive.

use embedded_hal::digital::{InputPin, OutputPin};

use crate::node::Exception;
use crate::timer::Timer;

/// An input must hold a level this long before it counts, in milliseconds. Reed contacts and push buttons
/// bounce for up to about 10 ms; twice that, with a margin, is still far below what a person notices.
pub const DEBOUNCE_MS: u32 = 30;

/// An input, debounced.
#[derive(Debug)]
pub(crate) struct Input<Pin> {
    pin: Pin,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Not read since the start.
    Unread,
    Steady(bool),
    /// Another level than `was` is seen, not yet for long enough.
    Bouncing {
        was: bool,
        until: Timer,
    },
}

impl<Pin: InputPin> Input<Pin> {
    pub(crate) const fn new(pin: Pin) -> Self {
        Self { pin, state: State::Unread }
    }

    /// Reads the pin. Returns the new level when a change has held; the first level ever is no change.
    pub(crate) fn sample(&mut self, now_ms: u32) -> Result<Option<bool>, Exception> {
        let level = self.pin.is_high().map_err(|_| Exception::DeviceFailure)?;
        let (state, change) = match self.state {
            State::Unread => (State::Steady(level), None),
            State::Steady(was) | State::Bouncing { was, .. } if level == was => (State::Steady(was), None),
            State::Steady(was) => (State::Bouncing { was, until: Timer::begin(now_ms, DEBOUNCE_MS) }, None),
            State::Bouncing { until, .. } if until.is_over(now_ms) => (State::Steady(level), Some(level)),
            bouncing @ State::Bouncing { .. } => (bouncing, None),
        };
        self.state = state;
        Ok(change)
    }

    /// The level that counts; off before the first reading.
    pub(crate) const fn is_on(&self) -> bool {
        match self.state {
            State::Unread => false,
            State::Steady(level) | State::Bouncing { was: level, .. } => level,
        }
    }

    /// The level as last read, bouncing or not.
    pub(crate) const fn is_on_now(&self) -> bool {
        match self.state {
            State::Bouncing { was, .. } => !was,
            State::Unread | State::Steady(_) => self.is_on(),
        }
    }
}

/// An output. Set only when it changes, and tried again until the pin has taken it.
#[derive(Debug)]
pub(crate) struct Output<Pin> {
    pin: Pin,
    driven: Option<bool>,
}

impl<Pin: OutputPin> Output<Pin> {
    pub(crate) const fn new(pin: Pin) -> Self {
        Self { pin, driven: None }
    }

    pub(crate) fn drive(&mut self, on: bool) -> Result<(), Exception> {
        if self.driven == Some(on) {
            return Ok(());
        }
        self.driven = None;
        self.pin.set_state(on.into()).map_err(|_| Exception::DeviceFailure)?;
        self.driven = Some(on);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use embedded_hal_mock::eh1::MockError;
    use embedded_hal_mock::eh1::digital::{Mock, State as Level, Transaction};
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn a_level_counts_only_when_it_has_held_for_the_debounce_time() {
        let levels = [Level::Low, Level::High, Level::Low, Level::High, Level::High, Level::High];
        let mut pin = Mock::new(&levels.map(Transaction::get));
        let mut input = Input::new(pin.clone());
        let mut changes = std::vec::Vec::new();
        for now_ms in [0, 10, 15, 20, 49, 50] {
            changes.push(input.sample(now_ms).unwrap());
        }
        assert_eq!(changes, [None, None, None, None, None, Some(true)]);
        pin.done();
    }

    #[test]
    fn the_first_level_read_is_no_change() {
        let mut pin = Mock::new(&[Transaction::get(Level::High)]);
        let mut input = Input::new(pin.clone());
        assert_eq!(input.sample(7), Ok(None));
        assert!(input.is_on());
        pin.done();
    }

    #[test]
    fn an_output_is_set_only_on_change_and_again_after_a_failure() {
        let mut pin = Mock::new(&[
            Transaction::set(Level::Low),
            Transaction::set(Level::High).with_error(MockError::Io(ErrorKind::NotConnected)),
            Transaction::set(Level::High),
        ]);
        let mut output = Output::new(pin.clone());
        assert_eq!(output.drive(false), Ok(()));
        assert_eq!(output.drive(false), Ok(()));
        assert_eq!(output.drive(true), Err(Exception::DeviceFailure));
        assert_eq!(output.drive(true), Ok(()));
        assert_eq!(output.drive(true), Ok(()));
        pin.done();
    }
}
