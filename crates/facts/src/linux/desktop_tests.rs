//! The services of a desktop, speaking D-Bus on a bus of the test's own, and what the collectors make of them.

use std::collections::HashMap;

use deskside_protocol::facts::{Connectivity, DriveHealth};
use zbus::{
    fdo::ObjectManager,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

use super::{fixture, programs::BusDaemon};
use crate::Context;

fn path(path: &str) -> OwnedObjectPath {
    OwnedObjectPath::try_from(path).unwrap()
}

type Unit = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "org.freedesktop.systemd1")]
enum SystemdError {
    #[zbus(error)]
    ZBus(zbus::Error),
    NoSuchUnit(String),
}

struct Systemd;

#[zbus::interface(name = "org.freedesktop.systemd1.Manager")]
impl Systemd {
    fn list_units_filtered(&self, states: Vec<String>) -> Vec<Unit> {
        assert_eq!(states, ["failed"]);
        let unit = |name: &str, at: &str| -> Unit {
            let text = |text: &str| text.to_owned();
            let (loaded, failed) = (text("loaded"), text("failed"));
            (
                text(name),
                text("A service"),
                loaded,
                failed.clone(),
                failed,
                String::new(),
                path(at),
                0,
                String::new(),
                path("/"),
            )
        };
        vec![unit("cups.service", "/unit/cups"), unit("user@1000.service", "/unit/gone")]
    }

    fn get_unit(&self, name: String) -> Result<OwnedObjectPath, SystemdError> {
        match name.as_str() {
            "ufw.service" => Ok(path("/unit/running")),
            "nftables.service" => Ok(path("/unit/running")),
            "clamav-daemon.service" => Ok(path("/unit/cups")),
            _ => Err(SystemdError::NoSuchUnit(name)),
        }
    }
}

struct UnitState(&'static str);

#[zbus::interface(name = "org.freedesktop.systemd1.Unit")]
impl UnitState {
    #[zbus(property)]
    fn active_state(&self) -> String {
        self.0.to_owned()
    }
    #[zbus(property)]
    fn state_change_timestamp(&self) -> u64 {
        1_763_884_800_000_000
    }
}

struct UnitResult;

#[zbus::interface(name = "org.freedesktop.systemd1.Service")]
impl UnitResult {
    #[zbus(property)]
    fn result(&self) -> String {
        "exit-code".to_owned()
    }
    #[zbus(property)]
    fn exec_main_status(&self) -> i32 {
        3
    }
}

struct NetworkManager;

#[zbus::interface(name = "org.freedesktop.NetworkManager")]
impl NetworkManager {
    #[zbus(property)]
    fn connectivity(&self) -> u32 {
        2
    }
    #[zbus(property)]
    fn active_connections(&self) -> Vec<OwnedObjectPath> {
        vec![path("/nm/vpn"), path("/nm/gone")]
    }
    #[zbus(property)]
    fn devices(&self) -> Vec<OwnedObjectPath> {
        vec![path("/nm/gone"), path("/nm/wifi")]
    }
}

struct ActiveVpn;

#[zbus::interface(name = "org.freedesktop.NetworkManager.Connection.Active")]
impl ActiveVpn {
    #[zbus(property)]
    fn vpn(&self) -> bool {
        true
    }
    #[zbus(property)]
    fn state(&self) -> u32 {
        2
    }
}

struct Device;

#[zbus::interface(name = "org.freedesktop.NetworkManager.Device")]
impl Device {
    #[zbus(property)]
    fn device_type(&self) -> u32 {
        2
    }
    #[zbus(property)]
    fn interface(&self) -> String {
        "wlp0s20f3".to_owned()
    }
}

struct Wireless;

#[zbus::interface(name = "org.freedesktop.NetworkManager.Device.Wireless")]
impl Wireless {
    #[zbus(property)]
    fn active_access_point(&self) -> OwnedObjectPath {
        path("/nm/point")
    }
}

struct AccessPoint;

#[zbus::interface(name = "org.freedesktop.NetworkManager.AccessPoint")]
impl AccessPoint {
    #[zbus(property)]
    fn ssid(&self) -> Vec<u8> {
        b"Bureau \xff".to_vec()
    }
    #[zbus(property)]
    fn strength(&self) -> u8 {
        71
    }
    #[zbus(property)]
    fn frequency(&self) -> u32 {
        5180
    }
}

struct ProxyPortal;

#[zbus::interface(name = "org.freedesktop.portal.ProxyResolver")]
impl ProxyPortal {
    fn lookup(&self, _uri: String) -> Vec<String> {
        vec!["http://claire:hunter2@proxy.example:3128".to_owned()]
    }
}

struct NvmeDrive;

#[zbus::interface(name = "org.freedesktop.UDisks2.NVMe.Controller")]
impl NvmeDrive {
    #[zbus(property)]
    fn smart_critical_warning(&self) -> Vec<String> {
        vec!["spare".to_owned()]
    }
    #[zbus(property)]
    fn smart_updated(&self) -> u64 {
        1
    }
    #[zbus(property)]
    fn smart_temperature(&self) -> u16 {
        320
    }
    fn smart_get_attributes(&self, _options: HashMap<String, OwnedValue>) -> HashMap<String, Value<'static>> {
        [("percent_used".to_owned(), Value::U8(93))].into()
    }
}

struct Block;

