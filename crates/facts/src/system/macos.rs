//! On macOS: `SystemVersion.plist`, and the kernel by `sysinfo`.

use deskside_protocol::{Timestamp, facts::System};

use crate::{
    Context, Failure, blocking,
    macos::plists::{self, text},
};

const VERSION: &str = "/System/Library/CoreServices/SystemVersion.plist";

pub(crate) async fn collect(ctx: &Context) -> Result<System, Failure> {
    let file = ctx.path(VERSION);
    blocking(move || {
        let said = plists::read(&file)?;
        let version = text(&said, &["ProductVersion"]);
        let product = text(&said, &["ProductName"]).unwrap_or_else(|| "macOS".to_owned());
        let zone = jiff::tz::TimeZone::system();
        let offset = zone.to_offset(jiff::Timestamp::now());
        Ok(System {
            name: version.as_ref().map_or_else(|| product.clone(), |version| format!("{product} {version}")),
            version,
            build: text(&said, &["ProductBuildVersion"]),
            kernel: sysinfo::System::kernel_version().ok(),
            architecture: sysinfo::System::cpu_arch(),
            booted_at: sysinfo::System::boot_time()
                .ok()
                .and_then(|seconds| i64::try_from(seconds).ok())
                .map(|seconds| Timestamp::from_unix_ms(seconds.saturating_mul(1000))),
            // macOS installs at the restart that it asks for; what waits is in the section on protections.
            restart_pending: None,
            restart_reasons: Vec::new(),
            time_zone: zone.iana_name().map(str::to_owned),
            utc_offset_minutes: offset.seconds() / 60,
            desktop: None,
            session_type: None,
        })
    })
    .await
}
