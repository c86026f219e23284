//! Drives: what the kernel says of them, and what they say of themselves through UDisks2.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    time::Duration,
};

use deskside_protocol::{
    facts::{Drive, DriveHealth, DriveKind},
    limits,
};
use zbus::zvariant::{OwnedObjectPath, OwnedValue};

use crate::{
    Context, Failure,
    linux::{
        bus::{Bus, Properties},
        files::{self, number, value},
    },
};

const SERVICE: &str = "org.freedesktop.UDisks2";
/// The kernel counts in sectors of this size whatever the drive's own (Documentation/ABI/stable/sysfs-block).
const SECTOR_BYTES: u64 = 512;
/// Block devices that are no drives.
const NO_DRIVES: &[&str] = &["dm-", "drbd", "fd", "loop", "md", "nbd", "ram", "sr", "zd", "zram"];
/// Longest wait for UDisks2 altogether: disks are among what every ticket waits for.
const UDISKS: Duration = Duration::from_millis(800);
/// 0 degrees Celsius, in kelvin.
const ZERO_CELSIUS: f64 = 273.15;

/// What UDisks2 says of drives, by the name of their block device.
pub(super) type Health = BTreeMap<String, DriveState>;

/// What a drive says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DriveState {
    health: DriveHealth,
    wear_percent: Option<f32>,
    temperature_celsius: Option<f32>,
}

type Objects = HashMap<OwnedObjectPath, HashMap<String, HashMap<String, OwnedValue>>>;

pub(super) fn drives(ctx: &Context) -> Vec<Drive> {
    files::entries(&ctx.path("/sys/block"))
        .iter()
        .filter(|block| !NO_DRIVES.iter().any(|prefix| files::name(block).starts_with(prefix)))
        .take(limits::FACTS_LIST)
        .map(|block| drive(block))
        .collect()
}

fn drive(block: &Path) -> Drive {
    let name = files::name(block);
    let maker = value(&block.join("device/vendor")).filter(|maker| maker != "ATA");
    let model = value(&block.join("device/model")).or_else(|| value(&block.join("device/name")));
    Drive {
        kind: kind(block, &name),
        model: match (maker, model) {
            // Virtual drives have a number in place of a maker.
            (Some(maker), Some(model)) if !maker.starts_with("0x") => Some(format!("{maker} {model}")),
            (_, model) => model,
        },
        total_bytes: number::<u64>(&block.join("size")).map(|sectors| sectors.saturating_mul(SECTOR_BYTES)),
        health: DriveHealth::Unknown,
        wear_percent: None,
        temperature_celsius: temperature_celsius(block),
        name,
    }
}

fn kind(block: &Path, name: &str) -> DriveKind {
    let on_usb = std::fs::read_link(block).is_ok_and(|path| path.to_string_lossy().contains("/usb"));
    let card = value(&block.join("device/type")).is_some_and(|kind| kind == "SD");
    if name.starts_with("vd") || name.starts_with("xvd") {
        DriveKind::Other
    } else if value(&block.join("removable")).as_deref() == Some("1") || on_usb || card {
        DriveKind::Removable
    } else {
        match value(&block.join("queue/rotational")).as_deref() {
            Some("0") => DriveKind::Solid,
            Some("1") => DriveKind::Rotating,
            Some(_) | None => DriveKind::Other,
        }
    }
}

/// The sensor that the drivers `nvme` and `drivetemp` show, in thousandths of a degree.
fn temperature_celsius(block: &Path) -> Option<f32> {
    let below =
        |folder: &Path| files::entries(folder).iter().find_map(|sensor| number::<i32>(&sensor.join("temp1_input")));
    let thousandths = below(&block.join("device/hwmon")).or_else(|| below(&block.join("device/device/hwmon")));
    // An NVMe drive's sensor lies directly in its controller's folder.
    let thousandths = thousandths.or_else(|| below(&block.join("device")))?;
    Some(thousandths as f32 / 1000.0).filter(|celsius| (-40.0..150.0).contains(celsius))
}

/// Asks UDisks2, if it runs.
pub(super) async fn health(ctx: &Context) -> Result<Health, Failure> {
    match tokio::time::timeout(UDISKS, ask(ctx)).await {
        Ok(health) => health,
        Err(_) => Err(Failure::timed_out("UDisks2 does not answer")),
    }
}

async fn ask(ctx: &Context) -> Result<Health, Failure> {
    let bus = Bus::system(ctx).await?;
    let manager = (SERVICE, "/org/freedesktop/UDisks2", "org.freedesktop.DBus.ObjectManager");
    let objects: Objects = bus.call(manager, "GetManagedObjects", &()).await?;
    let mut by_drive: BTreeMap<String, DriveState> = BTreeMap::new();
    for (path, interfaces) in &objects {
        if let Some(mut state) = state(interfaces) {
            if interfaces.contains_key("org.freedesktop.UDisks2.NVMe.Controller") {
                state.wear_percent = wear_percent(&bus, path.as_str()).await;
            }
            by_drive.insert(path.to_string(), state);
        }
    }
    Ok(by_name(&objects, &by_drive))
}

