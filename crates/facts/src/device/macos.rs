//! On macOS.

use deskside_protocol::facts::Device;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Device, Failure> {
    Err(Failure::unavailable("not collected on macOS yet"))
}
