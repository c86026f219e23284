//! Facts: a snapshot of this machine, in typed sections. Each section has a purpose, a sensitivity and a cost, and fails
//! alone. The ticket shows them, checks and targeting ask questions of them: this is the one model.
//!
//! Units are in the names of the fields: `_bytes`, `_ms`, `_percent` (0 to 100), `_mhz`, `_celsius`, `_dbm`.
//! `None` means "this machine does not say", never zero.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// How much a section tells about a person, in the preview's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Sensitivity {
    /// About the machine only.
    Machine,
    /// Tells where the machine is or what it is connected to.
    Surroundings,
    /// Tells who uses it or what they do.
    Person,
}

/// What a section costs to collect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Cost {
    /// A few milliseconds; collected for every ticket before the window shows.
    Light,
    /// Asks other programs or the network; collected beside, and the preview fills in.
    Heavy,
}

macro_rules! sections {
    ($( $(#[$doc:meta])* $field:ident / $variant:ident : $data:ty, $sensitivity:ident, $cost:ident, $limit_ms:literal, $default_on:literal; )*) => {
        /// The name of a section.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum SectionId { $( $(#[$doc])* $variant, )* }

        impl SectionId {
            /// All sections, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The name as documents write it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( Self::$variant => stringify!($field), )* }
            }

            /// How much it tells about a person.
            #[must_use]
            pub fn sensitivity(self) -> Sensitivity {
                match self { $( Self::$variant => Sensitivity::$sensitivity, )* }
            }

            /// What it costs to collect.
            #[must_use]
            pub fn cost(self) -> Cost {
                match self { $( Self::$variant => Cost::$cost, )* }
            }

            /// The longest it may take; past that it is [`Section::Failed`] with [`SectionFailure::TimedOut`].
            #[must_use]
            pub fn time_limit(self) -> std::time::Duration {
                std::time::Duration::from_millis(match self { $( Self::$variant => $limit_ms, )* })
            }

            /// Whether it is sent unless the user says no, whatever the problem is about.
            #[must_use]
            pub fn on_by_default(self) -> bool {
                match self { $( Self::$variant => $default_on, )* }
            }
        }

        /// A snapshot of this machine. A section that was not asked for, or that the user switched off, is absent.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct Facts {
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                #[cfg_attr(feature = "typescript", ts(optional))]
                pub $field: Option<Section<$data>>,
            )*
        }

        impl Facts {
            /// The sections that are present.
            #[must_use]
            pub fn present(&self) -> Vec<SectionId> {
                let mut present = Vec::new();
                $( if self.$field.is_some() { present.push(SectionId::$variant); } )*
                present
            }

            /// Takes a section out.
            pub fn remove(&mut self, section: SectionId) {
                match section { $( SectionId::$variant => self.$field = None, )* }
            }

            /// Takes every section of `newer` that is present there, in place of the one held here.
            pub fn update(&mut self, newer: Self) {
                $( if newer.$field.is_some() { self.$field = newer.$field; } )*
            }
        }
    };
}

sections! {
    /// Maker, model, serial number, chassis, virtual or not.
    device / Device: Device, Machine, Light, 500, true;
    /// Name, version, build, kernel, boot time, pending restart, time zone.
    system / System: System, Machine, Light, 500, true;
    /// Processor and how busy it is.
    processor / Processor: Processor, Machine, Light, 500, true;
    /// Memory and its pressure.
    memory / Memory: Memory, Machine, Light, 500, true;
    /// Mounts, free space, health.
    disks / Disks: Disks, Machine, Light, 2000, true;
    /// Interfaces, addresses, Wi-Fi, gateway, name servers, proxy, reachability.
    network / Network: Network, Surroundings, Heavy, 5000, true;
    /// Mains or battery, its charge and wear.
    power / Power: Power, Machine, Light, 2000, true;
    /// Screens and their resolution.
    displays / Displays: Displays, Machine, Light, 2000, false;
    /// Printers and what waits in their queues.
    printers / Printers: Printers, Surroundings, Heavy, 3000, false;
    /// Loudspeakers, microphones and cameras.
    media / Media: Media, Machine, Light, 2000, false;
    /// The programs that use most processor and memory, by name only.
    programs / Programs: Programs, Person, Light, 2000, false;
    /// Services that failed.
    services / Services: Services, Machine, Heavy, 3000, true;
    /// Errors of the system's log, of the last 30 minutes.
    log / Log: SystemLog, Person, Heavy, 4000, false;
    /// Programs that crashed.
    crashes / Crashes: Crashes, Person, Heavy, 4000, false;
    /// Disk encryption, firewall, pending updates.
    security / Security: Security, Machine, Heavy, 4000, false;
    /// Language, formats, keyboard.
    locale / Locale: Locale, Machine, Light, 500, false;
    /// Who is signed in, and their groups.
    user / User: User, Person, Light, 1000, true;
}

