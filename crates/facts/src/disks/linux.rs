//! On Linux: the mount table and the file systems it names, `/sys/block`, and UDisks2 for what drives say of their health.

mod drives;
mod mounts;

use deskside_protocol::facts::Disks;

use crate::{Context, Failure, blocking};

pub(crate) async fn collect(ctx: &Context) -> Result<Disks, Failure> {
    let for_volumes = ctx.clone();
    let for_drives = ctx.clone();
    let (volumes, drives, health) = tokio::join!(
        blocking(move || mounts::volumes(&for_volumes)),
        blocking(move || Ok(drives::drives(&for_drives))),
        drives::health(ctx),
    );
    let mut drives = drives?;
    match health {
        Ok(health) => drives::add_health(&mut drives, &health),
        Err(failure) => tracing::debug!(%failure, "no health of drives from UDisks2"),
    }
    Ok(Disks { volumes: volumes?, drives })
}
