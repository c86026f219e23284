//! On Windows: services that start by themselves, do not run, and ended with an error.

use deskside_protocol::facts::{FailedService, Services};
use serde::Deserialize;

use crate::{Context, Failure, blocking, windows::wmi};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    name: String,
    display_name: Option<String>,
    exit_code: Option<u32>,
    service_specific_exit_code: Option<u32>,
}

/// ERROR_SERVICE_NEVER_STARTED: a trigger has not come yet, which is no failure.
const NEVER_STARTED: u32 = 1077;
/// ERROR_SERVICE_SPECIFIC_ERROR: the service has a code of its own.
const OWN_CODE: u32 = 1066;

pub(crate) async fn collect(_ctx: &Context) -> Result<Services, Failure> {
    blocking(|| {
        let rows: Vec<Row> = wmi(
            r"root\cimv2",
            "SELECT Name, DisplayName, ExitCode, ServiceSpecificExitCode FROM Win32_Service \
             WHERE StartMode = 'Auto' AND State = 'Stopped' AND ExitCode <> 0",
        )?;
        let failed = rows.into_iter().filter(|row| row.exit_code != Some(NEVER_STARTED)).map(|row| FailedService {
            result: match (row.exit_code, row.service_specific_exit_code) {
                (Some(OWN_CODE), Some(own)) => Some(format!("own code {own}")),
                (Some(code), _) => Some(format!("exit code {code}")),
                (None, _) => None,
            },
            name: row.name,
            description: row.display_name,
            since: None,
            of_user: false,
        });
        Ok(Services { failed: failed.collect() })
    })
    .await
}