/// One section: what was found, or why it could not be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Section<T> {
    /// It was collected.
    Collected {
        /// When.
        at: Timestamp,
        /// How long it took.
        took_ms: u32,
        /// What was found, already redacted.
        data: T,
    },
    /// It could not be collected; the others do not care.
    Failed {
        /// When.
        at: Timestamp,
        /// Why.
        why: SectionFailure,
        /// For technicians, in English, redacted.
        detail: String,
    },
}

impl<T> Section<T> {
    /// What was found, if it was.
    pub fn data(&self) -> Option<&T> {
        match self {
            Self::Collected { data, .. } => Some(data),
            Self::Failed { .. } => None,
        }
    }
}

/// Why a section is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SectionFailure {
    /// It took longer than its time limit.
    TimedOut,
    /// This system has no such interface (no NetworkManager, no CUPS…).
    Unavailable,
    /// It needs rights that the agent does not have.
    Denied,
    /// The collector failed.
    Broken,
}

/// What the machine is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Device {
    /// The machine's own name in the network.
    pub host_name: Option<String>,
    /// "LENOVO".
    pub maker: Option<String>,
    /// "20XW00AAFR".
    pub model: Option<String>,
    /// The maker's serial number; `None` where only root may read it.
    pub serial: Option<String>,
    /// The form of its case.
    pub chassis: Chassis,
    /// The hypervisor or container it runs in ("kvm", "vmware", "docker"), if any.
    pub virtualisation: Option<String>,
    /// Firmware version and its date as the maker writes them.
    pub firmware: Option<String>,
}

/// The form of a machine's case (SMBIOS 3.7, section 7.4.1, folded to what a technician asks).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Chassis {
    /// Desktop, tower, all-in-one, mini PC.
    Desktop,
    /// Laptop, notebook, convertible.
    Laptop,
    /// Tablet or detachable.
    Tablet,
    /// Server, blade.
    Server,
    /// A virtual machine or container.
    Virtual,
    /// Not said, or none of these.
    #[default]
    Other,
}

/// The operating system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct System {
    /// "Debian GNU/Linux 12 (bookworm)".
    pub name: String,
    /// "12".
    pub version: Option<String>,
    /// Build or point release ("12.11", "26100.2314").
    pub build: Option<String>,
    /// Kernel release.
    pub kernel: Option<String>,
    /// "x86_64", "aarch64".
    pub architecture: String,
    /// When it was started.
    pub booted_at: Option<Timestamp>,
    /// Whether an installed update waits for a restart.
    pub restart_pending: Option<bool>,
    /// What asks for the restart (package names, update titles).
    pub restart_reasons: Vec<String>,
    /// IANA name, "Europe/Paris".
    pub time_zone: Option<String>,
    /// Offset from UTC now, in minutes.
    pub utc_offset_minutes: i32,
    /// Desktop environment and session type ("XFCE", "x11").
    pub desktop: Option<String>,
    /// "x11", "wayland", "tty".
    pub session_type: Option<String>,
}

