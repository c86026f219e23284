//! What a file really is, by its first bytes: only pictures that a browser cannot be tricked with are shown in place.

/// The media type of a picture, by the magic numbers of its format (WHATWG MIME Sniffing, 6.1), or `None`.
/// SVG is deliberately absent: it carries scripts.
pub(crate) fn picture(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if head.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
        Some("image/gif")
    } else if head.len() >= 14 && head.starts_with(b"RIFF") && head.get(8..14) == Some(b"WEBPVP") {
        Some("image/webp")
    } else {
        None
    }
}

/// How many first bytes [`picture`] needs.
pub(crate) const HEAD: usize = 14;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_pictures_are_pictures() {
        assert_eq!(picture(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Some("image/png"));
        assert_eq!(picture(b"\xff\xd8\xff\xe0rest"), Some("image/jpeg"));
        assert_eq!(picture(b"GIF89a..."), Some("image/gif"));
        assert_eq!(picture(b"RIFF\x10\0\0\0WEBPVP8 "), Some("image/webp"));
        for not in [&b"<svg xmlns="[..], b"<html>", b"", b"\x89PNG", b"RIFF\x10\0\0\0WAVEfmt ", b" GIF89a"] {
            assert_eq!(picture(not), None, "{not:?}");
        }
    }
}
