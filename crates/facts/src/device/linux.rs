//! On Linux: DMI tables as the kernel shows them, the device tree on ARM, and what the hypervisor leaves in them.

use deskside_protocol::facts::{Chassis, Device};

use crate::{
    Context, Failure, blocking,
    linux::files::{self, value},
};

pub(crate) async fn collect(ctx: &Context) -> Result<Device, Failure> {
    let ctx = ctx.clone();
    blocking(move || Ok(read(&ctx))).await
}

/// What makers leave in a field that they did not fill.
const PLACEHOLDERS: &[&str] = &[
    "to be filled by o.e.m.",
    "default string",
    "system product name",
    "system manufacturer",
    "system serial number",
    "system version",
    "not specified",
    "not applicable",
    "none",
    "o.e.m.",
    "oem",
    "undefined",
    "unknown",
    "0",
    "0123456789",
    "123456789",
    "invalid",
    "n/a",
];

fn read(ctx: &Context) -> Device {
    let dmi = |name: &str| value(&ctx.path("/sys/class/dmi/id").join(name)).filter(|v| said(v));
    let maker = dmi("sys_vendor").or_else(|| dmi("board_vendor"));
    let model = match (dmi("product_name"), dmi("product_version")) {
        // Lenovo writes an order number as the name, and what people call the machine as the version.
        (Some(name), Some(version)) if is_lenovo(maker.as_deref()) => Some(format!("{name} ({version})")),
        (Some(name), _) => Some(name),
        (None, _) => dmi("board_name"),
    }
    .or_else(|| value(&ctx.path("/proc/device-tree/model")));
    let virtualisation = virtualisation(ctx, maker.as_deref(), model.as_deref());
    let chassis = match (&virtualisation, value(&ctx.path("/etc/machine-info"))) {
        (Some(_), _) => Chassis::Virtual,
        (None, info) => info
            .as_deref()
            .and_then(named_chassis)
            .or_else(|| dmi("chassis_type").map(|number| numbered_chassis(&number)))
            .unwrap_or_default(),
    };
    let firmware = match (dmi("bios_version"), dmi("bios_date")) {
        (Some(version), Some(date)) => Some(format!("{version} ({date})")),
        (version, date) => version.or(date),
    };
    Device {
        host_name: value(&ctx.path("/proc/sys/kernel/hostname")),
        maker,
        model,
        // Mode 0400 on Linux: present only where IT has opened it, or when run by root.
        serial: dmi("product_serial").or_else(|| value(&ctx.path("/proc/device-tree/serial-number"))),
        chassis,
        virtualisation,
        firmware,
    }
}

fn said(field: &str) -> bool {
    !PLACEHOLDERS.contains(&field.trim().to_lowercase().as_str())
}

fn is_lenovo(maker: Option<&str>) -> bool {
    maker.is_some_and(|maker| maker.eq_ignore_ascii_case("lenovo"))
}

/// SMBIOS 3.7, section 7.4.1, "System Enclosure or Chassis Types".
fn numbered_chassis(number: &str) -> Chassis {
    match number.parse::<u8>() {
        Ok(3..=7 | 13 | 15 | 16 | 24 | 35 | 36) => Chassis::Desktop,
        Ok(8 | 9 | 10 | 14 | 31) => Chassis::Laptop,
        Ok(11 | 30 | 32) => Chassis::Tablet,
        Ok(17 | 23 | 25 | 28 | 29) => Chassis::Server,
        Ok(_) | Err(_) => Chassis::Other,
    }
}

/// `CHASSIS=` of machine-info(5), with which an administrator corrects what the firmware says.
fn named_chassis(machine_info: &str) -> Option<Chassis> {
    let named = files::assignments(machine_info).remove("CHASSIS")?;
    match named.as_str() {
        "desktop" => Some(Chassis::Desktop),
        "laptop" | "convertible" => Some(Chassis::Laptop),
        "tablet" => Some(Chassis::Tablet),
        "server" => Some(Chassis::Server),
        "vm" | "container" => Some(Chassis::Virtual),
        _ => None,
    }
}