/// The processor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Processor {
    /// "Intel(R) Core(TM) i7-1185G7".
    pub model: Option<String>,
    /// Physical cores.
    pub cores: Option<u32>,
    /// Logical processors.
    pub threads: u32,
    /// Present frequency of the fastest core.
    pub frequency_mhz: Option<u64>,
    /// Busy share of all processors over the sampling time, 0 to 100.
    pub busy_percent: Option<f32>,
    /// Average number of tasks that ran or waited over 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// Share of time in which some task waited for a processor, last 10 s (Linux PSI), 0 to 100.
    pub pressure_percent: Option<f32>,
    /// Hottest processor sensor.
    pub temperature_celsius: Option<f32>,
}

/// Memory.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Memory {
    /// Installed, as the system sees it.
    pub total_bytes: u64,
    /// What programs can still get without swapping.
    pub available_bytes: u64,
    /// Size of swap or page file.
    pub swap_total_bytes: u64,
    /// Part of it in use.
    pub swap_used_bytes: u64,
    /// Share of time in which some task waited for memory, last 10 s (Linux PSI), 0 to 100.
    pub pressure_percent: Option<f32>,
    /// Programs that the kernel ended for lack of memory since start.
    pub killed_for_memory: Option<u64>,
}

/// Disks and what is mounted of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Disks {
    /// File systems a user can fill.
    pub volumes: Vec<Volume>,
    /// The physical devices below.
    pub drives: Vec<Drive>,
}

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Volume {
    /// Where it is mounted ("/", "C:"); home folders are redacted to `~`.
    pub mount: String,
    /// "ext4", "ntfs", "nfs4".
    pub file_system: String,
    /// Size.
    pub total_bytes: u64,
    /// What an ordinary user can still write.
    pub free_bytes: u64,
    /// Free index nodes, 0 to 100; `None` where the file system has no such limit.
    pub free_inodes_percent: Option<f32>,
    /// Mounted without write permission.
    pub read_only: bool,
    /// On another machine.
    pub remote: bool,
}

/// A physical drive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Drive {
    /// "nvme0n1", "PhysicalDrive0".
    pub name: String,
    /// As the maker calls it.
    pub model: Option<String>,
    /// What it is made of.
    pub kind: DriveKind,
    /// Size.
    pub total_bytes: Option<u64>,
    /// What the drive says about itself.
    pub health: DriveHealth,
    /// Endurance used, 0 to 100 and above when past its rating (NVMe: Percentage Used).
    pub wear_percent: Option<f32>,
    /// The drive's own sensor.
    pub temperature_celsius: Option<f32>,
}

/// What a drive is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DriveKind {
    /// Flash.
    Solid,
    /// Rotating.
    Rotating,
    /// USB stick, card.
    Removable,
    /// Not said, or virtual.
    Other,
}

/// What a drive says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DriveHealth {
    /// It reports no fault.
    Good,
    /// It reports a fault or expects one.
    Failing,
    /// It cannot be asked with the agent's rights.
    Unknown,
}

/// The network, as seen from here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Network {
    /// Interfaces but loopback.
    pub interfaces: Vec<Interface>,
    /// Default gateways and whether they answer.
    pub gateways: Vec<Reachability>,
    /// Name servers and whether they answer.
    pub name_servers: Vec<Reachability>,
    /// Search domains.
    pub domains: Vec<String>,
    /// Proxy address without credentials, or the address of its automatic configuration.
    pub proxy: Option<String>,
    /// Whether a VPN interface is up.
    pub vpn_up: bool,
    /// What the system thinks of its connection.
    pub connectivity: Connectivity,
    /// The servers Deskside is set up for.
    pub servers: Vec<Reachability>,
}

