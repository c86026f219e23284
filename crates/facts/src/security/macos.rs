//! On macOS.

use deskside_protocol::facts::Security;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Security, Failure> {
    Err(Failure::unavailable("not collected on macOS yet"))
}
