//! One door: its lock, its leaf, and what is worth telling.

/// How long after the exit button was let go an opened leaf is an exit: time to reach and pull the handle.
pub const EXIT_MS: u64 = 5_000;
/// How long after a release has ended an opening is still taken for its last moment: it was read late by
/// at most a poll and a time-out.
pub const LATE_MS: u64 = 1_000;

/// How a door is built. Durations in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Build {
    /// Something tells whether the leaf is closed.
    pub has_contact: bool,
    /// How long a release lasts when nobody opens.
    pub release_ms: u32,
    /// How long the leaf may stand open before that is told.
    pub held_open_ms: u32,
}

/// What rules the door. Fire and egress stand above it, in hardware; a grant stands below.
///
/// ```text
///   Normal ◀──────▶ LockedDown        into LockedDown: a release under way is taken back
///      ▲                ▲             into Emergency:  released, and anew before each release ends
///      └──▶ Emergency ◀─┘             out of it:       secured
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// Grants decide.
    #[default]
    Normal,
    /// Only those who respond; who that is was decided before a release is asked for.
    LockedDown,
    /// Stands released; nothing is forced or held open.
    Emergency,
}

/// The leaf and its lock. Instants are monotonic milliseconds.
///
/// ```text
///                release               opened
///   Locked ───────────────▶ Released ─────────▶ Open ──too long──▶ HeldOpen
///    ▲  ▲ │ exit button ──▶ (by exit)          ▲ │ ▲ release          │
///    │  │ │                   │ until has come │ │ └──────────────────┤
///    │  │ │                   ▼                │ │ closed             │ closed
///    │  └─┼──────────────── Securing ───opened─┘ │                    │
///    │    │ opened                                │                    │
///    │    └──────▶ Forced ──release──▶ Open       │                    │
///    │               │ closed                     │                    │
///    ├───────────────┴────────────────────────────┴────────────────────┘
///    │ closed
///   Unknown ──opened──▶ Open          a device goes silent: any ──▶ Unknown, where a release ends as well
///
///   Open ──closed, released while it stood open──▶ Released
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leaf {
    /// Closed and secured.
    Locked,
    /// Closed; whoever pulls the handle now comes through.
    Released {
        /// Until when.
        until_ms: u64,
        /// Who released.
        by: Cause,
    },
    /// The release has ended; an opening that is read now may have come before.
    Securing {
        /// Until when.
        until_ms: u64,
    },
    /// Open as it may be.
    Open {
        /// When it has stood open too long.
        held_at_ms: u64,
        /// Until when whoever was admitted while it stood open may still come through.
        released_until_ms: Option<u64>,
    },
    /// Open too long.
    HeldOpen,
    /// Opened without a release.
    Forced,
    /// Not known: nothing was read yet, or the contact does not answer.
    Unknown,
}

/// Who released.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// A grant or a command, through the lock's output.
    Gateway,
    /// The exit button, in hardware.
    Exit,
}

/// What is told to the door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seen {
    /// Someone was admitted.
    Admitted,
    /// The contact closed (`true`) or opened.
    Contact(bool),
    /// The exit button was pressed (`true`) or let go.
    Exit(bool),
    /// The lock's device secured by its own timer or watchdog.
    Secured,
    /// The lock's or the contact's device no longer answers.
    DeviceLost,
    /// It answers again, or for the first time.
    DeviceFound,
    /// Another mode rules.
    Mode(Mode),
    /// Time passes.
    Tick,
}

/// What is worth telling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// Opened after a release.
    Opened,
    /// Closed.
    Closed,
    /// Secured again without anyone opening.
    Relocked,
    /// Opened without a release.
    Forced,
    /// Stood open too long.
    HeldOpen,
    /// The exit button was pressed.
    Exit,
}

/// What comes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reaction {
    /// Release (`true`) or secure the lock.
    pub lock: Option<bool>,
    /// For the journal.
    pub told: Option<Told>,
}

impl Reaction {
    const NONE: Self = Self { lock: None, told: None };
    const SECURE: Self = Self { lock: Some(false), told: None };