/// What the system thinks of its connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Connectivity {
    /// No link at all.
    None,
    /// A link, and the outside cannot be reached.
    Limited,
    /// A page asks for a sign-in first (hotel, guest Wi-Fi).
    Portal,
    /// All well.
    Full,
    /// Nobody on this machine watches it.
    #[default]
    Unknown,
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Interface {
    /// "wlp0s20f3", "Ethernet 2".
    pub name: String,
    /// What it is.
    pub kind: InterfaceKind,
    /// Whether it has a link.
    pub up: bool,
    /// Hardware address, `aa:bb:cc:dd:ee:ff`.
    pub mac: Option<String>,
    /// Addresses with prefix length, `192.0.2.4/24`.
    pub addresses: Vec<String>,
    /// Negotiated speed.
    pub speed_mbit: Option<u32>,
    /// Largest packet.
    pub mtu: Option<u32>,
    /// Its Wi-Fi, if it is one and connected.
    pub wifi: Option<Wifi>,
    /// Packets that could not be received or sent since start.
    pub errors: Option<u64>,
}

/// What an interface is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum InterfaceKind {
    /// A cable.
    Wired,
    /// Wi-Fi.
    Wireless,
    /// Mobile network.
    Mobile,
    /// A tunnel.
    Vpn,
    /// Bridges, containers, virtual switches.
    Virtual,
    /// Anything else.
    Other,
}

/// A Wi-Fi connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Wifi {
    /// The network's name.
    pub name: String,
    /// Signal, 0 to 100.
    pub signal_percent: Option<u8>,
    /// Signal at the antenna.
    pub signal_dbm: Option<i32>,
    /// Channel frequency.
    pub frequency_mhz: Option<u32>,
}

/// Whether something answers, and how fast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reachability {
    /// Address or name of what was asked, without credentials.
    pub target: String,
    /// Whether it answered.
    pub reachable: bool,
    /// How long the answer took.
    pub answer_ms: Option<f32>,
    /// Why not, in English.
    pub detail: Option<String>,
}

/// Mains and battery.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Power {
    /// On mains; `None` where nothing says.
    pub on_mains: Option<bool>,
    /// Batteries of the machine itself.
    pub batteries: Vec<Battery>,
}

/// A battery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Battery {
    /// "BAT0" or the maker's name.
    pub name: String,
    /// Charge, 0 to 100.
    pub charge_percent: Option<f32>,
    /// Charging, discharging, full… as the system says.
    pub state: Option<String>,
    /// Full charge today over full charge when new, 0 to 100.
    pub capacity_percent: Option<f32>,
    /// Charge cycles.
    pub cycles: Option<u32>,
    /// Left until empty, when discharging.
    pub minutes_left: Option<u32>,
}

/// Screens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Displays {
    /// Each connected screen.
    pub displays: Vec<Display>,
    /// Graphics adapters.
    pub adapters: Vec<String>,
}

/// A screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Display {
    /// Connector or name ("eDP-1").
    pub name: String,
    /// Maker and model from its EDID, if any.
    pub model: Option<String>,
    /// Width of the picture, in pixels.
    pub width_px: u32,
    /// Height of the picture, in pixels.
    pub height_px: u32,
    /// Pictures per second.
    pub refresh_hz: Option<f32>,
    /// Whether it is the main one.
    pub primary: bool,
}

/// Printers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Printers {
    /// Each printer set up here.
    pub printers: Vec<Printer>,
}

/// A printer and its queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Printer {
    /// Its name here.
    pub name: String,
    /// Where it stands, as IT wrote it.
    pub location: Option<String>,
    /// Maker and model.
    pub model: Option<String>,
    /// Whether it is the default.
    pub default: bool,
    /// What it does now.
    pub state: PrinterState,
    /// Why it is in that state, as it says ("media-empty", "toner-low"; RFC 8011, section 5.4.12).
    pub reasons: Vec<String>,
    /// Whether it takes new jobs.
    pub accepting: Option<bool>,
    /// Jobs that wait.
    pub jobs: Option<u32>,
    /// Where it is, without credentials.
    pub uri: Option<String>,
}

/// What a printer does now (RFC 8011, section 5.4.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PrinterState {
    /// Ready.
    Idle,
    /// Printing.
    Processing,
    /// Stopped: needs somebody.
    Stopped,
    /// It does not say.
    Unknown,
}

