#![no_main]
use protocols_wire::{EnrolRequest, EnrolResponse, RenewRequest, RenewResponse};

// Any of them may be anything; reading it only must not fail in another way than by an error.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    drop(serde_json::from_slice::<EnrolRequest>(data));
    drop(serde_json::from_slice::<EnrolResponse>(data));
    drop(serde_json::from_slice::<RenewRequest>(data));
    drop(serde_json::from_slice::<RenewResponse>(data));
});
