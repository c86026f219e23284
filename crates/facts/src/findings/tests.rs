use deskside_protocol::facts::{
    Crash, Drive, DriveKind, FailedService, Interface, Section, SectionFailure, SoundEndpoint, Wifi,
};

use super::*;

const NOW: i64 = 1_800_000_000_000;
const GIB: u64 = 1024 * 1024 * 1024;

fn now() -> Timestamp {
    Timestamp::from_unix_ms(NOW)
}

fn here<T>(data: T) -> Option<Section<T>> {
    Some(Section::Collected { at: now(), took_ms: 1, data })
}

/// The codes, severities and values that facts lead to.
fn said(facts: &Facts) -> Vec<(FindingCode, Severity, Option<f64>)> {
    findings_at(facts, now()).into_iter().map(|finding| (finding.code, finding.severity, finding.value)).collect()
}

fn codes(facts: &Facts) -> Vec<FindingCode> {
    said(facts).into_iter().map(|(code, ..)| code).collect()
}

fn volume(total_bytes: u64, free_bytes: u64) -> Volume {
    Volume {
        mount: "/".into(),
        file_system: "ext4".into(),
        total_bytes,
        free_bytes,
        free_inodes_percent: Some(50.0),
        read_only: false,
        remote: false,
    }
}

fn with_volume(volume: Volume) -> Facts {
    Facts { disks: here(Disks { volumes: vec![volume], drives: Vec::new() }), ..Facts::default() }
}

#[test]
fn a_machine_that_says_nothing_has_no_findings() {
    assert!(findings(&Facts::default()).is_empty());
    let failed = Section::Failed { at: now(), why: SectionFailure::Broken, detail: String::new() };
    assert!(codes(&Facts { memory: Some(failed), ..Facts::default() }).is_empty());
}

#[test]
fn a_volume_is_nearly_full_below_a_tenth_unless_that_is_a_lot() {
    assert_eq!(codes(&with_volume(volume(100 * GIB, 10 * GIB))), []);
    assert_eq!(codes(&with_volume(volume(100 * GIB, 10 * GIB - 1))), [FindingCode::DiskNearlyFull]);
    assert_eq!(codes(&with_volume(volume(1000 * GIB, 20 * GIB))), []);
    assert_eq!(codes(&with_volume(volume(1000 * GIB, 20 * GIB - 1))), [FindingCode::DiskNearlyFull]);
}

#[test]
fn a_volume_is_full_below_two_percent_unless_documents_can_still_be_saved() {
    assert_eq!(codes(&with_volume(volume(100 * GIB, 2 * GIB))), [FindingCode::DiskNearlyFull]);
    let full = said(&with_volume(volume(100 * GIB, GIB)));
    assert_eq!(full, [(FindingCode::DiskFull, Severity::Critical, Some(1.0))]);
    assert_eq!(codes(&with_volume(volume(1000 * GIB, 5 * GIB))), [FindingCode::DiskNearlyFull]);
    assert_eq!(codes(&with_volume(volume(1000 * GIB, 5 * GIB - 1))), [FindingCode::DiskFull]);
}

#[test]
fn boot_partitions_are_made_nearly_full() {
    assert_eq!(codes(&with_volume(volume(2 * GIB - 1, 0))), []);
    assert_eq!(codes(&with_volume(volume(2 * GIB, 0))), [FindingCode::DiskFull]);
}

#[test]
fn a_volume_without_index_nodes_is_full_whatever_its_room() {
    for (free, expected) in [(2.0, vec![]), (1.9, vec![FindingCode::DiskFull])] {
        let volume = Volume { free_inodes_percent: Some(free), ..volume(100 * GIB, 50 * GIB) };
        assert_eq!(codes(&with_volume(volume)), expected);
    }
}