/// Percentage Used of the SMART / Health log (NVM Express Base 2.0, section 5.16.1.3).
async fn wear_percent(bus: &Bus, path: &str) -> Option<f32> {
    let options: HashMap<String, OwnedValue> = HashMap::new();
    let at = (SERVICE, path, "org.freedesktop.UDisks2.NVMe.Controller");
    let said: HashMap<String, OwnedValue> = bus.call(at, "SmartGetAttributes", &options).await.ok()?;
    Properties::new(said).get::<u8>("percent_used").map(f32::from)
}

/// What a drive object says of its health, if it does.
fn state(interfaces: &HashMap<String, HashMap<String, OwnedValue>>) -> Option<DriveState> {
    let properties = |name: &str| {
        let all = interfaces.get(name)?;
        Some(Properties::new(
            all.iter().filter_map(|(name, value)| Some((name.clone(), value.try_clone().ok()?))).collect(),
        ))
    };
    let celsius = |kelvin: f64| Some((kelvin - ZERO_CELSIUS) as f32).filter(|celsius| (-40.0..150.0).contains(celsius));
    if let Some(ata) = properties("org.freedesktop.UDisks2.Drive.Ata") {
        // Until the first reading everything is 0, which would say "good".
        let read = ata.get::<bool>("SmartEnabled")? && ata.get::<u64>("SmartUpdated")? > 0;
        let failing = ata.get::<bool>("SmartFailing")?;
        return read.then(|| DriveState {
            health: if failing { DriveHealth::Failing } else { DriveHealth::Good },
            wear_percent: None,
            temperature_celsius: ata.get::<f64>("SmartTemperature").and_then(celsius),
        });
    }
    let nvme = properties("org.freedesktop.UDisks2.NVMe.Controller")?;
    let warnings: Vec<String> = nvme.get("SmartCriticalWarning")?;
    (nvme.get::<u64>("SmartUpdated")? > 0).then(|| DriveState {
        health: if warnings.is_empty() { DriveHealth::Good } else { DriveHealth::Failing },
        wear_percent: None,
        temperature_celsius: nvme.get::<u16>("SmartTemperature").map(f64::from).and_then(celsius),
    })
}

/// Block devices point to their drive; here each drive's state is found by the name of its whole block device.
fn by_name(objects: &Objects, by_drive: &BTreeMap<String, DriveState>) -> Health {
    objects
        .iter()
        .filter(|(_, interfaces)| !interfaces.contains_key("org.freedesktop.UDisks2.Partition"))
        .filter_map(|(path, interfaces)| {
            let drive = interfaces.get("org.freedesktop.UDisks2.Block")?.get("Drive")?.try_clone().ok()?;
            let drive = OwnedObjectPath::try_from(drive).ok()?;
            let name = path.as_str().rsplit('/').next()?.to_owned();
            Some((name, by_drive.get(drive.as_str())?.clone()))
        })
        .collect()
}

pub(super) fn add_health(drives: &mut [Drive], health: &Health) {
    for drive in drives {
        if let Some(state) = health.get(&drive.name) {
            drive.health = state.health;
            drive.wear_percent = state.wear_percent;
            drive.temperature_celsius = drive.temperature_celsius.or(state.temperature_celsius);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;

    #[test]
    fn a_laptop_has_one_drive_and_a_stick() {
        let drives = drives(&fixture::laptop());
        let said: Vec<_> =
            drives.iter().map(|drive| (drive.name.as_str(), drive.model.as_deref(), drive.kind)).collect();
        assert_eq!(
            said,
            [
                ("nvme0n1", Some("SAMSUNG MZVLB512HBJQ-000L7"), DriveKind::Solid),
                ("sda", Some("SanDisk Ultra"), DriveKind::Removable),
            ]
        );
        assert_eq!(drives[0].total_bytes, Some(1_000_215_216 * 512));
        assert_eq!(drives[0].temperature_celsius, Some(41.85));
        assert_eq!(drives[0].health, DriveHealth::Unknown, "only the drive itself says that it is well");
    }

    #[test]
    fn health_goes_to_the_drive_of_its_name() {
        let mut drives = drives(&fixture::laptop());
        let failing =
            DriveState { health: DriveHealth::Failing, wear_percent: Some(104.0), temperature_celsius: Some(50.0) };
        add_health(&mut drives, &[("nvme0n1".to_owned(), failing.clone()), ("sdz".to_owned(), failing)].into());
        assert_eq!((drives[0].health, drives[0].wear_percent), (DriveHealth::Failing, Some(104.0)));
        assert_eq!(drives[1].health, DriveHealth::Unknown);
    }

    #[test]
    fn this_machine_has_the_drives_that_the_kernel_shows() {
        for drive in drives(&fixture::here()) {
            assert!(Path::new("/sys/block").join(&drive.name).exists(), "{}", drive.name);
            assert!(drive.total_bytes.is_some(), "{}", drive.name);
        }
    }
}