    const fn tell(told: Told) -> Self {
        Self { lock: None, told: Some(told) }
    }
}

/// One door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Door {
    build: Build,
    mode: Mode,
    leaf: Leaf,
    /// In an emergency: when the release is to be renewed.
    renew_at_ms: Option<u64>,
    /// While the leaf is unknown: when a release that was given ends.
    secure_at_ms: Option<u64>,
    /// The exit button is being pressed: whoever leans on it may take their time.
    exit_pressed: bool,
}

impl Door {
    /// A door of which nothing is known yet. Its lock is written once its device is found.
    pub const fn new(build: Build, mode: Mode) -> Self {
        Self { build, mode, leaf: Leaf::Unknown, renew_at_ms: None, secure_at_ms: None, exit_pressed: false }
    }

    /// Where the leaf is.
    pub const fn leaf(&self) -> Leaf {
        self.leaf
    }

    /// When [`Seen::Tick`] is due, in monotonic milliseconds.
    pub fn wake_at_ms(&self) -> Option<u64> {
        let leaf = match self.leaf {
            Leaf::Released { until_ms, .. } | Leaf::Securing { until_ms } => Some(until_ms),
            Leaf::Open { held_at_ms, .. } if self.mode != Mode::Emergency => Some(held_at_ms),
            Leaf::Open { .. } | Leaf::Locked | Leaf::HeldOpen | Leaf::Forced | Leaf::Unknown => None,
        };
        leaf.into_iter().chain(self.renew_at_ms).chain(self.secure_at_ms).min()
    }

    /// Takes in what was seen.
    pub fn see(&mut self, seen: Seen, now_ms: u64) -> Reaction {
        let reaction = self.take_in(seen, now_ms);
        if reaction.lock == Some(false) || self.mode == Mode::Emergency {
            self.secure_at_ms = None;
        }
        reaction
    }

    fn take_in(&mut self, seen: Seen, now_ms: u64) -> Reaction {
        match seen {
            Seen::Admitted => self.admitted(now_ms),
            Seen::Contact(true) => self.closed(now_ms),
            Seen::Contact(false) => self.opened(now_ms),
            Seen::Exit(pressed) => self.exit(pressed, now_ms),
            Seen::Secured => self.relocked(),
            Seen::DeviceLost => {
                // It may be the contact's alone: then the lock is still there to be secured.
                self.secure_at_ms = match self.leaf {
                    Leaf::Released { until_ms, by: Cause::Gateway } => Some(until_ms),
                    Leaf::Open { .. } | Leaf::HeldOpen => Some(self.release_ends_ms(now_ms)),
                    Leaf::Released { by: Cause::Exit, .. }
                    | Leaf::Locked
                    | Leaf::Securing { .. }
                    | Leaf::Forced
                    | Leaf::Unknown => self.secure_at_ms,
                };
                self.leaf = Leaf::Unknown;
                self.renew_at_ms = None;
                self.exit_pressed = false;
                Reaction::NONE
            }
            Seen::DeviceFound => self.found(now_ms),
            Seen::Mode(mode) => self.rule(mode, now_ms),
            Seen::Tick => self.tick(now_ms),
        }
    }

    fn admitted(&mut self, now_ms: u64) -> Reaction {
        self.leaf = match self.leaf {
            Leaf::Locked | Leaf::Released { .. } | Leaf::Securing { .. } => match self.mode {
                Mode::Normal | Mode::LockedDown => self.released(now_ms),
                Mode::Emergency => Leaf::Locked,
            },
            Leaf::Open { .. } | Leaf::HeldOpen | Leaf::Forced => Leaf::Open {
                held_at_ms: self.held_at_ms(now_ms),
                released_until_ms: Some(self.release_ends_ms(now_ms)),
            },
            // The contact will say whether it was opened; until then nothing can be called forced.
            Leaf::Unknown => {
                self.secure_at_ms = Some(self.release_ends_ms(now_ms));
                Leaf::Unknown
            }
        };
        Reaction { lock: Some(true), told: None }
    }

