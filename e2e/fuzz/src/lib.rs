//! What every fuzz target does with its bytes.
//!
//! **Invariant:** nothing that arrives makes either end panic; what is not signed is never accepted; what is accepted
//! is exactly what was signed.

use std::fmt::Debug;
use std::sync::LazyLock;

use minicbor::encode::Write;
use minicbor::{Decode, Encode, Encoder};
use protocols_ids::{GatewayId, Uuid};
use protocols_wire::{
    Kind, OpenError, Signer, TOKEN_CONTEXT, Token, Topic, decode, encode, open, token_bytes, token_text,
};

/// The gateway that every message is for.
pub const GATEWAY: GatewayId = GatewayId::new(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_000B));

/// The key that signs for both ends: another than the one whose envelopes are in the corpus.
pub static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    let mut der =
        vec![0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend([0x44; 32]);
    Signer::from_pkcs8(&der).expect("a fixed key")
});

/// Bytes that are a payload as they are.
pub struct Raw<'a>(pub &'a [u8]);

impl Encode<()> for Raw<'_> {
    fn encode<W: Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut (),
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.writer_mut().write_all(self.0).map_err(minicbor::encode::Error::write)
    }
}

/// The bytes as a payload of `T`, as an envelope, and as what is under a good signature.
pub fn message<T>(kind: Kind, data: &[u8])
where
    T: Encode<()> + for<'b> Decode<'b, ()> + PartialEq + Debug,
{
    in_context::<T>(&Topic::new(GATEWAY, kind).to_string(), data);
}

/// The same for what has no topic.
pub fn in_context<T>(context: &str, data: &[u8])
where
    T: Encode<()> + for<'b> Decode<'b, ()> + PartialEq + Debug,
{
    let bare = decode::<T>(data);
    if let Ok(message) = &bare {
        assert_eq!(decode::<T>(&encode(message)).as_ref(), Ok(message), "read back as it was written");
    }
    let ours = |id| (id == SIGNER.key_id()).then(|| SIGNER.public());
    assert!(open::<T>(context, data, ours).is_err(), "nobody signed this");
    let sealed = SIGNER.seal(context, &Raw(data));
    match open::<T>(context, &sealed, ours) {
        Err(OpenError::Oversized { .. }) => {}
        opened => assert_eq!(opened, bare, "what is opened is what was signed"),
    }
    assert!(open::<T>("hp/1/elsewhere", &sealed, ours).is_err(), "meant for another place");
}

/// A scanner's text.
pub fn token(data: &[u8]) {
    in_context::<Token>(TOKEN_CONTEXT, data);
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(bytes) = token_bytes(text)
    {
        assert_eq!(token_bytes(&token_text(&bytes)), Some(bytes), "text and bytes are one to one");
    }
}

/// The bytes as each of the files that the register of facilities reads. Whatever is read is within the limits.
pub fn register_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(document) = facilities_domain::Document::read(text) {
        for facility in &document.facilities {
            assert_eq!(facility.patch.over(&Default::default()).problems(), [], "checked when it was read");
        }
    }
    if let Ok(rows) = facilities_domain::read_resources(text) {
        for row in &rows.rows {
            assert!(facilities_domain::check_slug(&row.resource.slug).is_ok(), "checked when it was read");
        }
    }
    if let Ok((rows, _)) = facilities_domain::read_closures(text) {
        for row in &rows {
            assert!(facilities_domain::check_slug(&row.facility).is_ok(), "checked when it was read");
            assert!(row.closure.to.is_none_or(|to| row.closure.from < to), "it ends after it begins");
        }
    }
    if let Ok((entries, _)) = facilities_domain::read_geojson(text) {
        for entry in &entries {
            assert!(facilities_domain::check_slug(&entry.slug).is_ok(), "checked when it was read");
        }
    }
}
