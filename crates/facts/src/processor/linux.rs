//! On Linux.

use deskside_protocol::facts::Processor;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Processor, Failure> {
    Err(Failure::unavailable("not collected on Linux yet"))
}
