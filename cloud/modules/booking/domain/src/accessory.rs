use protocols_ids::EquipmentId;

/// Pieces of one kind of equipment in a booking at most: more than any store has.
pub const ACCESSORY_COUNT_MAX: u32 = 1_000;
/// Kinds of equipment in one booking at most: what a form can show and a write takes in one statement.
pub const ACCESSORIES_MAX: usize = 40;

/// Equipment, or a service, that goes with the times of a booking.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Accessory {
    /// Which.
    pub equipment: EquipmentId,
    /// How many, at each time; never 0.
    pub count: u32,
}
