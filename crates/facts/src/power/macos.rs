//! On macOS.

use deskside_protocol::facts::Power;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Power, Failure> {
    Err(Failure::unavailable("not collected on macOS yet"))
}
