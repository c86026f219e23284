//! A program with an icon in the tray and nothing else: the least that one costs with the library that the agent uses.

use ksni::TrayMethods as _;

struct Icon;

impl ksni::Tray for Icon {
    fn id(&self) -> String {
        "bare".to_owned()
    }
}

/// Shows the icon until this process is killed.
pub(crate) async fn stay() -> anyhow::Result<Vec<f64>> {
    let _icon = Icon.assume_sni_available(true).spawn().await?;
    std::future::pending().await
}
