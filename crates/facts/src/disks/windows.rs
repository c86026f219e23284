//! On Windows: volumes by `sysinfo`, drives by the Storage Management API's WMI classes.

use deskside_protocol::facts::{Disks, Drive, DriveHealth, DriveKind};
use serde::Deserialize;

use crate::{Context, Failure, blocking, portable, windows::wmi};

const STORAGE: &str = r"root\Microsoft\Windows\Storage";

/// `MSFT_PhysicalDisk` (Windows Storage Management API reference).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PhysicalDisk {
    device_id: Option<String>,
    friendly_name: Option<String>,
    media_type: Option<u16>,
    bus_type: Option<u16>,
    health_status: Option<u16>,
    size: Option<u64>,
}

/// `MSFT_StorageReliabilityCounter`; only administrators may read it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reliability {
    device_id: Option<String>,
    wear: Option<u8>,
    temperature: Option<u16>,
}

pub(crate) async fn collect(_ctx: &Context) -> Result<Disks, Failure> {
    blocking(|| Ok(Disks { volumes: portable::volumes()?, drives: drives().unwrap_or_default() })).await
}

fn drives() -> Result<Vec<Drive>, Failure> {
    let disks: Vec<PhysicalDisk> =
        wmi(STORAGE, "SELECT DeviceId, FriendlyName, MediaType, BusType, HealthStatus, Size FROM MSFT_PhysicalDisk")?;
    let counters: Vec<Reliability> =
        wmi(STORAGE, "SELECT DeviceId, Wear, Temperature FROM MSFT_StorageReliabilityCounter").unwrap_or_default();
    Ok(disks
        .into_iter()
        .map(|disk| {
            let counter = counters.iter().find(|counter| counter.device_id == disk.device_id);
            Drive {
                name: format!("PhysicalDrive{}", disk.device_id.as_deref().unwrap_or("?")),
                model: disk.friendly_name,
                kind: kind(disk.media_type, disk.bus_type),
                total_bytes: disk.size,
                health: health(disk.health_status),
                wear_percent: counter.and_then(|counter| counter.wear).map(f32::from),
                temperature_celsius: counter
                    .and_then(|counter| counter.temperature)
                    .filter(|celsius| *celsius > 0)
                    .map(f32::from),
            }
        })
        .collect())
}

/// `MediaType` 3 HDD, 4 SSD, 5 SCM; `BusType` 7 USB, 12 SD, 13 MMC.
fn kind(media: Option<u16>, bus: Option<u16>) -> DriveKind {
    match (media, bus) {
        (_, Some(7 | 12 | 13)) => DriveKind::Removable,
        (Some(3), _) => DriveKind::Rotating,
        (Some(4 | 5), _) => DriveKind::Solid,
        _ => DriveKind::Other,
    }
}

/// `HealthStatus` 0 healthy, 1 warning, 2 unhealthy, 5 unknown.
fn health(status: Option<u16>) -> DriveHealth {
    match status {
        Some(0) => DriveHealth::Good,
        Some(1 | 2) => DriveHealth::Failing,
        _ => DriveHealth::Unknown,
    }
}
