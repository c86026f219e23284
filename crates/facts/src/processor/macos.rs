//! On macOS: as `sysinfo` tells it.

use deskside_protocol::facts::Processor;

use crate::{Context, Failure, blocking, portable};

pub(crate) async fn collect(_ctx: &Context) -> Result<Processor, Failure> {
    blocking(portable::processor).await
}
