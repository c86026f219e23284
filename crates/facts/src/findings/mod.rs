//! What is unusual about this machine: rules over facts. A rule says nothing where a fact is missing.

pub mod thresholds;

#[cfg(test)]
mod tests;

use deskside_protocol::{
    Timestamp,
    facts::{
        Battery, Connectivity, Crashes, Disks, DriveHealth, Facts, InterfaceKind, Media, Memory, Network, Power,
        Printer, PrinterState, Printers, Processor, Reachability, SectionId, Security, Services, System, Volume,
    },
    ticket::{Finding, FindingCode, Severity},
};

use thresholds as at;

/// What is unusual, worst first; equally bad ones in the order of their sections.
#[must_use]
pub fn findings(facts: &Facts) -> Vec<Finding> {
    findings_at(facts, Timestamp::now())
}

fn findings_at(facts: &Facts, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(system) = facts.system.as_ref().and_then(|section| section.data()) {
        of_system(system, now, &mut found);
    }
    if let Some(processor) = facts.processor.as_ref().and_then(|section| section.data()) {
        of_processor(processor, &mut found);
    }
    if let Some(memory) = facts.memory.as_ref().and_then(|section| section.data()) {
        of_memory(memory, &mut found);
    }
    if let Some(disks) = facts.disks.as_ref().and_then(|section| section.data()) {
        of_disks(disks, &mut found);
    }
    if let Some(network) = facts.network.as_ref().and_then(|section| section.data()) {
        of_network(network, &mut found);
    }
    if let Some(power) = facts.power.as_ref().and_then(|section| section.data()) {
        of_power(power, &mut found);
    }
    if let Some(printers) = facts.printers.as_ref().and_then(|section| section.data()) {
        of_printers(printers, &mut found);
    }
    if let Some(media) = facts.media.as_ref().and_then(|section| section.data()) {
        of_media(media, &mut found);
    }
    if let Some(services) = facts.services.as_ref().and_then(|section| section.data()) {
        of_services(services, &mut found);
    }
    if let Some(crashes) = facts.crashes.as_ref().and_then(|section| section.data()) {
        of_crashes(crashes, now, &mut found);
    }
    if let Some(security) = facts.security.as_ref().and_then(|section| section.data()) {
        of_security(security, &mut found);
    }
    for finding in &mut found {
        // As exactly as one would say it: "6.5 % left", not what a division leaves.
        finding.value = finding.value.map(|value| (value * 10.0).round() / 10.0);
    }
    // Stable, so that the order of sections and of their lists stays within a severity.
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

fn finding(code: FindingCode, section: SectionId, severity: Severity) -> Finding {
    Finding { code, section, severity, subject: None, value: None }
}

fn of(code: FindingCode, section: SectionId, severity: Severity, subject: &str, value: Option<f64>) -> Finding {
    Finding { code, section, severity, subject: Some(subject.to_owned()), value }
}

fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64 * 100.0)
}

fn of_system(system: &System, now: Timestamp, found: &mut Vec<Finding>) {
    if system.restart_pending == Some(true) {
        found.push(finding(FindingCode::RestartPending, SectionId::System, Severity::Notice));
    }
    if let Some(booted) = system.booted_at {
        let days = (now.unix_ms() - booted.unix_ms()) as f64 / 86_400_000.0;
        if days >= at::UPTIME_DAYS {
            let value = Some(days.floor());
            found.push(Finding { value, ..finding(FindingCode::LongUptime, SectionId::System, Severity::Notice) });
        }
    }
}

fn of_processor(processor: &Processor, found: &mut Vec<Finding>) {
    let lasting = |load: [f64; 3]| load[1] >= f64::from(processor.threads.max(1)) * at::LOAD_PER_THREAD;
    if let Some(busy) = processor.busy_percent.filter(|busy| *busy >= at::PROCESSOR_BUSY_PERCENT)
        // Windows keeps no load; there one look has to do.
        && processor.load.is_none_or(lasting)
    {
        let value = Some(f64::from(busy));
        found.push(Finding { value, ..finding(FindingCode::ProcessorBusy, SectionId::Processor, Severity::Warning) });
    }
    if let Some(celsius) = processor.temperature_celsius.filter(|celsius| *celsius >= at::PROCESSOR_HOT_CELSIUS) {
        let value = Some(f64::from(celsius));
        found.push(Finding { value, ..finding(FindingCode::ProcessorHot, SectionId::Processor, Severity::Warning) });
    }
}

