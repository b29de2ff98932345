#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hallport_fuzz::register_file(data));
