//! UPower, with batteries that umockdev puts before it.

use std::path::Path;

use deskside_protocol::facts::SectionId;

use crate::{
    machine, needed,
    programs::{Bus, Service, find},
    settled,
};

/// A battery of 50 Wh that is two fifths full.
fn battery(folder: &Path, name: &str, more: &[(&str, &str)]) {
    let device = folder.join("sys/devices").join(name);
    let class = folder.join("sys/class/power_supply");
    std::fs::create_dir_all(&device).unwrap();
    std::fs::create_dir_all(&class).unwrap();
    let always = [
        ("type", "Battery"),
        ("status", "Discharging"),
        ("present", "1"),
        ("energy_full", "50000000"),
        ("energy_full_design", "57000000"),
        ("energy_now", "20000000"),
        ("voltage_now", "11400000"),
        ("capacity", "40"),
        ("technology", "Li-ion"),
        ("model_name", name),
    ];
    for (file, value) in always.iter().chain(more) {
        std::fs::write(device.join(file), format!("{value}\n")).unwrap();
    }
    std::fs::write(device.join("uevent"), format!("POWER_SUPPLY_NAME={name}\n")).unwrap();
    std::os::unix::fs::symlink("../../class/power_supply", device.join("subsystem")).unwrap();
    std::os::unix::fs::symlink(format!("../../devices/{name}"), class.join(name)).unwrap();
}

#[tokio::test]
async fn upower_says_how_long_a_battery_lasts_whose_driver_does_not() {
    let upower = needed!(find("upowerd", "upower"));
    let wrapper = needed!(find("umockdev-wrapper", "umockdev"));
    let folder = tempfile::tempdir().unwrap();
    let bus = needed!(Bus::start(folder.path()));
    std::fs::create_dir_all(folder.path().join("sys/bus")).unwrap();
    battery(folder.path(), "BAT0", &[]);
    battery(folder.path(), "BAT1", &[("power_now", "10000000"), ("cycle_count", "412")]);

    let environment =
        [("UMOCKDEV_DIR", folder.path().to_str().unwrap()), ("DBUS_SYSTEM_BUS_ADDRESS", bus.address.as_str())];
    let _upower = Service::start(&wrapper, &[upower.to_str().unwrap()], folder.path(), &environment);
    let mut ctx = machine(folder.path());
    ctx.environment.insert("DBUS_SYSTEM_BUS_ADDRESS".into(), bus.address.clone());
    let known = |power: &deskside_protocol::facts::Power| power.batteries.iter().all(|one| one.minutes_left.is_some());
    let power = settled(&ctx, SectionId::Power, |facts| facts.power, known).await;
    let said: Vec<_> = power
        .batteries
        .iter()
        .map(|battery| (battery.name.as_str(), battery.charge_percent, battery.minutes_left, battery.cycles))
        .collect();
    // The second's driver says 20 Wh at 10 W; UPower says 40 Wh at 10 W for both together.
    assert_eq!(said, [("BAT0", Some(40.0), Some(240), None), ("BAT1", Some(40.0), Some(120), Some(412))]);
    assert_eq!(power.on_mains, Some(false));
}
