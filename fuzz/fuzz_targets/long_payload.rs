#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| oxws_fuzz::long_payload::run(data));
