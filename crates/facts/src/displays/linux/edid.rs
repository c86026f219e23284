//! What a screen says about itself (VESA Enhanced EDID Standard, Release A, Revision 2).

/// Length of the base block.
const BLOCK: usize = 128;
/// Section 3.3: every EDID begins with these.
const HEADER: [u8; 8] = [0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00];
/// Section 3.10: four descriptors of 18 bytes.
const DESCRIPTORS: usize = 54;
const DESCRIPTOR: usize = 18;
/// Section 3.10.3: tag of the descriptor that holds the name.
const NAME_TAG: u8 = 0xfc;

/// Makers that sell most office screens, by their three letters (UEFI's PNP ID registry).
const MAKERS: &[(&str, &str)] = &[
    ("AAC", "AcerView"),
    ("ACI", "ASUS"),
    ("ACR", "Acer"),
    ("AOC", "AOC"),
    ("APP", "Apple"),
    ("AUO", "AU Optronics"),
    ("AUS", "ASUS"),
    ("BNQ", "BenQ"),
    ("BOE", "BOE"),
    ("CMN", "Chimei Innolux"),
    ("DEL", "Dell"),
    ("EIZ", "EIZO"),
    ("ENC", "EIZO"),
    ("EPI", "Envision"),
    ("FUS", "Fujitsu"),
    ("GSM", "LG"),
    ("HPN", "HP"),
    ("HWP", "HP"),
    ("IVM", "iiyama"),
    ("IVO", "InfoVision"),
    ("LEN", "Lenovo"),
    ("LGD", "LG Display"),
    ("MSI", "MSI"),
    ("NEC", "NEC"),
    ("PHL", "Philips"),
    ("SAM", "Samsung"),
    ("SDC", "Samsung"),
    ("SHP", "Sharp"),
    ("SNY", "Sony"),
    ("VSC", "ViewSonic"),
];

/// Maker and name ("Dell DELL U2719D"), or maker and product number where there is no name, as in laptops' own panels.
pub(super) fn model(edid: &[u8]) -> Option<String> {
    let block = edid.get(..BLOCK)?;
    if !block.starts_with(&HEADER) {
        return None;
    }
    let maker = maker(u16::from_be_bytes([*block.get(8)?, *block.get(9)?]))?;
    let product = u16::from_le_bytes([*block.get(10)?, *block.get(11)?]);
    let maker = MAKERS.iter().find(|(letters, _)| *letters == maker).map_or(maker.as_str(), |(_, name)| name);
    Some(match name(block) {
        Some(name) => format!("{maker} {name}"),
        None => format!("{maker} {product:04X}"),
    })
}

/// Section 3.4.1: three letters of five bits, 1 for A.
fn maker(packed: u16) -> Option<String> {
    [packed >> 10, packed >> 5, packed]
        .into_iter()
        .map(|bits| {
            let letter = u8::try_from(bits & 0x1f).ok()?;
            (1..=26).contains(&letter).then(|| char::from(b'A' + letter - 1))
        })
        .collect()
}

/// Section 3.10.3.4: up to 13 characters, ended by a line feed.
fn name(block: &[u8]) -> Option<String> {
    let descriptors = block.get(DESCRIPTORS..DESCRIPTORS + 4 * DESCRIPTOR)?.chunks_exact(DESCRIPTOR);
    let text = descriptors.filter(|d| d.starts_with(&[0, 0, 0, NAME_TAG])).find_map(|d| d.get(5..))?;
    let text = text.split(|byte| *byte == b'\n').next()?;
    let name: String =
        text.iter().filter(|byte| byte.is_ascii_graphic() || **byte == b' ').map(|b| char::from(*b)).collect();
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(maker: [u8; 2], descriptor: &[u8]) -> Vec<u8> {
        let mut edid = vec![0; BLOCK];
        edid[..8].copy_from_slice(&HEADER);
        edid[8..10].copy_from_slice(&maker);
        edid[10..12].copy_from_slice(&[0x66, 0x41]);
        edid[72..72 + descriptor.len()].copy_from_slice(descriptor);
        edid
    }

    #[test]
    fn a_screen_is_named_by_its_maker_and_its_name() {
        let named = block([0x10, 0xac], b"\0\0\0\xfc\0DELL U2719D\n ");
        assert_eq!(model(&named).as_deref(), Some("Dell DELL U2719D"));
        assert_eq!(model(&block([0x30, 0xe4], &[])).as_deref(), Some("LG Display 4166"));
        assert_eq!(model(&block([0x04, 0x43], &[])).as_deref(), Some("ABC 4166"));
    }

    #[test]
    fn what_is_no_edid_has_no_model() {
        assert_eq!(model(&[]), None);
        assert_eq!(model(&[0; 128]), None);
        assert_eq!(model(&block([0, 0], &[])), None, "no letters");
        assert_eq!(model(&block([0x10, 0xac], &[])[..127]), None, "cut off");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = model(&bytes);
            if let Some(start) = bytes.get_mut(..8) { start.copy_from_slice(&HEADER); }
            let _ = model(&bytes);
        }
    }
}
