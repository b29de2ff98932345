#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hallport_fuzz::message::<protocols_wire::Resync>(
    protocols_wire::Kind::Resync,
    data
));
