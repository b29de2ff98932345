//! What stands in the hall, and at which unit id.

use std::collections::BTreeSet;

use protocols_fieldbus::nodes::LAMPS;

/// The devices of a hall. A unit id names a device everywhere in this crate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Unit ids of the door nodes, 1..=247.
    pub doors: Vec<u8>,
    /// Unit id of the lighting node, 1..=247.
    pub lighting: u8,
    /// Zones with a lamp on the lighting node, from coil 0 on; at most eight.
    pub zones: u8,
    /// The scanner, where the hall has one.
    pub scanner: Option<ScannerLayout>,
}

/// A scanner at a door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScannerLayout {
    /// Unit id of the door's node.
    pub door: u8,
    /// The node's start number: another one each time that the hall is built, as a real node counts its starts.
    pub start: u32,
}

/// A hall that cannot be built.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LayoutError {
    /// Modbus has no such address for a device.
    #[error("unit id {unit} is not between 1 and 247")]
    UnitOutOfRange {
        /// The id.
        unit: u8,
    },
    /// Two devices would answer.
    #[error("unit id {unit} is used twice")]
    UnitTwice {
        /// The id.
        unit: u8,
    },
    /// The lighting node has eight lamps.
    #[error("{zones} zones are more than the eight lamps of a lighting node")]
    TooManyZones {
        /// How many were asked for.
        zones: u8,
    },
    /// The scanner hangs at a door that is not there.
    #[error("there is no door with unit id {unit} for the scanner")]
    ScannerWithoutDoor {
        /// The id.
        unit: u8,
    },
}

impl Layout {
    pub(crate) fn validate(&self) -> Result<(), LayoutError> {
        let mut seen = BTreeSet::new();
        for unit in self.doors.iter().copied().chain([self.lighting]) {
            if !(1..=247).contains(&unit) {
                return Err(LayoutError::UnitOutOfRange { unit });
            }
            if !seen.insert(unit) {
                return Err(LayoutError::UnitTwice { unit });
            }
        }
        if u16::from(self.zones) > LAMPS {
            return Err(LayoutError::TooManyZones { zones: self.zones });
        }
        if let Some(unit) = self.scanner.map(|scanner| scanner.door).filter(|unit| !self.doors.contains(unit))
        {
            return Err(LayoutError::ScannerWithoutDoor { unit });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_devices_never_share_a_unit_id() {
        let layout = Layout { doors: vec![1, 2], lighting: 2, zones: 2, scanner: None };
        assert_eq!(layout.validate(), Err(LayoutError::UnitTwice { unit: 2 }));
    }

    #[test]
    fn the_broadcast_address_is_no_device() {
        let layout = Layout { doors: vec![0], lighting: 3, zones: 2, scanner: None };
        assert_eq!(layout.validate(), Err(LayoutError::UnitOutOfRange { unit: 0 }));
    }

    #[test]
    fn a_scanner_hangs_at_a_door() {
        let scanner = Some(ScannerLayout { door: 3, start: 1 });
        let layout = Layout { doors: vec![1], lighting: 3, zones: 2, scanner };
        assert_eq!(layout.validate(), Err(LayoutError::ScannerWithoutDoor { unit: 3 }));
    }

    #[test]
    fn a_ninth_zone_has_no_lamp() {
        let layout = Layout { doors: vec![], lighting: 3, zones: 9, scanner: None };
        assert_eq!(layout.validate(), Err(LayoutError::TooManyZones { zones: 9 }));
    }
}
