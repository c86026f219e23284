//! The firmware's own table of what the machine is (DMTF DSP0134, SMBIOS 3.7): there without WMI, without rights, at once.

use deskside_protocol::facts::Chassis;

/// What is taken from the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Smbios {
    pub(crate) maker: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) firmware_version: Option<String>,
    pub(crate) firmware_date: Option<String>,
    pub(crate) chassis: Chassis,
}

const FIRMWARE: u8 = 0;
const SYSTEM: u8 = 1;
const ENCLOSURE: u8 = 3;
const END: u8 = 127;
/// The header that `GetSystemFirmwareTable` puts before the table (`RawSMBIOSData`): version, then the length.
const RAW_HEADER: usize = 8;
/// A table has some hundred structures; a hostile one could have 65,535.
const STRUCTURES: usize = 4096;

/// Reads `RawSMBIOSData`. What is cut short or points outside is left out.
pub(crate) fn parse(raw: &[u8]) -> Smbios {
    let mut found = Smbios::default();
    let mut rest = raw.get(RAW_HEADER..).unwrap_or_default();
    for _ in 0..STRUCTURES {
        // Section 6.1.2: type, length of the formatted part, handle.
        let (Some(&kind), Some(&length)) = (rest.first(), rest.get(1)) else { break };
        let length = usize::from(length);
        let Some(formatted) = rest.get(..length).filter(|part| part.len() >= 4) else { break };
        let strings_and_more = rest.get(length..).unwrap_or_default();
        let text = |offset: usize| string(strings_and_more, *formatted.get(offset)?);
        match kind {
            FIRMWARE => {
                found.firmware_version = text(0x05);
                found.firmware_date = text(0x08);
            }
            SYSTEM => {
                found.maker = text(0x04);
                found.model = text(0x05);
                found.serial = text(0x07);
            }
            // The topmost bit says that the case has a lock.
            ENCLOSURE => found.chassis = formatted.get(0x05).map_or(Chassis::Other, |number| chassis(number & 0x7f)),
            END => break,
            _ => {}
        }
        let Some(end) = end_of_strings(strings_and_more) else { break };
        rest = strings_and_more.get(end..).unwrap_or_default();
    }
    found
}

/// Strings follow the formatted part, each ended by a zero, all by one more (section 6.1.3).
fn end_of_strings(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair == [0, 0]).map(|at| at + 2)
}

/// The string of a number, from 1; 0 is none.
fn string(bytes: &[u8], number: u8) -> Option<String> {
    let end = end_of_strings(bytes)?;
    let strings = bytes.get(..end - 2)?;
    let wanted = strings.split(|byte| *byte == 0).nth(usize::from(number.checked_sub(1)?))?;
    let text = String::from_utf8_lossy(wanted).trim().to_owned();
    let placeholder = matches!(
        text.to_ascii_lowercase().as_str(),
        "" | "to be filled by o.e.m." | "default string" | "system serial number" | "none" | "not specified" | "0"
    );
    (!placeholder).then_some(text)
}

/// Section 7.4.1, folded to what a technician asks.
pub(crate) fn chassis(number: u8) -> Chassis {
    match number {
        0x03..=0x07 | 0x0d | 0x0f | 0x10 | 0x18 | 0x23 | 0x24 => Chassis::Desktop,
        0x08..=0x0a | 0x0e | 0x1f => Chassis::Laptop,
        0x0b | 0x1e | 0x20 => Chassis::Tablet,
        0x11 | 0x17 | 0x1c | 0x1d => Chassis::Server,
        _ => Chassis::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn structure(kind: u8, fields: &[u8], strings: &[&str]) -> Vec<u8> {
        let mut bytes = vec![kind, u8::try_from(fields.len() + 4).unwrap(), 0, 0];
        bytes.extend_from_slice(fields);
        for text in strings {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(0);
        }
        if strings.is_empty() {
            bytes.push(0);
        }
        bytes.push(0);
        bytes
    }

    fn laptop() -> Vec<u8> {
        let mut raw = vec![0; RAW_HEADER];
        raw.extend(structure(FIRMWARE, &[1, 2, 0, 0, 3], &["LENOVO", "N32ET86W", "06/13/2023"]));
        raw.extend(structure(SYSTEM, &[1, 2, 3, 4], &["LENOVO", "20XW00AAFR", "X1 Carbon", "PF-3ABCDE"]));
        raw.extend(structure(ENCLOSURE, &[1, 0x80 | 0x0a], &["LENOVO"]));
        raw.extend(structure(END, &[], &[]));
        raw
    }

    #[test]
    fn a_laptop_is_read_whole() {
        let expected = Smbios {
            maker: Some("LENOVO".into()),
            model: Some("20XW00AAFR".into()),
            serial: Some("PF-3ABCDE".into()),
            firmware_version: Some("N32ET86W".into()),
            firmware_date: Some("06/13/2023".into()),
            chassis: Chassis::Laptop,
        };
        assert_eq!(parse(&laptop()), expected);
    }

    #[test]
    fn what_makers_leave_unfilled_is_not_shown() {
        let mut raw = vec![0; RAW_HEADER];
        raw.extend(structure(SYSTEM, &[1, 2, 0, 3], &["To be filled by O.E.M.", "Board 5", "Default string"]));
        let found = parse(&raw);
        assert_eq!((found.maker, found.model.as_deref(), found.serial), (None, Some("Board 5"), None));
    }

    proptest! {
        #[test]
        fn no_table_breaks_it(bytes: Vec<u8>, cut in 0_usize..200, flip in 0_usize..200, to: u8) {
            let _ = parse(&bytes);
            let mut table = laptop();
            if let Some(byte) = table.get_mut(flip) {
                *byte = to;
            }
            let _ = parse(table.get(..cut).unwrap_or(&table));
        }
    }
}
