#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hallport_fuzz::message::<protocols_wire::Command>(
    protocols_wire::Kind::Command,
    data
));
