//! On Windows.

use deskside_protocol::facts::Memory;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Memory, Failure> {
    Err(Failure::unavailable("not collected on Windows yet"))
}