#[zbus::interface(name = "org.freedesktop.UDisks2.Block")]
impl Block {
    #[zbus(property)]
    fn drive(&self) -> OwnedObjectPath {
        path("/org/freedesktop/UDisks2/drives/samsung")
    }
}

struct Login;

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Login {
    fn list_sessions(&self) -> Vec<(String, u32, String, String, OwnedObjectPath)> {
        let session = |uid: u32, name: &str| (uid.to_string(), uid, name.to_owned(), "seat0".to_owned(), path("/s"));
        vec![session(1001, "bruno"), session(120, "gdm"), session(rustix::process::getuid().as_raw(), "me")]
    }
}

/// A desktop's services, and a laptop's files.
async fn desktop() -> (BusDaemon, zbus::Connection, Context) {
    let daemon = BusDaemon::start();
    let mut building = zbus::connection::Builder::address(daemon.address.as_str()).unwrap();
    for name in [
        "org.freedesktop.systemd1",
        "org.freedesktop.NetworkManager",
        "org.freedesktop.UDisks2",
        "org.freedesktop.login1",
        "org.freedesktop.portal.Desktop",
    ] {
        building = building.name(name).unwrap();
    }
    let connection = building
        .serve_at("/org/freedesktop/systemd1", Systemd)
        .and_then(|b| b.serve_at("/unit/cups", UnitState("failed")))
        .and_then(|b| b.serve_at("/unit/cups", UnitResult))
        .and_then(|b| b.serve_at("/unit/running", UnitState("active")))
        .and_then(|b| b.serve_at("/org/freedesktop/NetworkManager", NetworkManager))
        .and_then(|b| b.serve_at("/nm/vpn", ActiveVpn))
        .and_then(|b| b.serve_at("/nm/wifi", Device))
        .and_then(|b| b.serve_at("/nm/wifi", Wireless))
        .and_then(|b| b.serve_at("/nm/point", AccessPoint))
        .and_then(|b| b.serve_at("/org/freedesktop/portal/desktop", ProxyPortal))
        .and_then(|b| b.serve_at("/org/freedesktop/UDisks2", ObjectManager))
        .and_then(|b| b.serve_at("/org/freedesktop/UDisks2/drives/samsung", NvmeDrive))
        .and_then(|b| b.serve_at("/org/freedesktop/UDisks2/block_devices/nvme0n1", Block))
        .and_then(|b| b.serve_at("/org/freedesktop/login1", Login))
        .unwrap()
        .build()
        .await
        .unwrap();
    let mut ctx = fixture::laptop();
    for bus in ["DBUS_SYSTEM_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS"] {
        ctx.environment.insert(bus.to_owned(), daemon.address.clone());
    }
    (daemon, connection, ctx)
}

#[tokio::test]
async fn failed_units_say_why_and_since_when() {
    let (_daemon, _services, ctx) = desktop().await;
    let failed = crate::services::collect(&ctx).await.unwrap().failed;
    assert_eq!(failed.len(), 4, "two of the system, and two of the user, who asks the same service here");
    assert_eq!((failed[0].name.as_str(), failed[0].result.as_deref()), ("cups.service", Some("exit-code (3)")));
    assert_eq!(failed[0].since.unwrap().unix_ms(), 1_763_884_800_000);
    assert_eq!((failed[0].of_user, failed[3].of_user), (false, true));
    assert_eq!((failed[1].result.clone(), failed[1].since), (None, None), "a unit that is gone is still told");
}

#[tokio::test]
async fn network_manager_tells_portal_vpn_and_wifi() {
    let (_daemon, _services, ctx) = desktop().await;
    let network = crate::network::collect(&ctx).await.unwrap();
    assert_eq!(network.connectivity, Connectivity::Portal);
    assert!(network.vpn_up);
    assert_eq!(network.proxy.as_deref(), Some("http://proxy.example:3128"));
    let wifi = network.interfaces.iter().find_map(|interface| interface.wifi.as_ref()).unwrap();
    assert_eq!((wifi.name.as_str(), wifi.signal_percent, wifi.signal_dbm), ("Bureau \u{fffd}", Some(71), Some(-62)));
    assert_eq!(wifi.frequency_mhz, Some(5180));
}

#[tokio::test]
async fn a_drive_tells_its_fault_and_its_wear() {
    let (_daemon, _services, ctx) = desktop().await;
    let disks = crate::disks::collect(&ctx).await.unwrap();
    let drive = disks.drives.iter().find(|drive| drive.name == "nvme0n1").unwrap();
    assert_eq!((drive.health, drive.wear_percent), (DriveHealth::Failing, Some(93.0)));
    assert_eq!(drive.temperature_celsius, Some(41.85), "the kernel's sensor goes first");
    assert_eq!(disks.drives.iter().find(|drive| drive.name == "sda").unwrap().health, DriveHealth::Unknown);
}

#[tokio::test]
async fn other_people_are_counted_and_the_sign_in_screen_is_not() {
    let (_daemon, _services, ctx) = desktop().await;
    assert_eq!(crate::user::collect(&ctx).await.unwrap().other_sessions, 1);
}

#[tokio::test]
async fn a_firewall_that_is_switched_off_does_not_count_by_its_unit() {
    let (_daemon, _services, ctx) = desktop().await;
    let security = crate::security::collect(&ctx).await.unwrap();
    assert_eq!((security.firewall_on, security.firewall.as_deref()), (Some(true), Some("nftables")));
    assert_eq!(security.antivirus, None, "installed, and not running");
}
