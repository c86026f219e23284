//! On Linux.

use deskside_protocol::facts::Crashes;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Crashes, Failure> {
    Err(Failure::unavailable("not collected on Linux yet"))
}