fn virtualisation(ctx: &Context, maker: Option<&str>, model: Option<&str>) -> Option<String> {
    container(ctx).or_else(|| hypervisor(maker, model)).or_else(|| {
        if ctx.path("/sys/hypervisor/type").exists() {
            return value(&ctx.path("/sys/hypervisor/type"));
        }
        let processor = files::text(&ctx.path("/proc/cpuinfo")).ok()?;
        let flags = processor.lines().find(|line| line.starts_with("flags"))?;
        flags.split_whitespace().any(|flag| flag == "hypervisor").then(|| "unnamed hypervisor".to_owned())
    })
}

fn container(ctx: &Context) -> Option<String> {
    value(&ctx.path("/run/systemd/container"))
        .or_else(|| ctx.path("/.dockerenv").exists().then(|| "docker".to_owned()))
        .or_else(|| ctx.path("/run/.containerenv").exists().then(|| "podman".to_owned()))
}

/// From the names that hypervisors give themselves in DMI, as systemd's `detect_vm_dmi` reads them.
fn hypervisor(maker: Option<&str>, model: Option<&str>) -> Option<String> {
    let (maker, model) = (maker.unwrap_or_default().to_lowercase(), model.unwrap_or_default().to_lowercase());
    let name = if maker.contains("qemu") || model.contains("kvm") || model.starts_with("standard pc (") {
        "kvm"
    } else if maker.contains("vmware") {
        "vmware"
    } else if maker.contains("innotek") || model.contains("virtualbox") {
        "virtualbox"
    } else if maker.contains("microsoft") && model.contains("virtual machine") {
        "hyper-v"
    } else if maker.contains("xen") {
        "xen"
    } else if maker.contains("amazon ec2") {
        "amazon"
    } else if maker.contains("google") && model.contains("compute engine") {
        "google"
    } else if maker.contains("parallels") {
        "parallels"
    } else {
        return None;
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;

    #[test]
    fn a_lenovo_laptop_is_named_as_people_and_as_orders_name_it() {
        let device = read(&fixture::laptop());
        assert_eq!(device.maker.as_deref(), Some("LENOVO"));
        assert_eq!(device.model.as_deref(), Some("20XW00AAFR (ThinkPad X1 Carbon Gen 9)"));
        assert_eq!(device.chassis, Chassis::Laptop);
        assert_eq!(device.virtualisation, None);
        assert_eq!(device.firmware.as_deref(), Some("N32ET91W (1.67 ) (09/05/2024)"));
    }

    #[test]
    fn fields_that_the_maker_did_not_fill_are_not_said() {
        for left in ["To Be Filled By O.E.M.", "Default string", "None", "System Product Name"] {
            assert!(!said(left), "{left}");
        }
        for filled in ["LENOVO", "OptiPlex 7090", "Nonesuch"] {
            assert!(said(filled), "{filled}");
        }
    }

    #[test]
    fn chassis_numbers_fold_to_what_a_technician_asks() {
        for (number, chassis) in [
            ("3", Chassis::Desktop),
            ("35", Chassis::Desktop),
            ("10", Chassis::Laptop),
            ("31", Chassis::Laptop),
            ("32", Chassis::Tablet),
            ("23", Chassis::Server),
            ("1", Chassis::Other),
            ("999", Chassis::Other),
            ("", Chassis::Other),
        ] {
            assert_eq!(numbered_chassis(number), chassis, "{number}");
        }
        assert_eq!(named_chassis("PRETTY_HOSTNAME=x\nCHASSIS=\"convertible\"\n"), Some(Chassis::Laptop));
        assert_eq!(named_chassis("CHASSIS=spaceship"), None);
    }

    #[test]
    fn hypervisors_are_known_by_their_names() {
        assert_eq!(hypervisor(Some("QEMU"), Some("Standard PC (Q35 + ICH9, 2009)")).as_deref(), Some("kvm"));
        assert_eq!(hypervisor(Some("Microsoft Corporation"), Some("Virtual Machine")).as_deref(), Some("hyper-v"));
        assert_eq!(hypervisor(Some("Microsoft Corporation"), Some("Surface Pro 9")), None);
        assert_eq!(hypervisor(None, None), None);
    }

    #[test]
    fn this_machine_has_the_name_that_its_kernel_says() {
        let here = read(&fixture::here());
        let said = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        assert_eq!(here.host_name.as_deref(), Some(said.trim()));
    }
}
