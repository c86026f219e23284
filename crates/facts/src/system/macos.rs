//! On macOS.

use deskside_protocol::facts::System;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<System, Failure> {
    Err(Failure::unavailable("not collected on macOS yet"))
}