#[test]
fn only_the_systems_own_volumes_are_wrong_when_read_only() {
    for (mount, remote, expected) in [
        ("/", false, vec![FindingCode::DiskReadOnly]),
        ("/home", false, vec![FindingCode::DiskReadOnly]),
        ("C:\\", false, vec![FindingCode::DiskReadOnly]),
        ("/media/stick", false, vec![]),
        ("/srv", true, vec![]),
    ] {
        let volume = Volume { mount: mount.into(), remote, read_only: true, ..volume(100 * GIB, 0) };
        assert_eq!(codes(&with_volume(volume)), expected, "{mount}");
    }
}

#[test]
fn a_drive_that_reports_a_fault_or_is_worn_out_is_failing() {
    for (health, wear, expected) in [
        (DriveHealth::Good, Some(99.0), vec![]),
        (DriveHealth::Good, Some(100.0), vec![(FindingCode::DriveFailing, Severity::Warning, Some(100.0))]),
        (DriveHealth::Failing, None, vec![(FindingCode::DriveFailing, Severity::Critical, None)]),
        (DriveHealth::Unknown, None, vec![]),
    ] {
        let drive = Drive {
            name: "sda".into(),
            model: None,
            kind: DriveKind::Solid,
            total_bytes: None,
            health,
            wear_percent: wear,
            temperature_celsius: None,
        };
        let facts = Facts { disks: here(Disks { volumes: Vec::new(), drives: vec![drive] }), ..Facts::default() };
        assert_eq!(said(&facts), expected);
    }
}

#[test]
fn memory_is_low_below_a_tenth_and_very_low_below_a_twenty_fifth() {
    for (available, expected) in [
        (100, vec![]),
        (99, vec![(FindingCode::MemoryLow, Severity::Warning, Some(9.9))]),
        (40, vec![(FindingCode::MemoryLow, Severity::Warning, Some(4.0))]),
        (39, vec![(FindingCode::MemoryLow, Severity::Critical, Some(3.9))]),
    ] {
        let memory = Memory { total_bytes: 1000, available_bytes: available, ..Memory::default() };
        let found = said(&Facts { memory: here(memory), ..Facts::default() });
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!((found.0, found.1), (expected.0, expected.1), "{available}");
            assert!((found.2.unwrap() - expected.2.unwrap()).abs() < 0.001);
        }
    }
    let killed = Memory { total_bytes: 10, available_bytes: 10, killed_for_memory: Some(2), ..Memory::default() };
    let facts = Facts { memory: here(killed), ..Facts::default() };
    assert_eq!(said(&facts), [(FindingCode::MemoryKilled, Severity::Warning, Some(2.0))]);
}

#[test]
fn a_processor_is_busy_when_it_is_so_now_and_has_been() {
    for (busy, load, expected) in [
        (90.0, Some([9.0, 4.0, 0.0]), vec![FindingCode::ProcessorBusy]),
        (89.9, Some([9.0, 4.0, 0.0]), vec![]),
        (100.0, Some([9.0, 3.9, 0.0]), vec![]),
        (100.0, None, vec![FindingCode::ProcessorBusy]),
    ] {
        let processor = Processor { threads: 4, busy_percent: Some(busy), load, ..Processor::default() };
        assert_eq!(codes(&Facts { processor: here(processor), ..Facts::default() }), expected, "{busy} {load:?}");
    }
    for (celsius, expected) in [(89.9, vec![]), (90.0, vec![FindingCode::ProcessorHot])] {
        let processor = Processor { temperature_celsius: Some(celsius), ..Processor::default() };
        assert_eq!(codes(&Facts { processor: here(processor), ..Facts::default() }), expected);
    }
}

fn interface(kind: InterfaceKind, up: bool, wifi: Option<Wifi>) -> Interface {
    Interface {
        name: "x0".into(),
        kind,
        up,
        mac: None,
        addresses: Vec::new(),
        speed_mbit: None,
        mtu: None,
        wifi,
        errors: None,
    }
}

fn reach(target: &str, reachable: bool) -> Reachability {
    Reachability { target: target.into(), reachable, answer_ms: None, detail: None }
}

#[test]
fn without_a_link_nothing_else_of_the_network_is_said() {
    let down = Network {
        interfaces: vec![interface(InterfaceKind::Wired, false, None), interface(InterfaceKind::Vpn, true, None)],
        servers: vec![reach("hub", false)],
        ..Network::default()
    };
    assert_eq!(codes(&Facts { network: here(down), ..Facts::default() }), [FindingCode::NetworkDown]);
}

