//! On Windows.

use deskside_protocol::facts::Printers;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Printers, Failure> {
    Err(Failure::unavailable("not collected on Windows yet"))
}
