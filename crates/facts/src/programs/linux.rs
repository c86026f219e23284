//! On Linux.

use deskside_protocol::facts::Programs;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Programs, Failure> {
    Err(Failure::unavailable("not collected on Linux yet"))
}
