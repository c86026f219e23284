//! What `sysinfo` tells the same way on Windows and macOS. Linux reads its own sources, which tell more.

use std::{collections::BTreeMap, time::Duration};

use deskside_protocol::{
    facts::{Interface, InterfaceKind, Memory, Program, Programs, Volume},
    limits::FACTS_LIST,
};
use sysinfo::{CpuRefreshKind, Disks, MemoryRefreshKind, Networks, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::Failure;

/// Time between the two looks at the clocks of processors and processes; `sysinfo` needs two to tell how busy they are.
const SAMPLE: Duration = Duration::from_millis(200);
/// Programs in each of the two lists.
const PROGRAMS: usize = 10;

fn failed(doing: &str, error: &sysinfo::Error) -> Failure {
    Failure::broken(format!("{doing}: {error:?}"))
}

/// The processors and how busy they are. Windows has clocks of its own for it.
#[cfg(target_os = "macos")]
pub(crate) fn processor() -> Result<deskside_protocol::facts::Processor, Failure> {
    let mut system = System::new().map_err(|error| failed("sysinfo", &error))?;
    system.refresh_cpu_list(CpuRefreshKind::everything());
    std::thread::sleep(SAMPLE);
    system.refresh_cpu_usage();
    let first = system.cpus().first();
    Ok(deskside_protocol::facts::Processor {
        model: first.map(|cpu| cpu.brand().trim().to_owned()).filter(|brand| !brand.is_empty()),
        cores: System::physical_core_count().ok().and_then(|count| u32::try_from(count).ok()),
        threads: u32::try_from(system.cpus().len()).unwrap_or(u32::MAX),
        frequency_mhz: system.cpus().iter().map(sysinfo::Cpu::frequency).max().filter(|mhz| *mhz > 0),
        busy_percent: Some(system.global_cpu_usage()),
        load: System::load_average().ok().map(|load| [load.one, load.five, load.fifteen]),
        pressure_percent: None,
        temperature_celsius: None,
    })
}

/// Memory and swap.
pub(crate) fn memory() -> Result<Memory, Failure> {
    let mut system = System::new().map_err(|error| failed("sysinfo", &error))?;
    system.refresh_memory_specifics(MemoryRefreshKind::everything());
    if system.total_memory() == 0 {
        return Err(Failure::broken("the system shows no memory"));
    }
    Ok(Memory {
        total_bytes: system.total_memory(),
        available_bytes: system.available_memory(),
        swap_total_bytes: system.total_swap(),
        swap_used_bytes: system.used_swap(),
        pressure_percent: None,
        killed_for_memory: None,
    })
}

/// File systems, each once.
pub(crate) fn volumes() -> Result<Vec<Volume>, Failure> {
    let disks = Disks::new_with_refreshed_list().map_err(|error| failed("disks", &error))?;
    let mut volumes: BTreeMap<String, Volume> = BTreeMap::new();
    for disk in disks.iter() {
        let file_system = disk.file_system().to_string_lossy().into_owned();
        let mount = disk.mount_point().to_string_lossy().into_owned();
        let remote = is_remote(&file_system, &mount);
        volumes.entry(mount.clone()).or_insert(Volume {
            mount,
            remote,
            file_system,
            total_bytes: disk.total_space(),
            free_bytes: disk.available_space(),
            free_inodes_percent: None,
            read_only: disk.is_read_only(),
        });
    }
    Ok(volumes.into_values().filter(|volume| volume.total_bytes > 0).take(FACTS_LIST).collect())
}

fn is_remote(file_system: &str, mount: &str) -> bool {
    matches!(file_system.to_ascii_lowercase().as_str(), "smbfs" | "nfs" | "afpfs" | "webdav" | "cifs")
        || mount.starts_with(r"\\")
}

/// The programs that use most, by name only.
pub(crate) fn programs() -> Result<Programs, Failure> {
    let mut system = System::new().map_err(|error| failed("sysinfo", &error))?;
    // Windows counts a process's share by the number of processors, which must be known first.
    system.refresh_cpu_list(CpuRefreshKind::nothing());
    let look = ProcessRefreshKind::nothing().with_cpu().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, look);
    std::thread::sleep(SAMPLE);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, look);
    let mut by_name: BTreeMap<String, Program> = BTreeMap::new();
    for process in system.processes().values() {
        let name = process.name().to_string_lossy().into_owned();
        let program = by_name.entry(name.clone()).or_insert(Program {
            name,
            processes: 0,
            processor_percent: 0.0,
            memory_bytes: 0,
        });
        program.processes += 1;
        program.processor_percent += process.cpu_usage();
        program.memory_bytes = program.memory_bytes.saturating_add(process.memory());
    }
    let all: Vec<Program> = by_name.into_values().collect();
    Ok(Programs {
        running: u32::try_from(system.processes().len()).unwrap_or(u32::MAX),
        by_processor: most(&all, |a, b| b.processor_percent.total_cmp(&a.processor_percent)),
        by_memory: most(&all, |a, b| b.memory_bytes.cmp(&a.memory_bytes)),
    })
}

fn most(all: &[Program], order: impl Fn(&Program, &Program) -> std::cmp::Ordering) -> Vec<Program> {
    let mut sorted = all.to_vec();
    sorted.sort_by(order);
    sorted.truncate(PROGRAMS);
    sorted
}

/// Interfaces but loopback, with their addresses; the caller knows better what each one is.
pub(crate) fn interfaces(kind_of: impl Fn(&str) -> InterfaceKind) -> Result<Vec<Interface>, Failure> {
    let networks = Networks::new_with_refreshed_list().map_err(|error| failed("networks", &error))?;
    let mut interfaces: Vec<Interface> = networks
        .iter()
        .filter(|(_, data)| !data.ip_networks().iter().any(|network| network.addr.is_loopback()))
        .map(|(name, data)| (name.to_string_lossy().into_owned(), data))
        .map(|(name, data)| Interface {
            kind: kind_of(&name),
            name,
            up: data.operational_state() == sysinfo::InterfaceOperationalState::Up,
            mac: Some(data.mac_address().to_string()).filter(|mac| mac != "00:00:00:00:00:00"),
            addresses: data.ip_networks().iter().map(ToString::to_string).collect(),
            speed_mbit: data.receive_link_speed().and_then(|bits| u32::try_from(bits / 1_000_000).ok()),
            mtu: u32::try_from(data.mtu()).ok().filter(|mtu| *mtu > 0),
            wifi: None,
            errors: Some(data.total_errors_on_received().saturating_add(data.total_errors_on_transmitted())),
        })
        .collect();
    interfaces.sort_by(|a, b| b.up.cmp(&a.up).then_with(|| a.name.cmp(&b.name)));
    interfaces.truncate(FACTS_LIST);
    Ok(interfaces)
}
