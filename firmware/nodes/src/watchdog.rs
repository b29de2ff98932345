//! Notices that the master has gone silent.

use crate::timer::Timer;

/// Watchdog time of a node that nobody has set up, in milliseconds. A gateway asks many times a second; ten
/// seconds without one question is a cut cable or a dead gateway.
pub const WATCHDOG_MS_DEFAULT: u16 = 10_000;

/// Runs from the last request; before the first one there is nothing to let go of.
#[derive(Debug)]
pub(crate) struct Watchdog {
    limit_ms: u16,
    state: State,
}

/// ```text
/// Unheard ──request──▶ Listening ──limit passed──▶ RanOut ──request──▶ HeardAgain
///                          ▲                          ▲                 │     │
///                          │                          └──limit passed───┘     │
///                          └──────────────the status is read──────────────────┘
/// ```
#[derive(Clone, Copy, Debug)]
enum State {
    Unheard,
    Listening {
        last_ms: u32,
    },
    RanOut,
    /// The master is back but has not seen yet that the node had let go.
    HeardAgain {
        last_ms: u32,
    },
}

impl Watchdog {
    pub(crate) const fn new() -> Self {
        Self { limit_ms: WATCHDOG_MS_DEFAULT, state: State::Unheard }
    }

    pub(crate) const fn limit_ms(&self) -> u16 {
        self.limit_ms
    }

    pub(crate) const fn set_limit_ms(&mut self, limit_ms: u16) {
        self.limit_ms = limit_ms;
    }

    /// A request came.
    pub(crate) const fn heard(&mut self, now_ms: u32) {
        self.state = match self.state {
            State::Unheard | State::Listening { .. } => State::Listening { last_ms: now_ms },
            State::RanOut | State::HeardAgain { .. } => State::HeardAgain { last_ms: now_ms },
        };
    }

    /// True in the one call that finds the time run out.
    pub(crate) fn runs_out(&mut self, now_ms: u32) -> bool {
        let over = match self.state {
            State::Unheard | State::RanOut => false,
            State::Listening { last_ms } | State::HeardAgain { last_ms } => {
                self.limit_ms != 0 && Timer::begin(last_ms, u32::from(self.limit_ms)).is_over(now_ms)
            }
        };
        if over {
            self.state = State::RanOut;
        }
        over
    }

    /// Whether the status bit is up.
    pub(crate) const fn shows(&self) -> bool {
        matches!(self.state, State::RanOut | State::HeardAgain { .. })
    }

    /// A read has shown the status bit.
    pub(crate) const fn shown(&mut self) {
        if let State::HeardAgain { last_ms } = self.state {
            self.state = State::Listening { last_ms };
        }
    }
}
