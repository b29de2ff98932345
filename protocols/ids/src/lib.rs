//! The one registry of typed ids.
//!
//! An id is a UUID with the name of what it points at, so that a door can never be passed where a
//! gateway is meant. The names are the glossary's.
//!
//! **Invariant:** this crate makes no ids. Randomness and time live in the drivers (`cloud-kernel`,
//! `gateway-app`); everything else receives ids.
#![no_std]

use core::fmt;
use core::str::FromStr;

pub use uuid::{Error as ParseError, Uuid};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is already known to name this kind of thing.
            pub const fn new(uuid: Uuid) -> Self { Self(uuid) }

            /// The bare UUID, for storage and for the wire.
            pub const fn uuid(self) -> Uuid { self.0 }

            /// The 16 bytes of the UUID, big endian.
            pub const fn as_bytes(&self) -> &[u8; 16] { self.0.as_bytes() }
        }

        impl From<Uuid> for $name { fn from(uuid: Uuid) -> Self { Self(uuid) } }
        impl From<$name> for Uuid { fn from(id: $name) -> Self { id.0 } }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.as_hyphenated().fmt(f) }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = ParseError;
            fn from_str(s: &str) -> Result<Self, ParseError> { Uuid::parse_str(s).map(Self) }
        }

        #[cfg(feature = "cbor")]
        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self, e: &mut minicbor::Encoder<W>, _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(self.0.as_bytes())?.ok()
            }
        }

        #[cfg(feature = "cbor")]
        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                let at = d.position();
                Uuid::from_slice(d.bytes()?).map(Self).map_err(|_| {
                    minicbor::decode::Error::message("an id is exactly 16 bytes").at(at)
                })
            }
        }
    )+};
}

ids! {
    /// A municipality, or another operator, that uses the service.
    TenantId,
    /// A board or company within a tenant.
    AuthorityId,
    /// A human being who signs in.
    PersonId,
    /// A wish to hear of free times.
    WatchId,
    /// On whose account something is: a person, association, company or municipal unit.
    CustomerId,
    /// A place with an address.
    FacilityId,
    /// The smallest space that can be taken on its own.
    PartId,
    /// What can be booked: a set of parts.
    ResourceId,
    /// What can be had with a resource.
    EquipmentId,
    /// A time for which something is closed.
    ClosureId,
    /// Other hours on a span of dates.
    ExceptionId,
    /// A photo of a facility.
    PhotoId,
    /// Something on site that is wrong.
    FaultId,
    /// A price list as decided.
    TariffId,
    /// One agreement with one number.
    BookingId,
    /// One time span of a booking on one resource.
    OccurrenceId,
    /// Somebody whom a booker lets in.
    GuestId,
    /// A question about what cannot be booked directly.
    EnquiryId,
    /// Somebody who must know of bookings.
    ContactId,
    /// The computer on site.
    GatewayId,
    /// A logical door.
    DoorId,
    /// What is lit or controlled together.
    ZoneId,
    /// A node or module on the fieldbus or the site's MQTT.
    DeviceId,
    /// The right of a credential to pass a set of doors during a window.
    GrantId,
    /// A PIN, tag, QR token or remote release.
    CredentialId,
    /// One run of a gateway's program, from start to stop.
    BootId,
    /// One message to a person.
    MessageId,
}
