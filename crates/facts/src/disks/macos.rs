//! On macOS: volumes by `sysinfo`, drives by the I/O Registry.

use deskside_protocol::facts::{Disks, Drive};
use plist::{Dictionary, Value};

use crate::{
    Context, Failure, blocking,
    macos::{drives, registry},
    portable,
};

pub(crate) async fn collect(_ctx: &Context) -> Result<Disks, Failure> {
    blocking(|| Ok(Disks { volumes: portable::volumes()?, drives: drives() })).await
}

fn drives() -> Vec<Drive> {
    let nothing = || Value::Dictionary(Dictionary::new());
    registry::of_class(c"IOMedia")
        .iter()
        .filter_map(|medium| {
            let about = medium.values(&["BSD Name", "Whole", "Removable", "Size", "Content"]);
            let device = medium.value_of_parents("Device Characteristics").unwrap_or_else(nothing);
            let protocol = medium.value_of_parents("Protocol Characteristics").unwrap_or_else(nothing);
            drives::drive(&about, &device, &protocol)
        })
        .collect()
}
