//! On macOS: what the platform's driver says, and the kernel's own name of the model.

use deskside_protocol::facts::{Chassis, Device};

use crate::{
    Context, Failure, blocking,
    macos::{plists::text, registry},
};

pub(crate) async fn collect(_ctx: &Context) -> Result<Device, Failure> {
    blocking(|| {
        let platform = registry::of_class(c"IOPlatformExpertDevice")
            .into_iter()
            .next()
            .ok_or_else(|| Failure::unavailable("the I/O Registry shows no platform"))?
            .values(&["manufacturer", "model", "IOPlatformSerialNumber", "version"]);
        let model = text(&platform, &["model"]);
        let virtualisation = model.as_deref().and_then(hypervisor);
        let battery = !registry::of_class(c"AppleSmartBattery").is_empty();
        Ok(Device {
            host_name: sysinfo::System::host_name().ok(),
            maker: text(&platform, &["manufacturer"]),
            serial: text(&platform, &["IOPlatformSerialNumber"]),
            chassis: match model.as_deref() {
                _ if virtualisation.is_some() => Chassis::Virtual,
                _ if battery => Chassis::Laptop,
                Some(_) => Chassis::Desktop,
                None => Chassis::Other,
            },
            model,
            virtualisation: virtualisation.map(str::to_owned),
            firmware: firmware(),
        })
    })
    .await
}

/// The name of the firmware is in the device tree (Apple silicon) or with the ROM's driver (Intel).
fn firmware() -> Option<String> {
    let rom = registry::of_class(c"AppleEFIRuntime").into_iter().chain(registry::of_class(c"AppleARMPE"));
    rom.flat_map(|entry| {
        let values = entry.values(&["firmware-version", "system-firmware-version", "version"]);
        text(&values, &["system-firmware-version"])
            .or_else(|| text(&values, &["firmware-version"]))
            .or_else(|| text(&values, &["version"]))
    })
    .next()
}

/// How hypervisors name the machines that they make for macOS.
fn hypervisor(model: &str) -> Option<&'static str> {
    let model = model.to_ascii_lowercase();
    let known = [("vmware", "vmware"), ("parallels", "parallels"), ("virtualmac", "apple"), ("qemu", "kvm")];
    known.into_iter().find(|(word, _)| model.starts_with(word)).map(|(_, name)| name)
}
