//! On Windows: the firmware's SMBIOS table, which needs neither WMI nor rights.

use ::windows::Win32::System::SystemInformation::{GetSystemFirmwareTable, RSMB};
use deskside_protocol::facts::{Chassis, Device};

use crate::{Context, Failure, blocking, windows::smbios};

/// A table is some kilobytes; nothing sensible is larger.
const TABLE_BYTES: u32 = 1024 * 1024;

pub(crate) async fn collect(_ctx: &Context) -> Result<Device, Failure> {
    blocking(|| {
        let smbios = smbios::parse(&table()?);
        let virtualisation = hypervisor(smbios.maker.as_deref(), smbios.model.as_deref());
        Ok(Device {
            host_name: sysinfo::System::host_name().ok(),
            chassis: if virtualisation.is_some() { Chassis::Virtual } else { smbios.chassis },
            maker: smbios.maker,
            model: smbios.model,
            serial: smbios.serial,
            virtualisation: virtualisation.map(str::to_owned),
            firmware: match (smbios.firmware_version, smbios.firmware_date) {
                (Some(version), Some(date)) => Some(format!("{version} ({date})")),
                (version, date) => version.or(date),
            },
        })
    })
    .await
}

#[expect(unsafe_code, reason = "the firmware's table is only there through the Windows API")]
fn table() -> Result<Vec<u8>, Failure> {
    // SAFETY: without a buffer the call only tells the size it needs.
    let size = unsafe { GetSystemFirmwareTable(RSMB, 0, None) };
    if size == 0 || size > TABLE_BYTES {
        return Err(Failure::unavailable(format!("the firmware's table has {size} bytes")));
    }
    let mut table = vec![0; size as usize];
    // SAFETY: the slice carries its own length; the call writes no more than that.
    let written = unsafe { GetSystemFirmwareTable(RSMB, 0, Some(&mut table)) };
    table.truncate(written as usize);
    Ok(table)
}

/// How hypervisors name the machines they make.
fn hypervisor(maker: Option<&str>, model: Option<&str>) -> Option<&'static str> {
    let maker = maker.unwrap_or_default().to_lowercase();
    let model = model.unwrap_or_default().to_lowercase();
    let is = |word: &str| maker.contains(word) || model.contains(word);
    if is("vmware") {
        Some("vmware")
    } else if is("virtualbox") || is("innotek") {
        Some("oracle")
    } else if is("qemu") || is("kvm") {
        Some("kvm")
    } else if is("xen") {
        Some("xen")
    } else if is("parallels") {
        Some("parallels")
    } else if maker.contains("microsoft") && model.contains("virtual machine") {
        Some("hyper-v")
    } else {
        None
    }
}
