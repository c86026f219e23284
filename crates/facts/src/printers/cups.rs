//! On Linux and macOS: CUPS over IPP, at its socket or on this machine's port 631.

mod http;
mod queues;

use std::time::Duration;

use deskside_protocol::facts::Printers;

use crate::{Context, Failure};

/// Longest wait for CUPS altogether, below the section's own limit.
const ANSWER: Duration = Duration::from_millis(2500);

pub(crate) async fn collect(ctx: &Context) -> Result<Printers, Failure> {
    match tokio::time::timeout(ANSWER, queues::ask(ctx)).await {
        Ok(printers) => printers,
        Err(_) => Err(Failure::timed_out("CUPS does not answer")),
    }
}