/// Sound and cameras.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Media {
    /// Sound cards.
    pub sound: Vec<String>,
    /// Inputs and outputs with their state, where a sound server tells.
    pub endpoints: Vec<SoundEndpoint>,
    /// Cameras.
    pub cameras: Vec<String>,
}

/// An input or output of the sound server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SoundEndpoint {
    /// Its name.
    pub name: String,
    /// Whether it is a microphone.
    pub input: bool,
    /// Whether it is the default.
    pub default: bool,
    /// Whether it is silenced.
    pub muted: Option<bool>,
    /// Volume, 0 to 100 and above when amplified.
    pub volume_percent: Option<u16>,
}

/// The programs that use most. Names only: no arguments, no window titles, no user names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Programs {
    /// How many processes run.
    pub running: u32,
    /// The busiest, first the busiest.
    pub by_processor: Vec<Program>,
    /// The largest, first the largest.
    pub by_memory: Vec<Program>,
}

/// All processes of one name together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Program {
    /// Name of the executable.
    pub name: String,
    /// Processes of this name.
    pub processes: u32,
    /// Share of one processor, 0 to 100 times the number of processors.
    pub processor_percent: f32,
    /// Resident memory.
    pub memory_bytes: u64,
}

/// Services that failed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Services {
    /// The failed ones, of the system and of the user.
    pub failed: Vec<FailedService>,
}

/// A service that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailedService {
    /// "cups.service", "Spooler".
    pub name: String,
    /// What it is, as its author says.
    pub description: Option<String>,
    /// The result ("exit-code", "timeout") or exit code.
    pub result: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Whether it is the user's own rather than the system's.
    pub of_user: bool,
}

/// Errors of the system's log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SystemLog {
    /// The lines, newest first, equal ones folded.
    pub lines: Vec<LogLine>,
    /// Lines that were left out for number or age limits.
    pub left_out: u32,
}

/// A line of the system's log, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// When (the last time, if repeated).
    pub at: Timestamp,
    /// Who wrote it (unit, program, event source).
    pub source: String,
    /// How bad (RFC 5424, section 6.2.1: 0 emergency to 3 error).
    pub severity: u8,
    /// What it says.
    pub message: String,
    /// How often it was said.
    pub times: u32,
}

/// Programs that crashed in the last seven days.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Crashes {
    /// Newest first.
    pub crashes: Vec<Crash>,
}

/// A crash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Crash {
    /// Name of the executable.
    pub program: String,
    /// When.
    pub at: Timestamp,
    /// Signal or exception ("SIGSEGV", "0xc0000005").
    pub reason: Option<String>,
}

/// The state of protections.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Security {
    /// Whether the system's disk is encrypted (LUKS, BitLocker, FileVault).
    pub disk_encrypted: Option<bool>,
    /// Whether a firewall filters.
    pub firewall_on: Option<bool>,
    /// Which one.
    pub firewall: Option<String>,
    /// Updates that wait to be installed.
    pub updates_pending: Option<u32>,
    /// Those of them that mend a security fault.
    pub security_updates_pending: Option<u32>,
    /// When the list of updates was last refreshed.
    pub updates_checked_at: Option<Timestamp>,
    /// Whether the firmware starts only signed systems.
    pub secure_boot: Option<bool>,
    /// Virus protection and whether it is on and current, where the system tells.
    pub antivirus: Option<String>,
}

/// Language and keyboard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Locale {
    /// Language of texts, BCP 47 ("fr-FR").
    pub language: Option<String>,
    /// Formats of dates and numbers, BCP 47.
    pub formats: Option<String>,
    /// Keyboard layouts ("fr(oss)").
    pub keyboards: Vec<String>,
    /// Character encoding.
    pub encoding: Option<String>,
}

/// Who is signed in here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// Login name.
    pub login: String,
    /// Name as people say it.
    pub display_name: Option<String>,
    /// Domain or directory, if the account is from one.
    pub domain: Option<String>,
    /// Groups that the account is in.
    pub groups: Vec<String>,
    /// Whether it may administer the machine.
    pub administrator: Option<bool>,
    /// Others signed in at the same time.
    pub other_sessions: u32,
}
