//! On macOS.

use deskside_protocol::facts::SystemLog;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<SystemLog, Failure> {
    Err(Failure::unavailable("not collected on macOS yet"))
}
