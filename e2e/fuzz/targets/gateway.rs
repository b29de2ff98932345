#![no_main]
//! The whole gateway machine under messages of a cloud whose key is right and whose mind is not: it must neither
//! panic nor grow without bound, and its table must stay one that was sent.
use std::sync::LazyLock;

use gateway_core::{CertificateTimes, Core, Identity, Input, Now, Output, Stored};
use hallport_fuzz::{GATEWAY, Raw, SIGNER};
use protocols_access::Sealer;
use protocols_ids::{BootId, Uuid};
use protocols_wire::{Kind, SigningKey, TimeQuality, Topic, UnixMs};

const NOON: UnixMs = UnixMs(1_800_000_000_000);
/// Beyond this a machine that is drained after every message has grown: the largest answer is a batch of journal.
const OUTPUTS_MAX: usize = 1_000;

static SEAL: LazyLock<Sealer> = LazyLock::new(|| Sealer::new(&[7; 32]));

fn core() -> Core {
    let key = SigningKey {
        key_id: SIGNER.key_id(),
        public: SIGNER.public(),
        not_before: NOON.plus_ms(-1),
        not_after: NOON.plus_ms(i64::MAX / 4),
    };
    let mut der =
        vec![0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend([0x43; 32]);
    let identity = Identity {
        gateway: GATEWAY,
        signer: protocols_wire::Signer::from_pkcs8(&der).expect("a fixed key"),
        sealers: vec![(2, SEAL.clone())],
        trust: vec![key],
        trust_serial: 1,
        certificate: CertificateTimes { not_before: NOON, not_after: NOON.plus_ms(86_400_000) },
    };
    Core::new(Stored::nothing(BootId::new(Uuid::from_u128(4)), 1), identity, at(0))
}

fn at(uptime_ms: u64) -> Now {
    let ms = i64::try_from(uptime_ms).unwrap_or(i64::MAX);
    Now { wall: NOON.plus_ms(ms), uptime_ms, quality: TimeQuality::Synchronised }
}

// Each message: a byte for the kind, two for the length, then that many bytes of payload.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut core = core();
    let mut now_ms = 0;
    let mut rest = data;
    let mut feed = |core: &mut Core, input: Input| {
        now_ms += 10;
        core.handle(at(now_ms), input);
        let mut tickets = Vec::new();
        let mut outputs = 0;
        while let Some(output) = core.poll_output() {
            outputs += 1;
            assert!(outputs < OUTPUTS_MAX, "the machine does not come to rest");
            if let Output::Persist { ticket, .. } = output {
                tickets.push(ticket);
            }
        }
        if let Some(ticket) = tickets.pop() {
            core.handle(at(now_ms), Input::Persisted { ticket });
            while core.poll_output().is_some() {}
        }
    };
    feed(&mut core, Input::BrokerConnected);
    while let [kind, high, low, more @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(more.len());
        let (payload, after) = more.split_at(length);
        rest = after;
        let kinds: Vec<Kind> = Kind::DOWN.into_iter().chain(Kind::UP).collect();
        let topic = Topic::new(GATEWAY, kinds[usize::from(*kind) % kinds.len()]).to_string();
        let payload = SIGNER.seal(&topic, &Raw(payload));
        feed(&mut core, Input::Received { topic, payload });
    }
    feed(&mut core, Input::Tick);
});
