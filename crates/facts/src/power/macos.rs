//! On macOS: power sources as the system tells them, wear and cycles from the battery's driver.

use deskside_protocol::facts::Power;
use objc2_core_foundation::CFType;
use objc2_io_kit::{
    IOPSCopyPowerSourcesInfo, IOPSCopyPowerSourcesList, IOPSGetPowerSourceDescription, IOPSGetProvidingPowerSourceType,
};
use plist::Value;

use crate::{
    Context, Failure, blocking,
    macos::{battery, registry},
};

pub(crate) async fn collect(_ctx: &Context) -> Result<Power, Failure> {
    blocking(|| {
        let (sources, feeding) = sources()?;
        let driver = registry::of_class(c"AppleSmartBattery").into_iter().next();
        let driver = driver.map(|driver| driver.values(battery::ASKED));
        Ok(battery::power(&sources, feeding.as_deref(), driver.as_ref()))
    })
    .await
}

/// The descriptions of all sources, and the kind that feeds the machine.
#[expect(unsafe_code, reason = "power sources are only there through IOKit's functions")]
fn sources() -> Result<(Vec<Value>, Option<String>), Failure> {
    let all = IOPSCopyPowerSourcesInfo().ok_or_else(|| Failure::broken("no snapshot of the power sources"))?;
    // SAFETY: list and descriptions are asked of the snapshot, which lives to the end; the list holds objects of Core
    // Foundation, as documented.
    unsafe {
        let feeding = IOPSGetProvidingPowerSourceType(Some(&all)).map(|kind| kind.to_string());
        let list = IOPSCopyPowerSourcesList(Some(&all)).ok_or_else(|| Failure::broken("no list of power sources"))?;
        let list = list.cast_unchecked::<CFType>();
        let described = list.iter().filter_map(|source| {
            let description = IOPSGetPowerSourceDescription(Some(&all), Some(&source))?;
            registry::value_of(&description)
        });
        Ok((described.collect(), feeding))
    }
}
