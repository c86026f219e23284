//! On Windows.

use deskside_protocol::facts::Network;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Network, Failure> {
    Err(Failure::unavailable("not collected on Windows yet"))
}
