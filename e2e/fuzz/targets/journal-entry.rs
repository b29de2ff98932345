#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hallport_fuzz::in_context::<protocols_wire::JournalEntry>(
    "hp/1/entry",
    data
));
