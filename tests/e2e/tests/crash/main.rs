//! What a power cut at the worst moment does: nothing.
#![cfg(target_os = "linux")]

#[cfg(test)]
mod around_submit;
