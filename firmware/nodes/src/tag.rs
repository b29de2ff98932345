//! The tag reader: which tag is held against it, and when it was taken away.

use protocols_fieldbus::nodes::TAG_BYTES_MAX;

use crate::timer::Timer;

/// A tag that was not seen for this long was taken away, in milliseconds. Readers report a tag that is held
/// against them several times a second; a hand that trembles breaks the field for less than this.
pub const TAG_AWAY_MS: u32 = 1_000;

#[expect(clippy::as_conversions, reason = "widening, in a constant, where From is not available")]
const BYTES_MAX: usize = TAG_BYTES_MAX as usize;

/// The number of a tag: 4, 7 or 10 bytes (ISO 14443-3, section 6.4.4), as its reader tells it.
///
/// The number is no secret. Whoever has read it once can make a tag that says the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TagNumber {
    bytes: [u8; BYTES_MAX],
    length: u8,
}

impl TagNumber {
    /// `None` for a length that no tag has.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let length = match bytes.len() {
            4 => 4,
            7 => 7,
            10 => TAG_BYTES_MAX,
            _ => return None,
        };
        let mut all = [0; BYTES_MAX];
        for (place, byte) in all.iter_mut().zip(bytes) {
            *place = *byte;
        }
        Some(Self { bytes: all, length })
    }

    /// How many bytes.
    pub const fn length(self) -> u8 {
        self.length
    }

    /// First byte first.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + Clone {
        self.bytes.iter().copied().take(usize::from(self.length))
    }
}

/// Without the number: a log is no place for it.
impl core::fmt::Debug for TagNumber {
    fn fmt(&self, into: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(into, "TagNumber({} bytes)", self.length)
    }
}

/// ```text
///            another tag, or none was there
/// nobody ──────────────────────────────────▶ held ──not seen for TAG_AWAY_MS──▶ nobody
///                                            └─ seen again: held for longer ─┘
/// ```
#[derive(Debug, Default)]
pub(crate) struct TagReader {
    held: Option<(TagNumber, Timer)>,
}

impl TagReader {
    pub(crate) const fn new() -> Self {
        Self { held: None }
    }

    /// The reader sees a tag; answers whether it is news.
    pub(crate) fn sees(&mut self, tag: TagNumber, now_ms: u32) -> bool {
        let news = self.held.is_none_or(|(held, _)| held != tag);
        self.held = Some((tag, Timer::begin(now_ms, TAG_AWAY_MS)));
        news
    }

    pub(crate) fn tick(&mut self, now_ms: u32) {
        self.held = self.held.filter(|(_, away)| !away.is_over(now_ms));
    }
}
