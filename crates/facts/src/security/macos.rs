//! On macOS: FileVault and the firewall by the tools that tell them, updates and XProtect by their property lists.

use deskside_protocol::facts::Security;

use crate::{
    Context, Failure, blocking,
    macos::{plists, programs, security},
};

const UPDATES: &str = "/Library/Preferences/com.apple.SoftwareUpdate.plist";
const XPROTECT: &str = "/Library/Apple/System/Library/CoreServices/XProtect.bundle/Contents/Info.plist";

pub(crate) async fn collect(ctx: &Context) -> Result<Security, Failure> {
    let (updates, xprotect) = (ctx.path(UPDATES), ctx.path(XPROTECT));
    let files = blocking(move || Ok((plists::read(&updates).ok(), plists::read(&xprotect).ok())));
    let (filevault, firewall, files) = tokio::join!(programs::filevault(), programs::firewall(), files);
    let (updates, xprotect) = files?;
    if let (Err(failure), Err(_), None) = (&filevault, &firewall, &updates) {
        return Err(failure.clone());
    }
    let updates = updates.as_ref().map(security::updates);
    let firewall_on = firewall.ok().and_then(|said| security::firewall_on(&said));
    Ok(Security {
        disk_encrypted: filevault.ok().and_then(|said| security::filevault_on(&said)),
        firewall_on,
        firewall: firewall_on.map(|_| "Application Firewall".to_owned()),
        updates_pending: updates.as_ref().and_then(|updates| updates.pending),
        security_updates_pending: updates.as_ref().and_then(|updates| updates.security),
        updates_checked_at: updates.as_ref().and_then(|updates| updates.checked_at),
        // Only the recovery system tells it on Apple silicon.
        secure_boot: None,
        antivirus: xprotect
            .and_then(|bundle| plists::text(&bundle, &["CFBundleShortVersionString"]))
            .map(|version| format!("XProtect {version}")),
    })
}
