//! Drives, from the properties of their medium and of what it hangs on (I/O Registry: `IOMedia.h`, `IOStorageDeviceCharacteristics.h`).

use deskside_protocol::facts::{Drive, DriveHealth, DriveKind};
use plist::Value;

use super::plists::{flag, number, text};

/// Parts of APFS containers, and the containers themselves, appear as media of their own.
const CONTAINER: &str = "EF57347C-0000-11AA-AA11-00306543ECAC";

/// A whole medium; `None` for one that is no drive (a container of APFS, a disk image).
pub(crate) fn drive(medium: &Value, device: &Value, protocol: &Value) -> Option<Drive> {
    let interconnect = text(protocol, &["Physical Interconnect"]);
    let place = text(protocol, &["Physical Interconnect Location"]);
    let image = interconnect.as_deref() == Some("Virtual Interface") && place.as_deref() == Some("File");
    let container = text(medium, &["Content"]).as_deref() == Some(CONTAINER);
    if image || container || flag(medium, &["Whole"]) != Some(true) {
        return None;
    }
    let removable =
        flag(medium, &["Removable"]) == Some(true) || matches!(interconnect.as_deref(), Some("USB" | "Secure Digital"));
    Some(Drive {
        name: text(medium, &["BSD Name"])?,
        model: text(device, &["Product Name"]),
        kind: match text(device, &["Medium Type"]).as_deref() {
            _ if removable => DriveKind::Removable,
            Some("Solid State") => DriveKind::Solid,
            Some("Rotational") => DriveKind::Rotating,
            Some(_) | None => DriveKind::Other,
        },
        total_bytes: number(medium, &["Size"]).and_then(|bytes| u64::try_from(bytes).ok()),
        // A drive is asked for its health through a plug-in of the kernel's driver, which needs administrator's rights.
        health: DriveHealth::Unknown,
        wear_percent: None,
        temperature_celsius: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::macos::plists::tests::xml;

    fn medium(content: &str) -> Value {
        xml(&format!(
            "<dict><key>BSD Name</key><string>disk0</string><key>Whole</key><true/><key>Removable</key><false/>\
             <key>Size</key><integer>500277790720</integer><key>Content</key><string>{content}</string></dict>"
        ))
    }

    #[test]
    fn the_built_in_drive_is_told() {
        let device = xml(
            "<dict><key>Product Name</key><string>APPLE SSD AP0512Q </string><key>Medium Type</key><string>Solid State</string></dict>",
        );
        let protocol = xml("<dict><key>Physical Interconnect</key><string>Apple Fabric</string></dict>");
        let drive = drive(&medium("GUID_partition_scheme"), &device, &protocol).unwrap();
        assert_eq!((drive.name.as_str(), drive.model.as_deref()), ("disk0", Some("APPLE SSD AP0512Q")));
        assert_eq!((drive.kind, drive.total_bytes), (DriveKind::Solid, Some(500_277_790_720)));
    }

    #[test]
    fn what_hangs_on_usb_is_removable() {
        let protocol = xml("<dict><key>Physical Interconnect</key><string>USB</string></dict>");
        assert_eq!(drive(&medium(""), &xml("<dict/>"), &protocol).unwrap().kind, DriveKind::Removable);
    }

    #[test]
    fn containers_and_images_are_no_drives() {
        let nothing = xml("<dict/>");
        assert_eq!(drive(&medium(CONTAINER), &nothing, &nothing), None);
        let file = xml("<dict><key>Physical Interconnect</key><string>Virtual Interface</string>\
             <key>Physical Interconnect Location</key><string>File</string></dict>");
        assert_eq!(drive(&medium(""), &nothing, &file), None);
        assert_eq!(drive(&nothing, &nothing, &nothing), None);
    }
}