#[test]
fn what_does_not_answer_hinders_only_if_nothing_of_its_kind_does() {
    let network = Network {
        interfaces: vec![interface(InterfaceKind::Wired, true, None)],
        name_servers: vec![reach("192.0.2.1", true), reach("192.0.2.2", false)],
        servers: vec![reach("hub", false)],
        connectivity: Connectivity::Portal,
        ..Network::default()
    };
    assert_eq!(
        said(&Facts { network: here(network), ..Facts::default() }),
        [
            (FindingCode::CaptivePortal, Severity::Critical, None),
            (FindingCode::ServerUnreachable, Severity::Warning, None),
            (FindingCode::NameServerUnreachable, Severity::Notice, None),
        ]
    );
}

#[test]
fn a_gateway_in_name_only_is_not_spoken_of_where_another_answers() {
    let found = |gateways: Vec<Reachability>| {
        let interfaces = vec![interface(InterfaceKind::Wired, true, None)];
        codes(&Facts { network: here(Network { interfaces, gateways, ..Network::default() }), ..Facts::default() })
    };
    assert_eq!(found(vec![reach("192.0.2.1", true), reach("fd00::1", false)]), []);
    assert_eq!(found(vec![reach("192.0.2.1", false)]), [FindingCode::GatewayUnreachable]);
}

#[test]
fn wifi_is_weak_below_thirty_five_percent() {
    for (percent, dbm, weak) in [
        (Some(35), None, false),
        (Some(34), None, true),
        (None, Some(-78), false),
        (None, Some(-79), true),
        (None, None, false),
    ] {
        let wifi = Wifi { name: "w".into(), signal_percent: percent, signal_dbm: dbm, frequency_mhz: None };
        let interfaces = vec![interface(InterfaceKind::Wireless, true, Some(wifi))];
        let facts = Facts { network: here(Network { interfaces, ..Network::default() }), ..Facts::default() };
        assert_eq!(codes(&facts).contains(&FindingCode::WifiWeak), weak, "{percent:?} {dbm:?}");
    }
}

#[test]
fn a_battery_is_low_below_fifteen_percent_and_only_if_it_does_not_charge() {
    for (charge, state, mains, expected) in [
        (15.0, Some("Discharging"), None, None),
        (14.9, Some("Discharging"), Some(true), Some(Severity::Warning)),
        (4.9, Some("Discharging"), None, Some(Severity::Critical)),
        (4.9, Some("Charging"), None, None),
        (4.9, Some("Not charging"), Some(true), None),
        (4.9, None, Some(false), Some(Severity::Critical)),
    ] {
        let battery = Battery {
            name: "BAT0".into(),
            charge_percent: Some(charge),
            state: state.map(str::to_owned),
            capacity_percent: Some(60.0),
            cycles: None,
            minutes_left: None,
        };
        let facts = Facts { power: here(Power { on_mains: mains, batteries: vec![battery] }), ..Facts::default() };
        assert_eq!(said(&facts).first().map(|finding| finding.1), expected, "{charge} {state:?}");
    }
}

#[test]
fn a_battery_is_worn_below_three_fifths() {
    let battery = |capacity| Battery {
        name: "BAT0".into(),
        charge_percent: None,
        state: None,
        capacity_percent: Some(capacity),
        cycles: None,
        minutes_left: None,
    };
    for (capacity, expected) in [(60.0, vec![]), (59.9, vec![FindingCode::BatteryWorn])] {
        let power = Power { on_mains: None, batteries: vec![battery(capacity)] };
        assert_eq!(codes(&Facts { power: here(power), ..Facts::default() }), expected);
    }
}

