//! Fuzz targets: functions that take any bytes and fail when something is not as it must be (`tests/targets`).
//!
//! Every run of the tests gives each of them its corpus again (`tests/replay.rs`); `cargo xtask test --long` lets libFuzzer
//! look for more, a minute each (`tests/libfuzzer.rs`). What it finds becomes a file of the corpus, named after what it is.
