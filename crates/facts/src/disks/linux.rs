//! On Linux.

use deskside_protocol::facts::Disks;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Disks, Failure> {
    Err(Failure::unavailable("not collected on Linux yet"))
}
