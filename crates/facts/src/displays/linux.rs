//! On Linux.

use deskside_protocol::facts::Displays;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Displays, Failure> {
    Err(Failure::unavailable("not collected on Linux yet"))
}
