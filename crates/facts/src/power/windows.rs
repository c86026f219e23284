//! On Windows: `GetSystemPowerStatus` for what is now, WMI's battery classes for wear.

use ::windows::Win32::System::Power::{GetSystemPowerStatus, SYSTEM_POWER_STATUS};
use deskside_protocol::facts::{Battery, Power};
use serde::Deserialize;

use crate::{Context, Failure, blocking, windows::wmi};

const DRIVERS: &str = r"root\wmi";
/// `SYSTEM_POWER_STATUS`: no system battery, and unknown.
const NO_BATTERY: u8 = 128;
const UNKNOWN: u8 = 255;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Full {
    instance_name: String,
    full_charged_capacity: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct New {
    instance_name: String,
    designed_capacity: u32,
    device_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Cycles {
    instance_name: String,
    cycle_count: u32,
}

pub(crate) async fn collect(_ctx: &Context) -> Result<Power, Failure> {
    blocking(read).await
}

#[expect(unsafe_code, reason = "the state of the battery is only there through the Windows API")]
fn read() -> Result<Power, Failure> {
    let mut status = SYSTEM_POWER_STATUS::default();
    // SAFETY: `status` lives through the call, which fills it.
    unsafe { GetSystemPowerStatus(&raw mut status) }.map_err(|error| Failure::broken(error.to_string()))?;
    let on_mains = match status.ACLineStatus {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    };
    if status.BatteryFlag == UNKNOWN || status.BatteryFlag & NO_BATTERY != 0 {
        return Ok(Power { on_mains, batteries: Vec::new() });
    }
    let mut batteries = worn();
    if batteries.is_empty() {
        batteries.push(battery("Battery".to_owned()));
    }
    // Windows tells charge and time for all batteries together.
    for battery in &mut batteries {
        battery.charge_percent =
            (status.BatteryLifePercent != UNKNOWN).then(|| f32::from(status.BatteryLifePercent.min(100)));
        battery.state = Some(if status.BatteryFlag & 8 != 0 { "charging" } else { "discharging" }.to_owned())
            .filter(|_| status.BatteryFlag & 8 != 0 || on_mains == Some(false));
        battery.minutes_left = (status.BatteryLifeTime != u32::MAX).then_some(status.BatteryLifeTime / 60);
    }
    Ok(Power { on_mains, batteries })
}

fn battery(name: String) -> Battery {
    Battery { name, charge_percent: None, state: None, capacity_percent: None, cycles: None, minutes_left: None }
}

fn worn() -> Vec<Battery> {
    let new: Vec<New> =
        wmi(DRIVERS, "SELECT InstanceName, DesignedCapacity, DeviceName FROM BatteryStaticData").unwrap_or_default();
    let full: Vec<Full> =
        wmi(DRIVERS, "SELECT InstanceName, FullChargedCapacity FROM BatteryFullChargedCapacity").unwrap_or_default();
    let cycles: Vec<Cycles> =
        wmi(DRIVERS, "SELECT InstanceName, CycleCount FROM BatteryCycleCount").unwrap_or_default();
    new.into_iter()
        .map(|new| {
            let full = full.iter().find(|full| full.instance_name == new.instance_name);
            let cycles = cycles.iter().find(|cycles| cycles.instance_name == new.instance_name);
            let mut battery = battery(new.device_name.unwrap_or_else(|| "Battery".to_owned()));
            battery.capacity_percent = full.filter(|_| new.designed_capacity > 0).map(|full| {
                let share = f64::from(full.full_charged_capacity) / f64::from(new.designed_capacity) * 100.0;
                share.min(100.0) as f32
            });
            battery.cycles = cycles.map(|cycles| cycles.cycle_count).filter(|count| *count > 0);
            battery
        })
        .collect()
}
