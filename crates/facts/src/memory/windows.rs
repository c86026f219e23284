//! On Windows: as `sysinfo` tells it.

use deskside_protocol::facts::Memory;

use crate::{Context, Failure, blocking, portable};

pub(crate) async fn collect(_ctx: &Context) -> Result<Memory, Failure> {
    blocking(portable::memory).await
}
