//! Power sources (`IOPSKeys.h`) and the battery's own driver (`AppleSmartBattery` in the I/O Registry).

use deskside_protocol::{
    facts::{Battery, Power},
    limits::FACTS_LIST,
};
use plist::Value;

use super::plists::{flag, number, text};

/// What the battery's driver is asked for.
#[cfg(target_os = "macos")]
pub(crate) const ASKED: &[&str] =
    &["CycleCount", "DesignCapacity", "AppleRawMaxCapacity", "NominalChargeCapacity", "MaxCapacity"];

/// From the descriptions of all power sources, the kind that feeds the machine ("AC Power"), and what the driver of the
/// built-in battery says, if there is one.
pub(crate) fn power(sources: &[Value], feeding: Option<&str>, driver: Option<&Value>) -> Power {
    // An uninterruptible supply is a source too; it is not the machine's own.
    let own = |source: &&Value| text(source, &["Type"]).as_deref() == Some("InternalBattery");
    let present = |source: &&Value| flag(source, &["Is Present"]) != Some(false);
    Power {
        on_mains: feeding.map(|kind| kind == "AC Power"),
        batteries: sources
            .iter()
            .filter(own)
            .filter(present)
            .take(FACTS_LIST)
            .map(|source| battery(source, driver))
            .collect(),
    }
}

fn battery(source: &Value, driver: Option<&Value>) -> Battery {
    let said = |name: &str| driver.and_then(|driver| number(driver, &[name])).filter(|value| *value > 0);
    let current = number(source, &["Current Capacity"]);
    let most = number(source, &["Max Capacity"]);
    let on_battery = text(source, &["Power Source State"]).as_deref() == Some("Battery Power");
    let state = if flag(source, &["Is Charging"]) == Some(true) {
        "Charging"
    } else if flag(source, &["Is Charged"]) == Some(true) {
        "Full"
    } else if on_battery {
        "Discharging"
    } else {
        // On mains below 100: macOS holds the charge to spare the battery.
        "Not charging"
    };
    Battery {
        name: text(source, &["Name"]).unwrap_or_else(|| "InternalBattery".to_owned()),
        charge_percent: current.zip(most).and_then(|(current, most)| percent(current, most)),
        state: Some(state.to_owned()),
        // On Apple silicon "MaxCapacity" is a share of 100; the raw one is in mAh, as the design's is.
        capacity_percent: said("NominalChargeCapacity")
            .or_else(|| said("AppleRawMaxCapacity"))
            .or_else(|| said("MaxCapacity").filter(|capacity| *capacity > 100))
            .zip(said("DesignCapacity"))
            .and_then(|(capacity, design)| percent(capacity, design)),
        cycles: said("CycleCount").and_then(|cycles| u32::try_from(cycles).ok()),
        // -1 while macOS still counts.
        minutes_left: number(source, &["Time to Empty"])
            .filter(|minutes| on_battery && *minutes > 0)
            .and_then(|minutes| u32::try_from(minutes).ok()),
    }
}

/// A share in percent, no more than 100: a new battery holds more than it was designed for.
fn percent(part: i64, whole: i64) -> Option<f32> {
    let (part, whole) = (u16::try_from(part).ok()?, u16::try_from(whole).ok().filter(|whole| *whole > 0)?);
    Some((f32::from(part) / f32::from(whole) * 100.0).min(100.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::macos::plists::tests::xml;

    const SOURCE: &str = "<dict><key>Type</key><string>InternalBattery</string><key>Name</key><string>InternalBattery-0</string>\
        <key>Current Capacity</key><integer>87</integer><key>Max Capacity</key><integer>100</integer><key>Is Charging</key><false/>\
        <key>Is Present</key><true/><key>Power Source State</key><string>Battery Power</string><key>Time to Empty</key><integer>214</integer></dict>";

    #[test]
    fn a_laptop_on_its_battery_is_told() {
        let driver = xml(
            "<dict><key>CycleCount</key><integer>312</integer><key>DesignCapacity</key><integer>4382</integer>\
             <key>NominalChargeCapacity</key><integer>3944</integer><key>MaxCapacity</key><integer>100</integer></dict>",
        );
        let power = power(&[xml(SOURCE)], Some("Battery Power"), Some(&driver));
        assert_eq!(power.on_mains, Some(false));
        let battery = &power.batteries[0];
        assert_eq!((battery.charge_percent, battery.cycles, battery.minutes_left), (Some(87.0), Some(312), Some(214)));
        assert_eq!(battery.state.as_deref(), Some("Discharging"));
        assert!((battery.capacity_percent.unwrap() - 90.0).abs() < 0.1);
    }

    #[test]
    fn a_share_of_a_hundred_is_not_taken_for_a_capacity() {
        let driver = xml(
            "<dict><key>DesignCapacity</key><integer>4382</integer><key>MaxCapacity</key><integer>100</integer></dict>",
        );
        assert_eq!(power(&[xml(SOURCE)], None, Some(&driver)).batteries[0].capacity_percent, None);
    }

    #[test]
    fn a_desktop_with_an_uninterruptible_supply_has_no_battery() {
        let supply = xml("<dict><key>Type</key><string>UPS</string></dict>");
        let power = power(&[supply], Some("AC Power"), None);
        assert_eq!((power.on_mains, power.batteries.len()), (Some(true), 0));
    }

    #[test]
    fn nonsense_gives_no_share() {
        assert_eq!(percent(-1, 100), None);
        assert_eq!(percent(1, 0), None);
        assert_eq!(percent(5100, 5000), Some(100.0));
    }
}
