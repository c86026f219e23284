//! What several Windows collectors share: WMI, the registry, texts of the Windows API.

pub(crate) mod event_xml;
#[cfg(windows)]
pub(crate) mod events;
#[cfg(windows)]
pub(crate) mod load;
pub(crate) mod smbios;

use deskside_protocol::Timestamp;

/// An event of the event log, as far as it is used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// When it was written.
    pub(crate) at: Timestamp,
    /// The event's provider.
    pub(crate) source: String,
    /// 1 critical, 2 error, 3 warning (`winmeta.xml`).
    pub(crate) level: u8,
    /// The event's number and what it carries. The message's own text is in the provider's resources and not asked for:
    /// loading it can take seconds.
    pub(crate) message: String,
    /// What the event carries, field by field.
    pub(crate) data: Vec<String>,
}

#[cfg(windows)]
mod api {
    use deskside_protocol::limits::FACTS_LIST;
    use serde::de::DeserializeOwned;
    use winreg::{RegKey, enums::HKEY_LOCAL_MACHINE, types::FromRegValue};
    use wmi::WMIConnection;

    use crate::Failure;

    /// Asks WMI in a namespace (`root\cimv2` where most classes are). Blocks; COM is entered for the calling thread.
    ///
    /// `query` is always a literal of ours: nothing from outside is ever put into it.
    pub(crate) fn wmi<T: DeserializeOwned>(namespace: &str, query: &'static str) -> Result<Vec<T>, Failure> {
        let connection = WMIConnection::with_namespace_path(namespace).map_err(|error| failure(namespace, &error))?;
        let mut rows: Vec<T> = connection.raw_query(query).map_err(|error| failure(query, &error))?;
        rows.truncate(FACTS_LIST);
        Ok(rows)
    }

    fn failure(doing: &str, error: &wmi::WMIError) -> Failure {
        /// WBEM_E_ACCESS_DENIED, WBEM_E_INVALID_NAMESPACE and WBEM_E_INVALID_CLASS of `wbemcli.h`.
        const ACCESS_DENIED: i32 = 0x8004_1003_u32.cast_signed();
        const INVALID_NAMESPACE: i32 = 0x8004_100E_u32.cast_signed();
        const INVALID_CLASS: i32 = 0x8004_1010_u32.cast_signed();
        let detail = format!("{doing}: {error}");
        match error {
            wmi::WMIError::HResultError { hres: ACCESS_DENIED } => Failure::denied(detail),
            wmi::WMIError::HResultError { hres: INVALID_NAMESPACE | INVALID_CLASS } => Failure::unavailable(detail),
            _ => Failure::broken(detail),
        }
    }

    /// A value below `HKEY_LOCAL_MACHINE`, if it is there and may be read.
    pub(crate) fn machine_value<T: FromRegValue>(key: &str, name: &str) -> Option<T> {
        RegKey::predef(HKEY_LOCAL_MACHINE).open_subkey(key).ok()?.get_value(name).ok()
    }

    /// Whether a key below `HKEY_LOCAL_MACHINE` is there.
    pub(crate) fn machine_key(key: &str) -> bool {
        RegKey::predef(HKEY_LOCAL_MACHINE).open_subkey(key).is_ok()
    }

    /// The text before the first zero of a fixed field of the Windows API.
    pub(crate) fn text_of(wide: &[u16]) -> String {
        let end = wide.iter().position(|unit| *unit == 0).unwrap_or(wide.len());
        String::from_utf16_lossy(wide.get(..end).unwrap_or_default()).trim().to_owned()
    }
}

#[cfg(windows)]
pub(crate) use api::{machine_key, machine_value, text_of, wmi};
