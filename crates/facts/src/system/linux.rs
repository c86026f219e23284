//! On Linux: os-release, the kernel, the time zone's link, and what packages leave behind when they want a restart.

use deskside_protocol::{Timestamp, facts::System};
use jiff::tz::TimeZone;

use crate::{
    Context, Failure, blocking,
    linux::files::{self, value},
};

/// Most reasons for a restart that are named.
const REASONS: usize = 16;

pub(crate) async fn collect(ctx: &Context) -> Result<System, Failure> {
    let ctx = ctx.clone();
    blocking(move || Ok(read(&ctx))).await
}

fn read(ctx: &Context) -> System {
    let release = files::text(&ctx.path("/etc/os-release"))
        .or_else(|_| files::text(&ctx.path("/usr/lib/os-release")))
        .map(|text| files::assignments(&text))
        .unwrap_or_default();
    let said = |name: &str| release.get(name).filter(|value| !value.is_empty()).cloned();
    let kernel = value(&ctx.path("/proc/sys/kernel/osrelease"));
    let build = match said("ID").as_deref() {
        // os-release of Debian stays "12" through all its point releases; "12.11" is only here.
        Some("debian") => value(&ctx.path("/etc/debian_version")),
        _ => said("BUILD_ID").or_else(|| said("IMAGE_VERSION")),
    };
    let (restart_pending, restart_reasons) = restart(ctx, kernel.as_deref());
    let time_zone = time_zone(ctx);
    System {
        name: said("PRETTY_NAME").or_else(|| said("NAME")).unwrap_or_else(|| "Linux".to_owned()),
        version: said("VERSION_ID"),
        build,
        kernel,
        architecture: std::env::consts::ARCH.to_owned(),
        booted_at: files::text(&ctx.path("/proc/stat")).ok().and_then(|text| booted_at(&text)),
        restart_pending,
        restart_reasons,
        utc_offset_minutes: utc_offset_minutes(time_zone.as_deref()),
        time_zone,
        desktop: ctx.variable("XDG_CURRENT_DESKTOP").map(str::to_owned),
        session_type: session_type(ctx),
    }
}

fn session_type(ctx: &Context) -> Option<String> {
    let named = ctx.variable("XDG_SESSION_TYPE").filter(|kind| *kind != "unspecified");
    let guessed = || match (ctx.variable("WAYLAND_DISPLAY"), ctx.variable("DISPLAY")) {
        (Some(_), _) => Some("wayland"),
        (None, Some(_)) => Some("x11"),
        (None, None) => None,
    };
    named.or_else(guessed).map(str::to_owned)
}

/// `btime` of `/proc/stat` (proc_stat(5)).
fn booted_at(stat: &str) -> Option<Timestamp> {
    let seconds: i64 = stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(Timestamp::from_unix_ms(seconds.checked_mul(1000)?))
}

/// The zone that `/etc/localtime` points to; its name is the part of the path behind `zoneinfo/`.
fn time_zone(ctx: &Context) -> Option<String> {
    let target = std::fs::read_link(ctx.path("/etc/localtime")).ok();
    let linked = target.as_ref().and_then(|path| path.to_str()?.split_once("zoneinfo/"));
    linked.map(|(_, name)| name.to_owned()).or_else(|| value(&ctx.path("/etc/timezone")))
}

fn utc_offset_minutes(zone: Option<&str>) -> i32 {
    let zone = zone.and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(TimeZone::system);
    zone.to_offset(jiff::Timestamp::now()).seconds() / 60
}

/// Whether something waits for a restart, and what: Debian's flag file, or a kernel that was replaced on disk.
fn restart(ctx: &Context, running: Option<&str>) -> (Option<bool>, Vec<String>) {
    let mut reasons: Vec<String> = files::text(&ctx.path("/run/reboot-required.pkgs"))
        .map(|text| text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect())
        .unwrap_or_default();
    reasons.sort();
    reasons.dedup();
    let mut pending = ctx.path("/run/reboot-required").exists() || !reasons.is_empty();

    let installed: Vec<String> = files::entries(&ctx.path("/boot"))
        .iter()
        .filter_map(|path| files::name(path).strip_prefix("vmlinuz-").map(str::to_owned))
        .filter(|release| release.starts_with(|first: char| first.is_ascii_digit()))
        .collect();
    if let Some(newer) = running.and_then(|running| newer_kernel(running, &installed)) {
        pending = true;
        if !reasons.iter().any(|reason| reason.starts_with("linux-image")) {
            reasons.push(format!("linux-image-{newer}"));
        }
    }
    reasons.truncate(REASONS);
    let can_tell = ctx.path("/var/lib/dpkg/status").exists() || !installed.is_empty();
    ((pending || can_tell).then_some(pending), reasons)
}

/// The newest installed kernel of the running one's flavour, if it is newer than the running one. Says nothing where the
/// running kernel is not among the installed ones, as in a container.
fn newer_kernel<'a>(running: &str, installed: &'a [String]) -> Option<&'a str> {
    if !installed.iter().any(|release| release == running) {
        return None;
    }
    let flavour = |release: &str| release.rsplit_once('-').map(|(_, flavour)| flavour.to_owned());
    let newest = installed
        .iter()
        .filter(|release| flavour(release) == flavour(running))
        .max_by(|one, other| numbers(one).cmp(&numbers(other)))?;
    (numbers(newest) > numbers(running)).then_some(newest)
}

/// The numbers in a kernel release, which order releases of one distribution.
fn numbers(release: &str) -> Vec<u64> {
    release.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;

    #[test]
    fn a_debian_says_its_point_release() {
        let system = read(&fixture::laptop());
        assert_eq!(system.name, "Debian GNU/Linux 12 (bookworm)");
        assert_eq!(system.version.as_deref(), Some("12"));
        assert_eq!(system.build.as_deref(), Some("12.11"));
        assert_eq!(system.time_zone.as_deref(), Some("Europe/Paris"));
        assert!([60, 120].contains(&system.utc_offset_minutes));
        assert_eq!(system.booted_at, Some(Timestamp::from_unix_ms(1_763_884_800_000)));
    }

    #[test]
    fn a_replaced_kernel_and_flagged_packages_wait_for_a_restart() {
        let system = read(&fixture::laptop());
        assert_eq!(system.restart_pending, Some(true));
        assert_eq!(system.restart_reasons, ["dbus", "linux-image-6.1.0-37-amd64"]);
    }

    #[test]
    fn only_a_newer_kernel_of_the_same_flavour_counts() {
        let installed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let both = installed(&["6.1.0-9-amd64", "6.1.0-31-amd64"]);
        assert_eq!(newer_kernel("6.1.0-9-amd64", &both), Some("6.1.0-31-amd64"));
        assert_eq!(newer_kernel("6.1.0-31-amd64", &both), None);
        assert_eq!(newer_kernel("6.1.0-9-amd64", &installed(&["6.1.0-9-amd64", "6.1.0-31-rt-amd64-x"])), None);
        assert_eq!(newer_kernel("5.0-custom", &both), None);
    }

    #[test]
    fn a_machine_that_says_nothing_is_still_a_linux() {
        let system = read(&fixture::silent());
        assert_eq!(system.name, "Linux");
        assert_eq!(system.restart_pending, None);
        assert_eq!(system.booted_at, None);
    }

    #[test]
    fn this_machine_runs_the_kernel_that_it_says() {
        let system = read(&fixture::here());
        let said = rustix::system::uname();
        assert_eq!(system.kernel.as_deref(), said.release().to_str().ok());
        assert!(system.booted_at.unwrap() < Timestamp::now());
    }
}
