//! On Linux.

use deskside_protocol::facts::Media;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Media, Failure> {
    Err(Failure::unavailable("not collected on Linux yet"))
}
