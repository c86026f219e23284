//! Graphics adapters on the PCI bus.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use deskside_protocol::limits;

use crate::{
    Context,
    linux::files::{self, value},
};

/// Where distributions keep the list of names (hwdata, pci.ids).
const NAMES: &[&str] = &["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"];
/// The list has 1.5 MB today.
const NAMES_BYTES: u64 = 8 * 1024 * 1024;

pub(super) fn adapters(ctx: &Context) -> Vec<String> {
    files::entries(&ctx.path("/sys/bus/pci/devices"))
        .iter()
        // PCI Code and ID Assignment 1.16, section 1.4: base class 3, display controllers.
        .filter(|device| value(&device.join("class")).is_some_and(|class| class.starts_with("0x03")))
        .take(limits::FACTS_LIST)
        .filter_map(|device| named(ctx, device))
        .collect()
}

fn named(ctx: &Context, device: &Path) -> Option<String> {
    let number = |file: &str| value(&device.join(file))?.strip_prefix("0x").map(str::to_lowercase);
    let (maker, product) = (number("vendor")?, number("device")?);
    let name = NAMES.iter().find_map(|list| {
        let list = File::open(ctx.path(list)).ok()?;
        name(BufReader::new(list.take(NAMES_BYTES)), &maker, &product)
    });
    let name = name.unwrap_or_else(|| format!("PCI {maker}:{product}"));
    Some(match files::link_name(&device.join("driver")) {
        Some(driver) => format!("{name} ({driver})"),
        None => name,
    })
}

/// In the list, makers begin a line, and their products follow behind a tab.
fn name(list: impl BufRead, maker: &str, product: &str) -> Option<String> {
    let mut maker_name: Option<String> = None;
    for line in list.split(b'\n') {
        let line = line.ok()?;
        let line = String::from_utf8_lossy(&line);
        match (&maker_name, line.strip_prefix('\t')) {
            (None, None) => maker_name = line.strip_prefix(maker).map(|name| name.trim().to_owned()),
            (Some(found), Some(entry)) => {
                if let Some(name) = entry.strip_prefix(product) {
                    return Some(format!("{found} {}", name.trim()));
                }
            }
            (Some(found), None) if !line.starts_with('#') => return Some(format!("{found} {product}")),
            (Some(_) | None, _) => {}
        }
    }
    maker_name.map(|found| format!("{found} {product}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_the_list() {
        let list = "# c\n10de  NVIDIA Corporation\n\t9a49  Wrong\n8086  Intel Corporation\n\t0001  A\n\t9a49  Iris Xe\n\t\t17aa 22d5  Sub\n9710  Other\n";
        assert_eq!(name(list.as_bytes(), "8086", "9a49").as_deref(), Some("Intel Corporation Iris Xe"));
        assert_eq!(name(list.as_bytes(), "8086", "ffff").as_deref(), Some("Intel Corporation ffff"));
        assert_eq!(name(list.as_bytes(), "9710", "1").as_deref(), Some("Other 1"));
        assert_eq!(name(list.as_bytes(), "0000", "1"), None);
    }
}
