//! Property lists: settings files of the system and of the user, and what its interfaces answer.

use std::{
    fs::File,
    io::{Cursor, Read},
    path::Path,
};

use plist::Value;

use crate::Failure;

/// Largest settings file that is read.
const FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Reads a settings file, binary or XML.
pub(crate) fn read(path: &Path) -> Result<Value, Failure> {
    let doing = path.display().to_string();
    let failed = |error: std::io::Error| Failure::io(&doing, &error);
    let mut content = Vec::new();
    File::open(path).map_err(failed)?.take(FILE_BYTES).read_to_end(&mut content).map_err(failed)?;
    parse(&content).map_err(|Failure { why, detail }| Failure { why, detail: format!("{doing}: {detail}") })
}

/// A property list of either form.
pub(crate) fn parse(content: &[u8]) -> Result<Value, Failure> {
    Value::from_reader(Cursor::new(content)).map_err(|error| Failure::broken(format!("property list: {error}")))
}

/// The value below these keys.
pub(crate) fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.as_dictionary()?.get(key))
}

/// The text below these keys, not empty. The I/O Registry holds many texts as bytes with a zero at the end.
pub(crate) fn text(value: &Value, path: &[&str]) -> Option<String> {
    let found = at(value, path)?;
    let text = match (found.as_string(), found.as_data()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(bytes)) => {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            String::from_utf8_lossy(bytes.get(..end)?).into_owned()
        }
        (None, None) => return None,
    };
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The whole number below these keys.
pub(crate) fn number(value: &Value, path: &[&str]) -> Option<i64> {
    let found = at(value, path)?;
    found.as_signed_integer().or_else(|| found.as_unsigned_integer().and_then(|number| i64::try_from(number).ok()))
}

/// Yes or no below these keys; older settings write 1 and 0.
pub(crate) fn flag(value: &Value, path: &[&str]) -> Option<bool> {
    at(value, path)?.as_boolean().or_else(|| number(value, path).map(|number| number != 0))
}

/// The texts of the list below these keys.
pub(crate) fn texts(value: &Value, path: &[&str]) -> Vec<String> {
    let list = at(value, path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_string).map(str::to_owned).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use deskside_protocol::facts::SectionFailure;
    use proptest::prelude::*;

    pub(crate) fn xml(body: &str) -> Value {
        parse(format!("<plist version=\"1.0\">{body}</plist>").as_bytes()).unwrap()
    }

    #[test]
    fn values_are_found_by_their_keys() {
        let value = xml("<dict><key>a</key><dict><key>n</key><integer>-7</integer><key>t</key><string> x </string>\
             <key>d</key><data>QXBwbGUgTTEA</data><key>one</key><integer>1</integer><key>no</key><false/>\
             <key>l</key><array><string>x</string><integer>1</integer><string>y</string></array></dict></dict>");
        assert_eq!(number(&value, &["a", "n"]), Some(-7));
        assert_eq!(text(&value, &["a", "t"]).as_deref(), Some("x"));
        assert_eq!(text(&value, &["a", "d"]).as_deref(), Some("Apple M1"));
        assert_eq!(text(&value, &["a", "n"]), None);
        assert_eq!((flag(&value, &["a", "one"]), flag(&value, &["a", "no"])), (Some(true), Some(false)));
        assert_eq!(texts(&value, &["a", "l"]), ["x", "y"]);
        assert_eq!(at(&value, &["a", "n", "deeper"]), None);
    }

    #[test]
    fn a_file_says_why_it_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.plist");
        assert_eq!(read(&file).unwrap_err().why, SectionFailure::Unavailable);
        std::fs::write(&file, "<plist><dict>").unwrap();
        let failure = read(&file).unwrap_err();
        assert_eq!(failure.why, SectionFailure::Broken);
        assert!(failure.detail.contains("x.plist"));
    }

    proptest! {
        #[test]
        fn anything_is_read_without_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            xml in "(<dict>|</dict>|<array>|<key>|</key>|<data>|<integer>|</integer>|\\PC){0,20}",
        ) {
            let _ = (parse(&bytes), parse(&[b"bplist00", bytes.as_slice()].concat()), parse(format!("<plist>{xml}").as_bytes()));
        }
    }
}
