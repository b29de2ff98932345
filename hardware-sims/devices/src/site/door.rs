//! A door, its closer, the person at it, and its node.

use firmware_nodes::{DoorNode, DoorPins, Node as _, TagNumber};
use protocols_fieldbus::nodes::{Indicator, Key};

use super::link::Bus;
use super::{Action, CLOSER_MS, EXIT_PRESS_MS, Refusal, TAG_HELD_MS};
use crate::scene::{Contact, DoorSeen, HeldTo, Leaf, Lock, What};
use crate::wire::Wire;

/// Digits typed are forgotten on the keypad's display after this long without a key, in milliseconds.
const TYPED_MS: u64 = 10_000;

#[derive(Debug)]
pub(super) struct Door {
    pub(super) bus: Bus,
    pub(super) node: DoorNode<Wire, Wire, Wire>,
    wires: DoorPins<Wire, Wire, Wire>,
    leaf: Swing,
    contact: Contact,
    exit_until_ms: Option<u64>,
    /// A tag is held against the reader.
    tag: Option<(TagNumber, u64)>,
    cover_closed: bool,
    typed: Typed,
}

#[derive(Clone, Copy, Debug)]
enum Swing {
    Closed,
    Open { closes_at_ms: u64 },
}

#[derive(Clone, Copy, Debug, Default)]
struct Typed {
    digits: u8,
    last_ms: u64,
}

impl Door {
    pub(super) fn new(unit: u8) -> Self {
        let wires = DoorPins {
            lock: Wire::default(),
            green: Wire::default(),
            red: Wire::default(),
            contact: Wire::default(),
            exit: Wire::default(),
            cover: Wire::default(),
        };
        Self {
            bus: Bus::new(unit),
            node: DoorNode::new(other_end(&wires)),
            wires,
            leaf: Swing::Closed,
            contact: Contact::Follows,
            exit_until_ms: None,
            tag: None,
            cover_closed: true,
            typed: Typed::default(),
        }
    }

    pub(super) fn tick(&mut self, now_ms: u64) {
        if let Swing::Open { closes_at_ms } = self.leaf
            && closes_at_ms <= now_ms
        {
            self.leaf = Swing::Closed;
        }
        self.exit_until_ms = self.exit_until_ms.filter(|until_ms| now_ms < *until_ms);
        if now_ms.saturating_sub(self.typed.last_ms) >= TYPED_MS {
            self.typed.digits = 0;
        }
        self.wires.contact.set(match self.contact {
            Contact::Follows => self.leaf() == Leaf::Closed,
            Contact::Stuck(held) => held == HeldTo::Closed,
        });
        self.wires.exit.set(self.exit_until_ms.is_some());
        self.wires.cover.set(self.cover_closed);
        let Ok(()) = self.node.tick(self.bus.uptime_ms(now_ms)) else { unreachable!("a wire never fails") };
        self.tag = self.tag.filter(|(_, until_ms)| now_ms < *until_ms);
        if let Some((tag, _)) = self.tag {
            self.node.tag(tag);
        }
    }

    /// Does it; returns what an onlooker cannot see from the scene alone.
    pub(super) fn act(&mut self, now_ms: u64, action: Action) -> Result<Option<What>, Refusal> {
        match action {
            Action::Key(key) => return Ok(self.press(now_ms, key)),
            Action::Tag(tag) => {
                self.tag = Some((tag, now_ms.saturating_add(TAG_HELD_MS)));
                return Ok(Some(What::TagHeld));
            }
            Action::Push if self.lock() == Lock::Locked && self.leaf() == Leaf::Closed => {
                return Err(Refusal::Locked { unit: self.bus.unit });
            }
            Action::Push | Action::Force => {
                self.leaf = Swing::Open { closes_at_ms: now_ms.saturating_add(CLOSER_MS) };
            }
            Action::Close => self.leaf = Swing::Closed,
            Action::Exit => {
                self.exit_until_ms = Some(now_ms.saturating_add(EXIT_PRESS_MS));
                return Ok(Some(What::ExitPressed));
            }
            Action::Cover(closed) => self.cover_closed = closed,
            Action::StickContact(stuck) => {
                self.contact = match (stuck, self.contact) {
                    (true, Contact::Follows) => Contact::stuck_at(self.leaf()),
                    (true, already @ Contact::Stuck(_)) => already,
                    (false, _) => Contact::Follows,
                };
            }
            Action::PowerCycle => {
                self.bus.power_cycle(now_ms);
                self.node = DoorNode::new(other_end(&self.wires));
                return Ok(Some(What::PowerCycled));
            }
            Action::Silent(_) | Action::ReplyDelay(_) => return self.bus.act(action),
        }
        Ok(None)
    }

    pub(super) fn seen(&self, now_ms: u64) -> DoorSeen {
        DoorSeen {
            lock: self.lock(),
            leaf: self.leaf(),
            contact: self.contact,
            indicator: match (self.wires.green.is_high(), self.wires.red.is_high()) {
                (true, _) => Indicator::Admitted,
                (false, true) => Indicator::Refused,
                (false, false) => Indicator::Idle,
            },
            typed: self.typed.digits,
            exit_pressed: self.exit_until_ms.is_some(),
            cover_closed: self.cover_closed,
            link: self.bus.link(now_ms),
        }
    }

    fn press(&mut self, now_ms: u64, key: Key) -> Option<What> {
        self.node.key(key);
        let digits = match key {
            Key::Digit(_) => self.typed.digits.saturating_add(1),
            Key::Star | Key::Hash => 0,
        };
        let before = core::mem::replace(&mut self.typed, Typed { digits, last_ms: now_ms });
        (key == Key::Hash).then_some(What::CodeTyped { digits: before.digits })
    }

    fn lock(&self) -> Lock {
        if self.wires.lock.is_high() { Lock::Released } else { Lock::Locked }
    }

    const fn leaf(&self) -> Leaf {
        match self.leaf {
            Swing::Closed => Leaf::Closed,
            Swing::Open { .. } => Leaf::Open,
        }
    }
}

fn other_end(wires: &DoorPins<Wire, Wire, Wire>) -> DoorPins<Wire, Wire, Wire> {
    DoorPins {
        lock: wires.lock.clone(),
        green: wires.green.clone(),
        red: wires.red.clone(),
        contact: wires.contact.clone(),
        exit: wires.exit.clone(),
        cover: wires.cover.clone(),
    }
}
