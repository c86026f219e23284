//! File names that others chose, written into headers safely. They were made [`harmless`] before they were kept.

pub(crate) use deskside_protocol::file_names::harmless;

/// `Content-Disposition` (RFC 6266) with the name in both forms: plain for old readers, RFC 8187 for the real one.
pub(crate) fn disposition(kind: &str, name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect();
    let mut encoded = String::with_capacity(name.len() * 3);
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_name_breaks_out_of_its_header(name in "\\PC{0,60}") {
            let header = disposition("attachment", &harmless(&name));
            prop_assert!(header.bytes().all(|b| (0x20..0x7f).contains(&b)), "{}", header);
            prop_assert_eq!(header.matches('"').count(), 2);
        }
    }
}