    fn closed(&mut self, now_ms: u64) -> Reaction {
        match self.leaf {
            // The one who opened has passed; the one admitted since has not.
            Leaf::Open { released_until_ms: Some(until_ms), .. }
                if now_ms < until_ms && self.mode != Mode::Emergency =>
            {
                self.leaf = Leaf::Released { until_ms, by: Cause::Gateway };
                Reaction::tell(Told::Closed)
            }
            Leaf::Locked | Leaf::Released { .. } | Leaf::Securing { .. } => Reaction::NONE,
            Leaf::Unknown => {
                self.leaf = match self.secure_at_ms.take() {
                    Some(until_ms) => Leaf::Released { until_ms, by: Cause::Gateway },
                    None => Leaf::Locked,
                };
                Reaction::NONE
            }
            Leaf::Open { .. } | Leaf::HeldOpen | Leaf::Forced => {
                self.leaf = Leaf::Locked;
                // One release, one passage: what is left of it is taken back.
                let lock = (self.mode != Mode::Emergency).then_some(false);
                Reaction { lock, told: Some(Told::Closed) }
            }
        }
    }

    fn opened(&mut self, now_ms: u64) -> Reaction {
        match self.leaf {
            Leaf::Released { .. } | Leaf::Securing { .. } => {
                self.leaf = self.open(now_ms);
                Reaction::tell(Told::Opened)
            }
            Leaf::Locked if self.mode == Mode::Emergency => {
                self.leaf = self.open(now_ms);
                Reaction::tell(Told::Opened)
            }
            Leaf::Locked => {
                self.leaf = Leaf::Forced;
                Reaction::tell(Told::Forced)
            }
            Leaf::Unknown => {
                // It is secured when it falls shut.
                self.secure_at_ms = None;
                self.leaf = self.open(now_ms);
                Reaction::NONE
            }
            Leaf::Open { .. } | Leaf::HeldOpen | Leaf::Forced => Reaction::NONE,
        }
    }

    fn exit(&mut self, pressed: bool, now_ms: u64) -> Reaction {
        let before = core::mem::replace(&mut self.exit_pressed, pressed);
        if !pressed && !before {
            return Reaction::NONE;
        }
        let exit_until_ms = now_ms.saturating_add(EXIT_MS);
        self.leaf = match self.leaf {
            Leaf::Locked | Leaf::Securing { .. } => {
                Leaf::Released { until_ms: exit_until_ms, by: Cause::Exit }
            }
            Leaf::Released { until_ms, by } => Leaf::Released { until_ms: until_ms.max(exit_until_ms), by },
            Leaf::Open { .. } | Leaf::HeldOpen | Leaf::Forced | Leaf::Unknown => self.leaf,
        };
        if pressed && !before { Reaction::tell(Told::Exit) } else { Reaction::NONE }
    }

    fn tick(&mut self, now_ms: u64) -> Reaction {
        match self.leaf {
            Leaf::Released { until_ms, by: Cause::Gateway } if until_ms <= now_ms => {
                self.leaf = Leaf::Securing { until_ms: now_ms.saturating_add(LATE_MS) };
                return Reaction::SECURE;
            }
            Leaf::Released { until_ms, by: Cause::Exit } if until_ms <= now_ms && self.exit_pressed => {
                self.leaf = Leaf::Released { until_ms: now_ms.saturating_add(EXIT_MS), by: Cause::Exit };
            }
            // The exit button's release is the hardware's to end.
            Leaf::Released { until_ms, by: Cause::Exit } | Leaf::Securing { until_ms }
                if until_ms <= now_ms =>
            {
                return self.relocked();
            }
            Leaf::Open { held_at_ms, .. } if held_at_ms <= now_ms && self.mode != Mode::Emergency => {
                self.leaf = Leaf::HeldOpen;
                return Reaction::tell(Told::HeldOpen);
            }
            Leaf::Locked
            | Leaf::Released { .. }
            | Leaf::Securing { .. }
            | Leaf::Open { .. }
            | Leaf::HeldOpen
            | Leaf::Forced
            | Leaf::Unknown => {}
        }
        if self.secure_at_ms.is_some_and(|secure_at_ms| secure_at_ms <= now_ms) {
            return Reaction::SECURE;
        }
        match self.renew_at_ms {
            Some(renew_at_ms) if renew_at_ms <= now_ms => self.stand_released(now_ms),
            Some(_) | None => Reaction::NONE,
        }
    }