fn of_memory(memory: &Memory, found: &mut Vec<Finding>) {
    if let Some(available) = percent(memory.available_bytes, memory.total_bytes).filter(|p| *p < at::MEMORY_LOW_PERCENT)
    {
        let severity = if available < at::MEMORY_VERY_LOW_PERCENT { Severity::Critical } else { Severity::Warning };
        let value = Some(available);
        found.push(Finding { value, ..finding(FindingCode::MemoryLow, SectionId::Memory, severity) });
    }
    if let Some(killed) = memory.killed_for_memory.filter(|killed| *killed > 0) {
        let value = Some(killed as f64);
        found.push(Finding { value, ..finding(FindingCode::MemoryKilled, SectionId::Memory, Severity::Warning) });
    }
}

fn of_disks(disks: &Disks, found: &mut Vec<Finding>) {
    found.extend(disks.volumes.iter().filter_map(of_room).take(at::OF_ONE_KIND));
    let read_only = disks.volumes.iter().filter(|volume| volume.read_only && is_systems(volume));
    found.extend(
        read_only
            .take(at::OF_ONE_KIND)
            .map(|volume| of(FindingCode::DiskReadOnly, SectionId::Disks, Severity::Critical, &volume.mount, None)),
    );
    for drive in disks.drives.iter().take(at::OF_ONE_KIND) {
        let worn = drive.wear_percent.filter(|wear| *wear >= at::DRIVE_WORN_PERCENT);
        let name = drive.model.as_deref().unwrap_or(&drive.name);
        if drive.health == DriveHealth::Failing {
            found.push(of(FindingCode::DriveFailing, SectionId::Disks, Severity::Critical, name, None));
        } else if worn.is_some() {
            found.push(of(FindingCode::DriveFailing, SectionId::Disks, Severity::Warning, name, worn.map(f64::from)));
        }
    }
}

/// Sticks, cards and other machines' volumes may be read-only by intention; those that the system is made of are not.
fn is_systems(volume: &Volume) -> bool {
    let inside = ["/", "/home", "/var", "/tmp", "/usr", "/opt", "/srv", "~"];
    !volume.remote && (inside.contains(&volume.mount.as_str()) || volume.mount.to_uppercase().starts_with("C:"))
}

fn of_room(volume: &Volume) -> Option<Finding> {
    if volume.read_only || volume.total_bytes < at::DISK_SMALL_BYTES {
        return None;
    }
    let free = percent(volume.free_bytes, volume.total_bytes)?;
    let no_inodes = volume.free_inodes_percent.is_some_and(|free| free < at::INODES_FULL_PERCENT);
    let severity = if volume.remote { Severity::Warning } else { Severity::Critical };
    if (free < at::DISK_FULL_PERCENT && volume.free_bytes < at::DISK_SPARE_BYTES) || no_inodes {
        Some(of(FindingCode::DiskFull, SectionId::Disks, severity, &volume.mount, Some(free)))
    } else if free < at::DISK_NEARLY_FULL_PERCENT && volume.free_bytes < at::DISK_ROOMY_BYTES {
        Some(of(FindingCode::DiskNearlyFull, SectionId::Disks, Severity::Warning, &volume.mount, Some(free)))
    } else {
        None
    }
}

fn of_network(network: &Network, found: &mut Vec<Finding>) {
    let section = SectionId::Network;
    let is_link = |kind| match kind {
        InterfaceKind::Wired | InterfaceKind::Wireless | InterfaceKind::Mobile | InterfaceKind::Other => true,
        InterfaceKind::Vpn | InterfaceKind::Virtual => false,
    };
    let linked = network.interfaces.iter().any(|interface| interface.up && is_link(interface.kind));
    // Inside a container the only interface is virtual; whatever has a gateway has a link.
    if (!linked && network.gateways.is_empty()) || network.connectivity == Connectivity::None {
        found.push(finding(FindingCode::NetworkDown, section, Severity::Critical));
        return;
    }
    if network.connectivity == Connectivity::Portal {
        found.push(finding(FindingCode::CaptivePortal, section, Severity::Critical));
    }
    let silent = |list: &[Reachability], code, severity| {
        // One that answers is enough; all silent hinders, one of several is worth knowing.
        let severity = if list.iter().any(|one| one.reachable) { Severity::Notice } else { severity };
        let silent = list.iter().filter(|one| !one.reachable).take(at::OF_ONE_KIND);
        silent.map(|one| of(code, section, severity, &one.target, None)).collect::<Vec<_>>()
    };
    // Many networks have a gateway of IPv6 in name only: with another that answers, nobody misses it, and it stands among
    // the values.
    if !network.gateways.iter().any(|one| one.reachable) {
        found.extend(silent(&network.gateways, FindingCode::GatewayUnreachable, Severity::Warning));
    }
    found.extend(silent(&network.name_servers, FindingCode::NameServerUnreachable, Severity::Critical));
    found.extend(silent(&network.servers, FindingCode::ServerUnreachable, Severity::Warning));
    for wifi in network.interfaces.iter().filter_map(|interface| interface.wifi.as_ref()).take(at::OF_ONE_KIND) {
        let weak = match (wifi.signal_percent, wifi.signal_dbm) {
            (Some(percent), _) => percent < at::WIFI_WEAK_PERCENT,
            (None, Some(dbm)) => dbm < at::WIFI_WEAK_DBM,
            (None, None) => false,
        };
        if weak {
            let value = wifi.signal_percent.map(f64::from);
            found.push(of(FindingCode::WifiWeak, section, Severity::Warning, &wifi.name, value));
        }
    }
}

