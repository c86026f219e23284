//! Files as people bring them: what they may be called, what they really are, and pictures without their metadata.

use std::io::{BufReader, BufWriter, Write as _};
use std::path::Path;

use deskside_protocol::{ErrorCode, ErrorReport, limits};

use crate::store::private;

/// Bytes of the beginning of a file that [`settle`] looks at.
pub const HEAD_BYTES: usize = 4096;

/// What extensions mean, for files that come without a type, or with one that only means "some file".
const EXTENSIONS: &[(&str, &str)] = &[
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("log", "text/plain"),
    ("md", "text/plain"),
    ("csv", "text/csv"),
    ("zip", "application/zip"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("eml", "message/rfc822"),
];

const ANYTHING: &str = "application/octet-stream";

fn refused(detail: String) -> ErrorReport {
    ErrorReport::new(ErrorCode::FileType, detail)
}

/// The type to expect, from what was declared and the name. Judged before any byte comes.
///
/// # Errors
/// `FileType` if a helpdesk would not take it.
pub fn expect(name: &str, declared: &str) -> Result<&'static str, ErrorReport> {
    let declared = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    let by_name = EXTENSIONS.iter().find(|(known, _)| *known == extension).map(|(_, media_type)| *media_type);
    let by_word = limits::MEDIA_TYPES.iter().find(|known| **known == declared).copied();
    match (by_word, by_name) {
        (Some(ANYTHING) | None, Some(by_name)) => Ok(by_name),
        (Some(by_word), _) => Ok(by_word),
        (None, None) if declared.is_empty() => Ok(ANYTHING),
        (None, None) => Err(refused(format!("{declared} is not among the types that a helpdesk takes"))),
    }
}

