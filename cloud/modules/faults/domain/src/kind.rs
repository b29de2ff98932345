/// Of what sort a fault is: chosen by one tap, and all that anybody but the staff reads of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Somebody may be hurt.
    Danger,
    /// Water where none should be.
    Leak,
    /// A toilet, a shower, a drain.
    Toilet,
    /// Light or electricity.
    Light,
    /// Too cold, too warm, bad air.
    Air,
    /// A door or a lock.
    Door,
    /// Goals, nets, baskets, furniture.
    Equipment,
    /// It is dirty, or there is litter.
    Dirt,
    /// Anything else: then words say what.
    Other,
}

impl Kind {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 9] = [
        Self::Danger,
        Self::Leak,
        Self::Toilet,
        Self::Light,
        Self::Air,
        Self::Door,
        Self::Equipment,
        Self::Dirt,
        Self::Other,
    ];

    /// Its key, as forms and the database write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::Leak => "leak",
            Self::Toilet => "toilet",
            Self::Light => "light",
            Self::Air => "air",
            Self::Door => "door",
            Self::Equipment => "equipment",
            Self::Dirt => "dirt",
            Self::Other => "other",
        }
    }

    /// The kind with this key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}
