//! On Windows: the names that the system wrote into the registry at its start, and the processors' clocks.

use deskside_protocol::facts::Processor;
use winreg::{RegKey, enums::HKEY_LOCAL_MACHINE};

use crate::{
    Context, Failure, blocking,
    windows::{load::Clocks, machine_value},
};

/// One key below for each logical processor.
const PROCESSORS: &str = r"HARDWARE\DESCRIPTION\System\CentralProcessor";
const FIRST: &str = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0";
/// Time between the two looks at the clocks.
const SAMPLE: std::time::Duration = std::time::Duration::from_millis(200);

pub(crate) async fn collect(_ctx: &Context) -> Result<Processor, Failure> {
    let before = Clocks::now();
    tokio::time::sleep(SAMPLE).await;
    blocking(move || read(before)).await
}

fn read(before: Option<Clocks>) -> Result<Processor, Failure> {
    let listed = RegKey::predef(HKEY_LOCAL_MACHINE).open_subkey(PROCESSORS);
    let listed = listed.map_err(|error| Failure::broken(format!("{PROCESSORS}: {error}")))?;
    let model: Option<String> = machine_value(FIRST, "ProcessorNameString");
    let busy = Clocks::now().zip(before).map(|(now, before)| now.busy_since(before));
    Ok(Processor {
        model: model.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()),
        cores: sysinfo::System::physical_core_count().ok().and_then(|count| u32::try_from(count).ok()),
        threads: u32::try_from(listed.enum_keys().filter_map(Result::ok).count()).unwrap_or(u32::MAX),
        frequency_mhz: machine_value::<u32>(FIRST, "~MHz").filter(|mhz| *mhz > 0).map(u64::from),
        busy_percent: busy.filter(|(_, whole)| *whole > 0).map(|(part, whole)| part as f32 * 100.0 / whole as f32),
        load: None,
        pressure_percent: None,
        temperature_celsius: None,
    })
}
