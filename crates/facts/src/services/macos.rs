//! On macOS.

use deskside_protocol::facts::Services;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Services, Failure> {
    Err(Failure::unavailable("not collected on macOS yet"))
}