    fn relocked(&mut self) -> Reaction {
        match self.leaf {
            Leaf::Released { by: Cause::Gateway, .. } | Leaf::Securing { .. } => {
                self.leaf = Leaf::Locked;
                Reaction::tell(Told::Relocked)
            }
            // Nobody was let in: the press was told already.
            Leaf::Released { by: Cause::Exit, .. } => {
                self.leaf = Leaf::Locked;
                Reaction::NONE
            }
            Leaf::Open { held_at_ms, .. } => {
                self.leaf = Leaf::Open { held_at_ms, released_until_ms: None };
                Reaction::NONE
            }
            Leaf::Locked | Leaf::HeldOpen | Leaf::Forced | Leaf::Unknown => Reaction::NONE,
        }
    }

    fn found(&mut self, now_ms: u64) -> Reaction {
        self.leaf = if self.build.has_contact { Leaf::Unknown } else { Leaf::Locked };
        match self.mode {
            Mode::Emergency => self.stand_released(now_ms),
            Mode::Normal | Mode::LockedDown => Reaction::SECURE,
        }
    }

    fn rule(&mut self, mode: Mode, now_ms: u64) -> Reaction {
        let before = core::mem::replace(&mut self.mode, mode);
        match (before, mode) {
            (Mode::Normal | Mode::LockedDown, Mode::Emergency) => {
                // From here on the mode releases, and no single release ends.
                if let Leaf::Released { .. } | Leaf::Securing { .. } = self.leaf {
                    self.leaf = Leaf::Locked;
                }
                self.stand_released(now_ms)
            }
            (Mode::Emergency, Mode::Normal | Mode::LockedDown) => {
                self.renew_at_ms = None;
                if let Leaf::Open { .. } = self.leaf {
                    self.leaf = self.open(now_ms);
                }
                Reaction::SECURE
            }
            (Mode::Normal, Mode::LockedDown) => {
                let told = match self.leaf {
                    Leaf::Released { by: Cause::Gateway, .. } | Leaf::Open { .. } => self.relocked().told,
                    Leaf::Released { by: Cause::Exit, .. }
                    | Leaf::Securing { .. }
                    | Leaf::Locked
                    | Leaf::HeldOpen
                    | Leaf::Forced
                    | Leaf::Unknown => None,
                };
                Reaction { lock: Some(false), told }
            }
            (Mode::Normal | Mode::LockedDown, Mode::Normal)
            | (Mode::LockedDown, Mode::LockedDown)
            | (Mode::Emergency, Mode::Emergency) => Reaction::NONE,
        }
    }

    /// Releases now, and asks to be woken when half of the release has passed, so that it never ends.
    fn stand_released(&mut self, now_ms: u64) -> Reaction {
        let half_ms = u64::from(self.build.release_ms).div_euclid(2).max(1);
        self.renew_at_ms = Some(now_ms.saturating_add(half_ms));
        Reaction { lock: Some(true), told: None }
    }

    fn released(&self, now_ms: u64) -> Leaf {
        Leaf::Released { until_ms: self.release_ends_ms(now_ms), by: Cause::Gateway }
    }

    fn open(&self, now_ms: u64) -> Leaf {
        Leaf::Open { held_at_ms: self.held_at_ms(now_ms), released_until_ms: None }
    }

    fn release_ends_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_add(self.build.release_ms.into())
    }

    fn held_at_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_add(self.build.held_open_ms.into())
    }
}

#[cfg(test)]
mod tests;
