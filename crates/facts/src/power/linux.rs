//! On Linux: `/sys/class/power_supply`; UPower where the battery's own driver does not say how long it lasts.

use std::path::Path;

use deskside_protocol::{
    facts::{Battery, Power},
    limits,
};

use crate::{
    Context, Failure, blocking,
    linux::{
        bus::Bus,
        files::{self, number, value},
    },
};

pub(crate) async fn collect(ctx: &Context) -> Result<Power, Failure> {
    let for_read = ctx.clone();
    let mut power = blocking(move || Ok(read(&for_read))).await?;
    let untold = power.batteries.iter_mut().find(|battery| battery.minutes_left.is_none() && is_discharging(battery));
    if let Some(battery) = untold {
        battery.minutes_left = minutes_from_upower(ctx).await.ok().flatten();
    }
    Ok(power)
}

/// What UPower says of all batteries together (UPower reference, `TimeToEmpty`, in seconds; 0 is unknown).
async fn minutes_from_upower(ctx: &Context) -> Result<Option<u32>, Failure> {
    let bus = Bus::system(ctx).await?;
    let display =
        ("org.freedesktop.UPower", "/org/freedesktop/UPower/devices/DisplayDevice", "org.freedesktop.UPower.Device");
    let seconds: Option<i64> = bus.properties(display).await?.get("TimeToEmpty");
    Ok(seconds.filter(|seconds| *seconds > 0).and_then(|seconds| u32::try_from(seconds / 60).ok()))
}

fn is_discharging(battery: &Battery) -> bool {
    battery.state.as_deref() == Some("Discharging")
}

/// Documentation/ABI/testing/sysfs-class-power.
fn read(ctx: &Context) -> Power {
    let mut mains: Option<bool> = None;
    let mut batteries = Vec::new();
    for supply in files::entries(&ctx.path("/sys/class/power_supply")) {
        // Of a mouse or a keyboard, not of the machine.
        if value(&supply.join("scope")).as_deref() == Some("Device") {
            continue;
        }
        match value(&supply.join("type")).as_deref() {
            Some("Mains" | "USB" | "Wireless") => {
                let online = number::<u8>(&supply.join("online")).map(|online| online > 0);
                mains = match (mains, online) {
                    (Some(one), Some(other)) => Some(one || other),
                    (one, other) => one.or(other),
                };
            }
            Some("Battery") if batteries.len() < limits::FACTS_LIST => {
                if value(&supply.join("present")).as_deref() != Some("0") {
                    batteries.push(battery(&supply));
                }
            }
            Some(_) | None => {}
        }
    }
    // A tablet may have no supply that says whether it is plugged in; its battery knows.
    let on_mains = mains.or_else(|| {
        let states: Vec<&str> = batteries.iter().filter_map(|battery: &Battery| battery.state.as_deref()).collect();
        if states.contains(&"Discharging") {
            Some(false)
        } else {
            states.iter().any(|state| ["Charging", "Full"].contains(state)).then_some(true)
        }
    });
    Power { on_mains, batteries }
}

fn battery(supply: &Path) -> Battery {
    // A driver speaks either of energy (µWh, µW) or of charge (µAh, µA).
    let amount = |energy: &str, charge: &str| {
        number::<u64>(&supply.join(energy)).or_else(|| number(&supply.join(charge))).filter(|amount| *amount > 0)
    };
    let full = amount("energy_full", "charge_full");
    let now = amount("energy_now", "charge_now");
    let rate = amount("power_now", "current_now");
    let state = value(&supply.join("status"));
    let charge_percent = number::<f32>(&supply.join("capacity")).or_else(|| percent(now?, full?));
    let minutes = || u32::try_from(now?.saturating_mul(60) / rate?).ok().filter(|minutes| *minutes < 7 * 24 * 60);
    Battery {
        name: files::name(supply),
        charge_percent: charge_percent.filter(|percent| percent.is_finite()).map(|percent| percent.clamp(0.0, 100.0)),
        capacity_percent: full.zip(amount("energy_full_design", "charge_full_design")).and_then(|(full, new)| {
            // A new battery holds a little more than it promises.
            percent(full, new).map(|percent| percent.min(100.0))
        }),
        cycles: number::<u32>(&supply.join("cycle_count")).filter(|count| *count > 0),
        minutes_left: if state.as_deref() == Some("Discharging") { minutes() } else { None },
        state,
    }
}

fn percent(part: u64, whole: u64) -> Option<f32> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 100.0) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;

    #[tokio::test]
    async fn a_laptop_says_its_charge_wear_and_time_left() {
        let power = collect(&fixture::laptop()).await.unwrap();
        assert_eq!(power.on_mains, Some(false));
        assert_eq!(power.batteries.len(), 1, "the battery of the mouse is not the machine's");
        let battery = &power.batteries[0];
        assert_eq!(battery.name, "BAT0");
        assert_eq!(battery.charge_percent, Some(43.0));
        assert_eq!(battery.state.as_deref(), Some("Discharging"));
        assert_eq!(battery.capacity_percent.map(f32::round), Some(71.0));
        assert_eq!(battery.cycles, Some(412));
        assert_eq!(battery.minutes_left, Some(133));
    }

    #[tokio::test]
    async fn a_machine_without_batteries_is_not_said_to_be_on_mains() {
        let power = collect(&fixture::silent()).await.unwrap();
        assert_eq!(power, Power { on_mains: None, batteries: Vec::new() });
    }

    #[test]
    fn a_charge_driver_and_absurd_values_are_understood() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("type", "Battery"),
            ("status", "Discharging"),
            ("charge_full", "4000000"),
            ("charge_full_design", "3000000"),
            ("charge_now", "1000000"),
            ("current_now", "1"),
            ("capacity", "NaN"),
        ] {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let battery = battery(folder.path());
        assert_eq!(battery.capacity_percent, Some(100.0));
        assert_eq!(battery.minutes_left, None, "a battery that lasts for centuries has not said how long it lasts");
        assert_eq!(battery.charge_percent, None);
    }
}
