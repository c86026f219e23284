//! On macOS: interfaces by `sysinfo` and SystemConfiguration, gateways, name servers and proxy by the dynamic store, Wi-Fi by
//! CoreWLAN.

mod gateways;
mod interfaces;

use deskside_protocol::facts::{Connectivity, Network};

use super::{WayOut, proxy::without_credentials, reach};
use crate::{
    Context, Failure, blocking,
    macos::{network, store::Store},
};

pub(crate) async fn collect(ctx: &Context) -> Result<Network, Failure> {
    let (interfaces, store) = tokio::join!(blocking(interfaces::read), blocking(said_by_store));
    let (interfaces, store) = (interfaces?, store?);
    let (gateways, name_servers, servers) = tokio::join!(
        gateways::ask(&store.gateways),
        reach::name_servers(&store.name_servers, &ctx.servers),
        reach::servers(&ctx.servers),
    );
    // Without a gateway there is no way out; with one only an answer from outside says that it leads there.
    let connectivity = if store.gateways.is_empty() { Connectivity::None } else { Connectivity::Unknown };
    Ok(Network {
        vpn_up: interfaces.iter().any(network::is_vpn_up),
        interfaces,
        gateways,
        name_servers,
        domains: store.domains,
        proxy: store.proxy.map(|address| without_credentials(&address)),
        connectivity: reach::judged(connectivity, &servers),
        servers,
    })
}

/// Link and gateway now. macOS names a gateway only while there is a link to it.
pub(crate) async fn way_out(_: &Context) -> WayOut {
    let Ok(store) = blocking(said_by_store).await else { return WayOut::default() };
    let first: Vec<String> = store.gateways.into_iter().take(1).collect();
    WayOut { link: Some(!first.is_empty()), gateway: gateways::ask(&first).await.into_iter().next() }
}

struct Said {
    gateways: Vec<String>,
    name_servers: Vec<std::net::IpAddr>,
    domains: Vec<String>,
    proxy: Option<String>,
}

fn said_by_store() -> Result<Said, Failure> {
    let store = Store::open()?;
    let global = ["State:/Network/Global/IPv4", "State:/Network/Global/IPv6"];
    let (name_servers, domains) =
        store.value("State:/Network/Global/DNS").map(|dns| network::resolver(&dns)).unwrap_or_default();
    Ok(Said {
        gateways: global.iter().filter_map(|key| network::gateway(&store.value(key)?)).collect(),
        name_servers,
        domains,
        proxy: store.value("State:/Network/Global/Proxies").and_then(|proxies| network::proxy(&proxies)),
    })
}
