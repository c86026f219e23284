//! On Windows: the registry's `CurrentVersion`, and the keys that setup and updates leave when they wait for a restart.

use deskside_protocol::{Timestamp, facts::System};

use crate::{
    Context, Failure, blocking,
    windows::{machine_key, machine_value},
};

const CURRENT: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const COMPONENT_RESTART: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending";
const UPDATE_RESTART: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired";
const SESSION_MANAGER: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager";
/// The first build of Windows 11; its registry still says "Windows 10".
const WINDOWS_11: u32 = 22_000;

pub(crate) async fn collect(_ctx: &Context) -> Result<System, Failure> {
    blocking(|| Ok(read())).await
}

fn read() -> System {
    let text = |name: &str| machine_value::<String>(CURRENT, name).filter(|value| !value.is_empty());
    let build = text("CurrentBuildNumber");
    let number = build.as_deref().and_then(|build| build.parse::<u32>().ok()).unwrap_or_default();
    let mut name = text("ProductName").unwrap_or_else(|| "Windows".to_owned());
    if number >= WINDOWS_11 {
        name = name.replace("Windows 10", "Windows 11");
    }
    let revision = machine_value::<u32>(CURRENT, "UBR");
    let mut restart_reasons = Vec::new();
    if machine_key(UPDATE_RESTART) {
        restart_reasons.push("Windows Update".to_owned());
    }
    if machine_key(COMPONENT_RESTART) {
        restart_reasons.push("Component Based Servicing".to_owned());
    }
    let renames: Option<Vec<String>> = machine_value(SESSION_MANAGER, "PendingFileRenameOperations");
    if renames.is_some_and(|files| files.iter().any(|file| !file.is_empty())) {
        restart_reasons.push("PendingFileRenameOperations".to_owned());
    }
    let zone = jiff::tz::TimeZone::system();
    let offset = zone.to_offset(jiff::Timestamp::now());
    System {
        name,
        version: text("DisplayVersion").or_else(|| text("ReleaseId")),
        build: match (build, revision) {
            (Some(build), Some(revision)) => Some(format!("{build}.{revision}")),
            (build, _) => build,
        },
        kernel: sysinfo::System::kernel_version().ok(),
        architecture: sysinfo::System::cpu_arch(),
        booted_at: sysinfo::System::boot_time()
            .ok()
            .and_then(|seconds| i64::try_from(seconds).ok())
            .map(|seconds| Timestamp::from_unix_ms(seconds.saturating_mul(1000))),
        restart_pending: Some(!restart_reasons.is_empty()),
        restart_reasons,
        time_zone: zone.iana_name().map(str::to_owned),
        utc_offset_minutes: offset.seconds() / 60,
        desktop: None,
        session_type: std::env::var("SESSIONNAME").ok().map(|name| name.to_lowercase()),
    }
}
