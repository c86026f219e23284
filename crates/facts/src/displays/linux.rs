//! On Linux: what the X server shows (RandR), named by the EDID that the kernel keeps for each connector; the kernel alone
//! where there is no X server. Adapters are named from the PCI list that distributions carry.

mod edid;
mod pci;
mod randr;

use deskside_protocol::{
    facts::{Display, Displays},
    limits,
};

use crate::{
    Context, Failure, blocking,
    linux::files::{self, value},
};

/// Largest EDID: a base block and the 255 extensions that it can announce (VESA E-EDID A2).
const EDID_BYTES: u64 = 128 * 256;

pub(crate) async fn collect(ctx: &Context) -> Result<Displays, Failure> {
    let ctx = ctx.clone();
    blocking(move || {
        let connected = connectors(&ctx);
        let mut displays = match ctx.variable("DISPLAY").map(randr::displays) {
            Some(Ok(displays)) if !displays.is_empty() => displays,
            Some(Ok(_)) | None => connected.clone(),
            Some(Err(failure)) => {
                tracing::debug!(%failure, "no displays from the X server");
                connected.clone()
            }
        };
        for display in &mut displays {
            if display.model.is_none() {
                let same = connected.iter().find(|connector| same_connector(&connector.name, &display.name));
                display.model = same.and_then(|connector| connector.model.clone());
            }
        }
        displays.truncate(limits::FACTS_LIST);
        Ok(Displays { displays, adapters: pci::adapters(&ctx) })
    })
    .await
}

/// The kernel says "HDMI-A-1" and "DP-1" where the X server of some drivers says "HDMI-1" and "DP1".
fn same_connector(kernel: &str, server: &str) -> bool {
    let plain = |name: &str| name.replace("HDMI-A", "HDMI").replace('-', "").to_uppercase();
    plain(kernel) == plain(server)
}

/// Connected screens as the kernel knows them. It lists modes best first; which one is shown it does not say.
fn connectors(ctx: &Context) -> Vec<Display> {
    files::entries(&ctx.path("/sys/class/drm"))
        .iter()
        .filter(|connector| value(&connector.join("status")).as_deref() == Some("connected"))
        .filter_map(|connector| {
            let name = files::name(connector);
            let modes = files::text(&connector.join("modes")).unwrap_or_default();
            let (width_px, height_px) = modes.lines().next().and_then(mode)?;
            let model = files::bytes(&connector.join("edid"), EDID_BYTES).ok().and_then(|edid| edid::model(&edid));
            Some(Display {
                name: name.split_once('-').map_or(name.clone(), |(_card, name)| name.to_owned()),
                model,
                width_px,
                height_px,
                refresh_hz: None,
                primary: false,
            })
        })
        .collect()
}

/// "1920x1080", or "1920x1080i" for an interlaced one.
fn mode(line: &str) -> Option<(u32, u32)> {
    let (width, height) = line.trim().trim_end_matches('i').split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;

    #[tokio::test]
    async fn a_laptop_without_x_server_says_its_connected_screens() {
        let displays = collect(&fixture::laptop()).await.unwrap();
        let said: Vec<_> = displays.displays.iter().map(|d| (d.name.as_str(), d.width_px, d.height_px)).collect();
        assert_eq!(said, [("HDMI-A-1", 2560, 1440), ("eDP-1", 1920, 1200)]);
        assert_eq!(displays.displays[0].model.as_deref(), Some("Dell DELL U2719D"));
        assert_eq!(displays.adapters, ["Intel Corporation TigerLake-LP GT2 [Iris Xe Graphics]"]);
    }

    #[test]
    fn names_of_kernel_and_server_meet() {
        assert!(same_connector("HDMI-A-1", "HDMI-1"));
        assert!(same_connector("DP-1", "DP1"));
        assert!(same_connector("eDP-1", "eDP-1"));
        assert!(!same_connector("DP-1", "DP-2"));
    }
}
