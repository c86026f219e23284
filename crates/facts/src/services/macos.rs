//! On macOS nothing can be told of services that failed: launchd starts a program that ended again and keeps no list of
//! failures, and the only view of its jobs is the output of launchctl, which "is not API in any sense" (launchctl(1)).

use deskside_protocol::facts::Services;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Services, Failure> {
    Err(Failure::unavailable("launchd has no interface that tells which services failed"))
}