fn of_power(power: &Power, found: &mut Vec<Finding>) {
    for battery in power.batteries.iter().take(at::OF_ONE_KIND) {
        if let Some(charge) = battery.charge_percent.filter(|charge| *charge < at::BATTERY_LOW_PERCENT)
            && !is_charging(power, battery)
        {
            let severity = if charge < at::BATTERY_VERY_LOW_PERCENT { Severity::Critical } else { Severity::Warning };
            let value = Some(f64::from(charge));
            found.push(of(FindingCode::BatteryLow, SectionId::Power, severity, &battery.name, value));
        }
        if let Some(capacity) = battery.capacity_percent.filter(|capacity| *capacity < at::BATTERY_WORN_PERCENT) {
            let value = Some(f64::from(capacity));
            found.push(of(FindingCode::BatteryWorn, SectionId::Power, Severity::Notice, &battery.name, value));
        }
    }
}

fn is_charging(power: &Power, battery: &Battery) -> bool {
    match battery.state.as_deref().map(str::to_lowercase).as_deref() {
        Some("charging" | "full") => true,
        Some("discharging") => false,
        Some(_) | None => power.on_mains == Some(true),
    }
}

fn of_printers(printers: &Printers, found: &mut Vec<Finding>) {
    let stopped = |printer: &&Printer| printer.state == PrinterState::Stopped || printer.accepting == Some(false);
    found.extend(
        printers.printers.iter().filter(stopped).take(at::OF_ONE_KIND).map(|printer| {
            of(FindingCode::PrinterStopped, SectionId::Printers, Severity::Warning, &printer.name, None)
        }),
    );
    for printer in printers.printers.iter().take(at::OF_ONE_KIND) {
        if let Some(jobs) = printer.jobs.filter(|jobs| *jobs >= at::PRINTER_QUEUE_JOBS) {
            let value = Some(f64::from(jobs));
            found.push(of(FindingCode::PrinterQueue, SectionId::Printers, Severity::Notice, &printer.name, value));
        }
    }
}

fn of_media(media: &Media, found: &mut Vec<Finding>) {
    let muted = media.endpoints.iter().filter(|endpoint| !endpoint.input && endpoint.default);
    found.extend(
        muted
            .filter(|endpoint| endpoint.muted == Some(true) || endpoint.volume_percent == Some(0))
            .map(|endpoint| of(FindingCode::SoundMuted, SectionId::Media, Severity::Notice, &endpoint.name, None)),
    );
}

fn of_services(services: &Services, found: &mut Vec<Finding>) {
    found.extend(
        services
            .failed
            .iter()
            .take(at::OF_ONE_KIND)
            .map(|service| of(FindingCode::ServiceFailed, SectionId::Services, Severity::Warning, &service.name, None)),
    );
}

fn of_crashes(crashes: &Crashes, now: Timestamp, found: &mut Vec<Finding>) {
    let mut named: Vec<&str> = Vec::new();
    for crash in &crashes.crashes {
        let recent = now.unix_ms() - crash.at.unix_ms() < at::CRASH_HOURS * 3_600_000;
        if recent && !named.contains(&crash.program.as_str()) && named.len() < at::OF_ONE_KIND {
            named.push(&crash.program);
        }
    }
    found.extend(
        named
            .into_iter()
            .map(|program| of(FindingCode::ProgramCrashed, SectionId::Crashes, Severity::Warning, program, None)),
    );
}

fn of_security(security: &Security, found: &mut Vec<Finding>) {
    if let Some(waiting) = security.security_updates_pending.filter(|waiting| *waiting > 0) {
        let value = Some(f64::from(waiting));
        found.push(Finding { value, ..finding(FindingCode::SecurityUpdates, SectionId::Security, Severity::Notice) });
    }
    if security.disk_encrypted == Some(false) {
        found.push(finding(FindingCode::DiskNotEncrypted, SectionId::Security, Severity::Notice));
    }
    if security.firewall_on == Some(false) {
        found.push(finding(FindingCode::FirewallOff, SectionId::Security, Severity::Notice));
    }
}
