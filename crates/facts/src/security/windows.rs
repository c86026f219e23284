//! On Windows: BitLocker as the shell shows it, firewall profiles, the Security Center, the update agent's own search.

use ::windows::{
    Win32::System::{
        Com::{CLSCTX_ALL, COINIT_MULTITHREADED, CoCreateInstance, CoInitializeEx},
        UpdateAgent::{IUpdateSession, UpdateSession},
    },
    core::BSTR,
};
use deskside_protocol::{Timestamp, facts::Security};
use serde::Deserialize;

use crate::{
    Context, Failure, blocking,
    windows::{machine_value, wmi},
};

const SECURE_BOOT: &str = r"SYSTEM\CurrentControlSet\Control\SecureBoot\State";
const LAST_SEARCH: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\Results\Detect";
/// The category "Security Updates" of Microsoft Update.
const SECURITY_UPDATES: &str = "0fa1201d-4330-4fa8-8ae9-b877473b6441";

/// `Win32_EncryptableVolume`; only administrators may read it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EncryptableVolume {
    drive_letter: Option<String>,
    protection_status: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FirewallProfile {
    enabled: Option<u16>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Antivirus {
    display_name: Option<String>,
    product_state: Option<u32>,
}

pub(crate) async fn collect(_ctx: &Context) -> Result<Security, Failure> {
    blocking(|| {
        let updates = updates().ok();
        Ok(Security {
            disk_encrypted: encrypted(),
            firewall_on: firewall(),
            firewall: Some("Windows Defender Firewall".to_owned()),
            updates_pending: updates.map(|(all, _)| all),
            security_updates_pending: updates.map(|(_, security)| security),
            updates_checked_at: machine_value::<String>(LAST_SEARCH, "LastSuccessTime").as_deref().and_then(searched),
            secure_boot: machine_value::<u32>(SECURE_BOOT, "UEFISecureBootEnabled").map(|on| on == 1),
            antivirus: antivirus(),
        })
    })
    .await
}

fn encrypted() -> Option<bool> {
    let system = std::env::var("SystemDrive").ok()?;
    let volumes: Vec<EncryptableVolume> = wmi(
        r"root\cimv2\Security\MicrosoftVolumeEncryption",
        "SELECT DriveLetter, ProtectionStatus FROM Win32_EncryptableVolume",
    )
    .ok()?;
    let volume = volumes.into_iter().find(|volume| volume.drive_letter.as_deref() == Some(system.as_str()))?;
    match volume.protection_status {
        Some(0) => Some(false),
        Some(1) => Some(true),
        _ => None,
    }
}

fn firewall() -> Option<bool> {
    let profiles: Vec<FirewallProfile> =
        wmi(r"root\StandardCimv2", "SELECT Enabled FROM MSFT_NetFirewallProfile").ok()?;
    (!profiles.is_empty()).then(|| profiles.iter().all(|profile| profile.enabled == Some(1)))
}

/// The second byte of `productState` says whether protection is on, the third whether its signatures are current.
fn antivirus() -> Option<String> {
    let products: Vec<Antivirus> =
        wmi(r"root\SecurityCenter2", "SELECT displayName, productState FROM AntiVirusProduct").ok()?;
    let told: Vec<String> = products
        .into_iter()
        .filter_map(|product| {
            let state = product.product_state.unwrap_or_default();
            let on = if (state >> 8) & 0xff == 0x10 { "on" } else { "off" };
            let current = if state & 0xff == 0 { "current" } else { "out of date" };
            Some(format!("{}: {on}, {current}", product.display_name?))
        })
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// "2026-11-23 14:52:00", UTC.
fn searched(text: &str) -> Option<Timestamp> {
    let moment = jiff::tz::Offset::UTC.to_timestamp(text.parse::<jiff::civil::DateTime>().ok()?).ok()?;
    Some(Timestamp::from_unix_ms(moment.as_millisecond()))
}

/// Updates that wait, and those of them that mend a security fault; from what the agent knows, without asking the network.
#[expect(unsafe_code, reason = "the update agent is only there through COM")]
fn updates() -> ::windows::core::Result<(u32, u32)> {
    // SAFETY: COM calls on interfaces that this function holds; entering COM twice on a thread is allowed and counted.
    unsafe {
        let _ = CoInitializeEx(None, COINIT_MULTITHREADED);
        let session: IUpdateSession = CoCreateInstance(&UpdateSession, None, CLSCTX_ALL)?;
        let searcher = session.CreateUpdateSearcher()?;
        searcher.SetOnline(false.into())?;
        let updates = searcher.Search(&BSTR::from("IsInstalled=0 and IsHidden=0"))?.Updates()?;
        let count = updates.Count()?;
        let mut security = 0;
        for index in 0..count.min(500) {
            let categories = updates.get_Item(index)?.Categories()?;
            for number in 0..categories.Count()?.min(20) {
                if categories.get_Item(number)?.CategoryID()?.to_string().eq_ignore_ascii_case(SECURITY_UPDATES) {
                    security += 1;
                    break;
                }
            }
        }
        Ok((u32::try_from(count).unwrap_or_default(), security))
    }
}
