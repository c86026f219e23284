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
    security.firewall_on = Some(running.is_some());
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
    fn the_firmwares_variable_is_its_last_byte() {
        assert_eq!(secure_boot(&[6, 0, 0, 0, 1]), Some(true));
        assert_eq!(secure_boot(&[6, 0, 0, 0, 0]), Some(false));
        assert_eq!(secure_boot(&[1]), None);
    }
}