/// What the first bytes say (the "magic numbers" of each format's specification; WHATWG MIME Sniffing, section 6).
fn sniff(head: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    if starts(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if starts(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if starts(b"GIF87a") || starts(b"GIF89a") {
        Some("image/gif")
    } else if starts(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else if starts(b"%PDF-") {
        Some("application/pdf")
    } else if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        Some("application/zip")
    } else if starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        Some("application/msword")
    } else {
        None
    }
}

/// Whether the bytes are a program: no helpdesk wants one, and no technician should open one.
fn is_program(head: &[u8]) -> bool {
    let starts = |magic: &[u8]| head.starts_with(magic);
    starts(b"MZ")
        || starts(b"\x7fELF")
        || starts(b"\xcf\xfa\xed\xfe")
        || starts(b"\xce\xfa\xed\xfe")
        || starts(b"\xca\xfe\xba\xbe")
        || starts(b"#!")
}

/// The type that the file really has, from the one expected and its first [`HEAD_BYTES`].
///
/// # Errors
/// `FileType` for programs, and for pictures and documents that are not what they say.
pub fn settle(expected: &'static str, head: &[u8]) -> Result<&'static str, ErrorReport> {
    if is_program(head) {
        return Err(refused("it is a program".to_owned()));
    }
    let found = sniff(head);
    let office_in_zip =
        expected.starts_with("application/vnd.openxmlformats") || expected.starts_with("application/vnd.oasis");
    let old_office = matches!(expected, "application/msword" | "application/vnd.ms-excel");
    match (expected, found) {
        (expected, Some("application/zip")) if office_in_zip => Ok(expected),
        (expected, Some("application/msword")) if old_office => Ok(expected),
        // What it is counts, not what it is called: a PNG that is named .jpg is a PNG.
        (_, Some(found)) => Ok(found),
        ("text/plain" | "text/csv" | "message/rfc822", None) if head.contains(&0) => Ok(ANYTHING),
        ("text/plain" | "text/csv" | "message/rfc822" | ANYTHING, None) => Ok(expected),
        (expected, None) => Err(refused(format!("it says {expected} but is not"))),
    }
}

/// The beginning of a text, at most this many bytes, whole characters only.
#[must_use]
pub fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Writes a PNG anew, row by row: only the pixels pass. Text, time, camera data, profiles and whatever lies after the
/// picture stay behind.
///
/// # Errors
/// `FileUnreadable` if it is no PNG that a window makes, or larger than [`limits::CAPTURE_PIXELS`]; `StoreUnwritable`.
pub fn reencode_png(from: &Path, to: &Path) -> Result<(), ErrorReport> {
    let unreadable = |error: &dyn std::fmt::Display| {
        ErrorReport::new(ErrorCode::FileUnreadable, format!("not a picture that can be kept: {error}"))
    };
    let unwritable = |error: &dyn std::fmt::Display| ErrorReport::new(ErrorCode::StoreUnwritable, error.to_string());
    let source = std::fs::File::open(from).map_err(|e| unreadable(&e))?;
    let mut decoder = png::Decoder::new_with_limits(BufReader::new(source), png::Limits { bytes: 64 * 1024 * 1024 });
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().map_err(|e| unreadable(&e))?;
    let info = reader.info();
    let (width, height, interlaced) = (info.width, info.height, info.interlaced);
    if u64::from(width) * u64::from(height) > limits::CAPTURE_PIXELS {
        return Err(unreadable(&"it has too many pixels"));
    }
    if interlaced {
        return Err(unreadable(&"it is interlaced"));
    }
    let (colour, depth) = reader.output_color_type();
    let target = private::create_file(to).map_err(|e| unwritable(&e))?;
    let mut encoder = png::Encoder::new(BufWriter::new(target), width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().map_err(|e| unwritable(&e))?;
    let mut rows = writer.stream_writer().map_err(|e| unwritable(&e))?;
    let mut count = 0;
    while let Some(row) = reader.next_row().map_err(|e| unreadable(&e))? {
        rows.write_all(row.data()).map_err(|e| unwritable(&e))?;
        count += 1;
    }
    if count != height {
        return Err(unreadable(&"rows are missing"));
    }
    rows.finish().map_err(|e| unwritable(&e))?;
    writer.finish().map_err(|e| unwritable(&e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_type_is_judged_before_and_after_the_bytes() {
        assert_eq!(expect("shot.png", "image/png").unwrap(), "image/png");
        assert_eq!(expect("syslog.log", "text/x-log").unwrap(), "text/plain");
        assert_eq!(expect("REPORT.PDF", "").unwrap(), "application/pdf");
        assert_eq!(expect("core", "").unwrap(), ANYTHING);
        assert_eq!(expect("film.mp4", "video/mp4").unwrap_err().code, ErrorCode::FileType);
        assert_eq!(expect("page.html", "text/html; charset=utf-8").unwrap_err().code, ErrorCode::FileType);

        assert_eq!(settle("image/jpeg", b"\x89PNG\r\n\x1a\n....").unwrap(), "image/png");
        assert_eq!(settle("text/plain", b"hello").unwrap(), "text/plain");
        assert_eq!(settle("text/plain", b"a\0b").unwrap(), ANYTHING);
        let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        assert_eq!(settle(docx, b"PK\x03\x04....").unwrap(), docx);
        for (expected, head) in
            [("image/png", b"<svg>".as_slice()), (ANYTHING, b"MZ\x90"), ("text/plain", b"#!/bin/sh")]
        {
            assert_eq!(settle(expected, head).unwrap_err().code, ErrorCode::FileType, "{expected}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_as_a_picture_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let folder = tempfile::tempdir().unwrap();
            let from = folder.path().join("from");
            std::fs::write(&from, [b"\x89PNG\r\n\x1a\n".as_slice(), &bytes].concat()).unwrap();
            prop_assert!(reencode_png(&from, &folder.path().join("to")).is_err());
        }
    }

    #[test]
    fn a_picture_keeps_its_pixels_and_loses_everything_else() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from.png"), folder.path().join("to.png"));
        let pixels: Vec<u8> = (0..4 * 5 * 3).map(|i| u8::try_from(i * 4 % 251).unwrap()).collect();
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 5, 3);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.add_text_chunk("Author".into(), "Jeanne Secret".into()).unwrap();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&pixels).unwrap();
        writer.finish().unwrap();
        bytes.extend_from_slice(b"hidden after the end");
        std::fs::write(&from, &bytes).unwrap();

        reencode_png(&from, &to).unwrap();

        let kept = std::fs::read(&to).unwrap();
        let contains = |needle: &[u8]| kept.windows(needle.len()).any(|window| window == needle);
        assert!(!contains(b"Jeanne") && !contains(b"hidden") && !contains(b"tEXt"));
        let mut reader = png::Decoder::new(std::io::Cursor::new(&kept)).read_info().unwrap();
        let mut after = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut after).unwrap();
        assert_eq!(after, pixels);
    }
}
