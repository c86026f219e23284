//! On Linux: LUKS below the root file system, the firewall that is set up, the updates that apt would install, Secure Boot.

mod encryption;
mod updates;
mod versions;

use deskside_protocol::facts::Security;
use zbus::zvariant::OwnedObjectPath;

use crate::{
    Context, Failure, blocking,
    linux::{bus::Bus, files},
};

const SYSTEMD: &str = "org.freedesktop.systemd1";
const MANAGER: (&str, &str, &str) = (SYSTEMD, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager");
/// The variable of the firmware, by the vendor's number that UEFI gives to all global ones (UEFI 2.10, section 3.3).
const SECURE_BOOT: &str = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// Units that filter once they run, and how people call them.
const FIREWALLS: &[(&str, &str)] = &[
    ("firewalld.service", "firewalld"),
    ("ufw.service", "ufw"),
    ("nftables.service", "nftables"),
    ("netfilter-persistent.service", "iptables"),
    ("iptables.service", "iptables"),
    ("shorewall.service", "Shorewall"),
];
/// Units of virus protection.
const ANTIVIRUS: &[(&str, &str)] = &[
    ("mdatp.service", "Microsoft Defender"),
    ("falcon-sensor.service", "CrowdStrike Falcon"),
    ("sentinelone.service", "SentinelOne"),
    ("sophos-spl.service", "Sophos"),
    ("eea.service", "ESET"),
    ("esets.service", "ESET"),
    ("ds_agent.service", "Trend Micro"),
    ("bdsec.service", "Bitdefender"),
    ("clamav-daemon.service", "ClamAV"),
];

pub(crate) async fn collect(ctx: &Context) -> Result<Security, Failure> {
    let for_read = ctx.clone();
    let for_updates = ctx.clone();
    let (read, updates, bus) = tokio::join!(
        blocking(move || Ok(read(&for_read))),
        blocking(move || Ok(updates::read(&for_updates))),
        Bus::system(ctx),
    );
    let (mut security, updates) = (read?, updates?);
    security.updates_pending = updates.pending;
    security.security_updates_pending = updates.of_security;
    security.updates_checked_at = updates.checked_at;
    if let Ok(bus) = bus {
        ask(&bus, ctx, &mut security).await;
    }
    Ok(security)
}

fn read(ctx: &Context) -> Security {
    Security {
        disk_encrypted: encryption::root_is_encrypted(ctx),
        secure_boot: files::bytes(&ctx.path(SECURE_BOOT), 16).ok().and_then(|bytes| secure_boot(&bytes)),
        ..Security::default()
    }
}

/// Four bytes of attributes, and the value: 1 for on (UEFI 2.10, section 3.3).
fn secure_boot(variable: &[u8]) -> Option<bool> {
    match variable {
        [_, _, _, _, on] => Some(*on == 1),
        _ => None,
    }
}

/// Asks systemd what runs. Only where it answers can one say that nothing filters.
async fn ask(bus: &Bus, ctx: &Context, security: &mut Security) {
    let mut running = None;
    for (unit, name) in FIREWALLS {
        match is_active(bus, unit).await {
            // ufw's unit is active also when ufw is off.
            Some(true) if *name == "ufw" && !ufw_is_on(ctx) => {}
            Some(true) => {
                running = Some(*name);
                break;
            }
            Some(false) => {}
            None => return,
        }
    }
    // Rules can be loaded without a unit (by hand, by a script, by a container runtime), and only root can read them:
    // off is certain only where the kernel has nothing that filters.
    security.firewall_on = match running {
        Some(_) => Some(true),
        None if kernel_cannot_filter(ctx) => Some(false),
        None => None,
    };
    security.firewall = running.map(str::to_owned);
    for (unit, name) in ANTIVIRUS {
        if is_active(bus, unit).await == Some(true) {
            security.antivirus = Some(format!("{name}, running"));
            return;
        }
    }
}

/// Whether a unit runs; `None` if systemd does not answer at all. A unit that is not there does not run.
async fn is_active(bus: &Bus, unit: &str) -> Option<bool> {
    let found: Result<OwnedObjectPath, Failure> = bus.call(MANAGER, "GetUnit", &unit).await;
    let path = match found {
        Ok(path) => path,
        Err(failure) if failure.detail.contains("NoSuchUnit") => return Some(false),
        Err(_) => return None,
    };
    let said = bus.properties((SYSTEMD, path.as_str(), "org.freedesktop.systemd1.Unit")).await.ok()?;
    Some(said.text("ActiveState").as_deref() == Some("active"))
}

/// Whether no packet filter is loaded, nor built into the kernel; `false` also where that cannot be read.
fn kernel_cannot_filter(ctx: &Context) -> bool {
    let Some(release) = files::value(&ctx.path("/proc/sys/kernel/osrelease")) else { return false };
    let built_in = ctx.path(format!("/lib/modules/{release}/modules.builtin"));
    match (files::text(&ctx.path("/proc/modules")), files::text(&built_in)) {
        (Ok(loaded), Ok(built_in)) => names_no_filter(&loaded, &built_in),
        (Err(_), _) | (_, Err(_)) => false,
    }
}

/// `loaded` as proc_modules(5) has it, `built_in` as kbuild's `modules.builtin`: one module a line, its name first, or
/// the path of its file.
fn names_no_filter(loaded: &str, built_in: &str) -> bool {
    const FILTERS: [&str; 4] = ["nf_tables", "ip_tables", "ip6_tables", "x_tables"];
    let loaded = loaded.lines().filter_map(|line| line.split(' ').next());
    let built_in = built_in.lines().filter_map(|line| line.rsplit('/').next()?.split('.').next());
    loaded.chain(built_in).all(|module| !FILTERS.contains(&module))
}

/// ufw.conf(5).
fn ufw_is_on(ctx: &Context) -> bool {
    let conf = files::text(&ctx.path("/etc/ufw/ufw.conf")).unwrap_or_default();
    files::assignments(&conf).get("ENABLED").is_some_and(|on| on.eq_ignore_ascii_case("yes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;

    #[tokio::test]
    async fn a_laptop_says_what_protects_it() {
        let security = collect(&fixture::laptop()).await.unwrap();
        assert_eq!(security.disk_encrypted, Some(true));
        assert_eq!(security.secure_boot, Some(true));
        assert_eq!((security.updates_pending, security.security_updates_pending), (Some(2), Some(1)));
        assert_eq!(security.firewall_on, None, "nobody could be asked");
    }

    #[test]
    fn only_a_kernel_without_a_packet_filter_is_certain_to_let_all_through() {
        let loaded = "e1000e 323584 0 - Live 0x0000000000000000\n";
        let built_in = "kernel/fs/ext4/ext4.ko\nkernel/net/ipv4/tunnel4.ko\n";
        assert!(names_no_filter(loaded, built_in));
        let by_hand = format!("{loaded}nf_tables 315392 47 nft_ct, Live 0x0000000000000000\n");
        assert!(!names_no_filter(&by_hand, built_in), "rules that nobody's unit has loaded may filter");
        assert!(!names_no_filter(loaded, &format!("{built_in}kernel/net/netfilter/x_tables.ko\n")));
        assert!(!kernel_cannot_filter(&fixture::laptop()), "what cannot be read proves nothing");
    }

    #[test]
    fn the_firmwares_variable_is_its_last_byte() {
        assert_eq!(secure_boot(&[6, 0, 0, 0, 1]), Some(true));
        assert_eq!(secure_boot(&[6, 0, 0, 0, 0]), Some(false));
        assert_eq!(secure_boot(&[1]), None);
    }
}
