//! How large a space is, as far as it is published.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::wrong::Wrong;

/// Width × length in whole centimetres; smallest and largest differ where only a range is published.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Size {
    /// From, to.
    pub width: (u32, u32),
    /// From, to.
    pub length: (u32, u32),
    /// Height to the ceiling.
    pub ceiling: Option<u32>,
}

/// The longest side that is believed, in centimetres: two kilometres. Above it somebody wrote another unit.
const LONGEST_CM: u32 = 200_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the keys of the file carry their unit")]
pub(crate) struct RawSize {
    width_cm: Extent,
    length_cm: Extent,
    ceiling_cm: Option<u32>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(untagged, expecting = "expected whole centimetres, or a range such as [1600, 2200]")]
enum Extent {
    Exactly(u32),
    Between([u32; 2]),
}

impl Extent {
    fn range(self, key: &'static str) -> Result<(u32, u32), Fault> {
        let (from, to) = match self {
            Self::Exactly(cm) => (cm, cm),
            Self::Between([from, to]) => (from, to),
        };
        if from == 0 || from > to || to > LONGEST_CM {
            return Err(Fault::NoExtent { key, most: LONGEST_CM });
        }
        Ok((from, to))
    }
}

impl RawSize {
    pub(crate) fn check(&self) -> Result<Size, Fault> {
        if self.ceiling_cm.is_some_and(|cm| cm == 0 || cm > LONGEST_CM) {
            return Err(Fault::Wrong("ceiling_cm", Wrong::NoNumber { from: 1, to: LONGEST_CM }));
        }
        Ok(Size {
            width: self.width_cm.range("width_cm")?,
            length: self.length_cm.range("length_cm")?,
            ceiling: self.ceiling_cm,
        })
    }
}