#[test]
fn printers_that_stopped_or_pile_up_jobs_are_said() {
    let printer = |state, accepting, jobs| Printer {
        name: "p".into(),
        location: None,
        model: None,
        default: false,
        state,
        reasons: Vec::new(),
        accepting,
        jobs,
        uri: None,
    };
    for (printer, expected) in [
        (printer(PrinterState::Idle, Some(true), Some(4)), vec![]),
        (printer(PrinterState::Idle, Some(true), Some(5)), vec![FindingCode::PrinterQueue]),
        (printer(PrinterState::Stopped, None, None), vec![FindingCode::PrinterStopped]),
        (printer(PrinterState::Idle, Some(false), None), vec![FindingCode::PrinterStopped]),
        (printer(PrinterState::Unknown, None, None), vec![]),
    ] {
        let printers = Printers { printers: vec![printer] };
        assert_eq!(codes(&Facts { printers: here(printers), ..Facts::default() }), expected);
    }
}

#[test]
fn only_the_default_loudspeaker_counts_as_muted() {
    for (input, default, muted, volume, expected) in [
        (false, true, Some(true), Some(50), true),
        (false, true, Some(false), Some(0), true),
        (false, true, Some(false), Some(1), false),
        (false, false, Some(true), None, false),
        (true, true, Some(true), None, false),
    ] {
        let endpoint = SoundEndpoint { name: "s".into(), input, default, muted, volume_percent: volume };
        let media = Media { endpoints: vec![endpoint], ..Media::default() };
        assert_eq!(codes(&Facts { media: here(media), ..Facts::default() }) == [FindingCode::SoundMuted], expected);
    }
}

#[test]
fn failed_services_and_fresh_crashes_are_said_once_each() {
    let service =
        FailedService { name: "cups.service".into(), description: None, result: None, since: None, of_user: false };
    let facts = Facts { services: here(Services { failed: vec![service] }), ..Facts::default() };
    assert_eq!(codes(&facts), [FindingCode::ServiceFailed]);
    let crash = |program: &str, hours: i64| Crash {
        program: program.into(),
        at: Timestamp::from_unix_ms(NOW - hours * 3_600_000),
        reason: None,
    };
    let crashes = Crashes { crashes: vec![crash("a", 1), crash("a", 2), crash("b", 23), crash("c", 24)] };
    let found = findings_at(&Facts { crashes: here(crashes), ..Facts::default() }, now());
    let subjects: Vec<_> = found.iter().map(|finding| finding.subject.as_deref()).collect();
    assert_eq!(subjects, [Some("a"), Some("b")]);
}

#[test]
fn what_protects_is_said_when_it_is_off_and_only_then() {
    let security = |on: Option<bool>, waiting| Security {
        disk_encrypted: on,
        firewall_on: on,
        security_updates_pending: waiting,
        ..Security::default()
    };
    let found = |security| codes(&Facts { security: here(security), ..Facts::default() });
    assert_eq!(found(security(None, None)), []);
    assert_eq!(found(security(Some(true), Some(0))), []);
    let all = [FindingCode::SecurityUpdates, FindingCode::DiskNotEncrypted, FindingCode::FirewallOff];
    assert_eq!(found(security(Some(false), Some(1))), all);
}

#[test]
fn a_month_without_restart_and_a_pending_one_are_said() {
    let system = |days: i64, pending| System {
        booted_at: Some(Timestamp::from_unix_ms(NOW - days * 86_400_000)),
        restart_pending: pending,
        ..System::default()
    };
    let found = |system| said(&Facts { system: here(system), ..Facts::default() });
    assert_eq!(found(system(29, Some(false))), []);
    assert_eq!(found(system(30, None)), [(FindingCode::LongUptime, Severity::Notice, Some(30.0))]);
    assert_eq!(found(system(0, Some(true))), [(FindingCode::RestartPending, Severity::Notice, None)]);
}

#[test]
fn the_worst_comes_first() {
    let mut facts = with_volume(volume(100 * GIB, 0));
    facts.system = here(System { restart_pending: Some(true), ..System::default() });
    facts.memory = here(Memory { total_bytes: 100, available_bytes: 9, ..Memory::default() });
    assert_eq!(codes(&facts), [FindingCode::DiskFull, FindingCode::MemoryLow, FindingCode::RestartPending]);
}
