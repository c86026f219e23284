//! On macOS: as `sysinfo` tells it.

use deskside_protocol::facts::Programs;

use crate::{Context, Failure, blocking, portable};

pub(crate) async fn collect(_ctx: &Context) -> Result<Programs, Failure> {
    blocking(portable::programs).await
}
