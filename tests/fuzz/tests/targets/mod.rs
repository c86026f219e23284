//! The targets. Each takes any bytes; what it asserts must hold for all of them.

mod desk;
mod device;

/// A target.
pub(crate) type Target = fn(&[u8]);

/// All of them, by name; the corpus of each is in the folder of its name.
pub(crate) const ALL: &[(&str, Target)] = &[
    ("frame", device::frame),
    ("redactor", device::redactor),
    ("deep_link", device::deep_link),
    ("policy", device::policy),
    ("picture", device::picture),
    ("news", device::news),
    ("intake", desk::intake),
    ("upload", desk::upload),
    ("cursor", desk::cursor),
];

/// The bytes up to the first line feed and those after it.
fn cut(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}
