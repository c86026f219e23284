//! How screens call themselves.

use plist::Value;

use super::plists::{number, text};

/// The maker's three letters, as EDID packs them (VESA E-EDID 1.4, section 3.4.1): five bits each, A is 1.
pub(crate) fn maker(vendor: u32) -> Option<String> {
    let letter = |shift: u32| {
        let number = u8::try_from(vendor >> shift & 0x1f).ok().filter(|number| (1..=26).contains(number))?;
        Some(char::from(b'A' + number - 1))
    };
    (vendor <= 0x7fff).then(|| [10, 5, 0].into_iter().map(letter).collect()).flatten()
}

/// The name that a screen gives itself, of the `DisplayAttributes` of all frame buffers in the I/O Registry (Apple silicon).
pub(crate) fn product(attributes: &[Value], vendor: u32, model: u32) -> Option<String> {
    let of = |value: &Value, name: &str| number(value, &["ProductAttributes", name]);
    attributes
        .iter()
        .find(|value| {
            of(value, "LegacyManufacturerID") == Some(vendor.into()) && of(value, "ProductID") == Some(model.into())
        })
        .and_then(|value| text(value, &["ProductAttributes", "ProductName"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::macos::plists::tests::xml;
    use proptest::prelude::*;

    #[test]
    fn makers_are_three_letters() {
        assert_eq!(maker(0x10ac).as_deref(), Some("DEL"));
        assert_eq!(maker(0x0610).as_deref(), Some("APP"));
        assert_eq!(maker(0), None);
        // What macOS says where there is no EDID.
        assert_eq!(maker(0x756e_6b6e), None);
    }

    #[test]
    fn a_screen_is_found_by_its_numbers() {
        let attributes = xml(
            "<dict><key>ProductAttributes</key><dict><key>LegacyManufacturerID</key><integer>4268</integer>\
             <key>ProductID</key><integer>16822</integer><key>ProductName</key><string>DELL U2720Q</string></dict></dict>",
        );
        let all = [xml("<dict/>"), attributes];
        assert_eq!(product(&all, 0x10ac, 16822).as_deref(), Some("DELL U2720Q"));
        assert_eq!(product(&all, 0x10ac, 1), None);
    }

    proptest! {
        #[test]
        fn any_number_is_a_maker_or_none(vendor: u32) {
            prop_assert!(maker(vendor).is_none_or(|maker| maker.len() == 3));
        }
    }
}
