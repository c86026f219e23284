//! On Windows: `Win32_Printer` and `Win32_PrintJob`.

use deskside_protocol::facts::{Printer, PrinterState, Printers};
use serde::Deserialize;

use crate::{Context, Failure, blocking, windows::wmi};

const CIM: &str = r"root\cimv2";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    name: String,
    location: Option<String>,
    driver_name: Option<String>,
    default: Option<bool>,
    printer_status: Option<u16>,
    detected_error_state: Option<u16>,
    work_offline: Option<bool>,
    port_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Job {
    /// "Printer name, 12".
    name: String,
}

pub(crate) async fn collect(_ctx: &Context) -> Result<Printers, Failure> {
    blocking(|| {
        let rows: Vec<Row> = wmi(
            CIM,
            "SELECT Name, Location, DriverName, Default, PrinterStatus, DetectedErrorState, WorkOffline, PortName \
             FROM Win32_Printer",
        )?;
        let jobs: Option<Vec<Job>> = wmi(CIM, "SELECT Name FROM Win32_PrintJob").ok();
        Ok(Printers { printers: rows.into_iter().map(|row| printer(row, jobs.as_deref())).collect() })
    })
    .await
}

fn printer(row: Row, jobs: Option<&[Job]>) -> Printer {
    let offline = row.work_offline == Some(true);
    let mut reasons: Vec<String> = row.detected_error_state.and_then(error).into_iter().map(str::to_owned).collect();
    if offline {
        reasons.push("offline".to_owned());
    }
    let stopped = offline || !reasons.is_empty();
    Printer {
        jobs: jobs.map(|jobs| {
            let of_this = jobs.iter().filter(|job| job.name.rsplit_once(',').is_some_and(|(name, _)| name == row.name));
            u32::try_from(of_this.count()).unwrap_or(u32::MAX)
        }),
        name: row.name,
        location: row.location.filter(|place| !place.is_empty()),
        model: row.driver_name,
        default: row.default == Some(true),
        state: if stopped { PrinterState::Stopped } else { state(row.printer_status) },
        reasons,
        accepting: Some(!offline),
        uri: row.port_name,
    }
}

/// `PrinterStatus` of `Win32_Printer`.
fn state(status: Option<u16>) -> PrinterState {
    match status {
        Some(3) => PrinterState::Idle,
        Some(4 | 5) => PrinterState::Processing,
        Some(6 | 7) => PrinterState::Stopped,
        _ => PrinterState::Unknown,
    }
}

/// `DetectedErrorState` of `Win32_Printer`, in the words of IPP (RFC 8011, section 5.4.12).
fn error(state: u16) -> Option<&'static str> {
    match state {
        3 => Some("media-low"),
        4 => Some("media-empty"),
        5 => Some("toner-low"),
        6 => Some("toner-empty"),
        7 => Some("door-open"),
        8 => Some("media-jam"),
        9 => Some("offline"),
        10 => Some("other"),
        11 => Some("output-area-full"),
        _ => None,
    }
}
