//! On Windows: adapters, gateways and name servers by the IP Helper API, Wi-Fi by the WLAN API, the proxy from the user's
//! settings, connectivity as the Network List Manager sees it.

use deskside_protocol::facts::{Connectivity, Interface, InterfaceKind, Network};
use winreg::{RegKey, enums::HKEY_CURRENT_USER};

use self::adapters::Adapter;
use crate::{
    Context, Failure, blocking,
    network::{WayOut, proxy::without_credentials, reach},
    portable,
};

mod adapters;
mod gateways;
mod wlan;

const PROXY: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";

pub(crate) async fn collect(ctx: &Context) -> Result<Network, Failure> {
    let (adapters, interfaces, proxy, connectivity) =
        blocking(|| Ok((adapters::read()?, interfaces()?, proxy(), connectivity()))).await?;
    let gateways = unique(&adapters, |adapter| &adapter.gateways);
    let name_servers = unique(&adapters, |adapter| &adapter.name_servers);
    let (gateways, name_servers, servers) = tokio::join!(
        gateways::ask(gateways),
        reach::name_servers(&name_servers, &ctx.servers),
        reach::servers(&ctx.servers),
    );
    let interfaces = merge(interfaces, &adapters);
    Ok(Network {
        vpn_up: interfaces.iter().any(|interface| interface.up && interface.kind == InterfaceKind::Vpn),
        domains: adapters.into_iter().filter_map(|adapter| adapter.domain).collect(),
        interfaces,
        gateways,
        name_servers,
        proxy,
        connectivity: reach::judged(connectivity, &servers),
        servers,
    })
}

/// Link and gateway now.
pub(crate) async fn way_out(_: &Context) -> WayOut {
    let Ok(adapters) = blocking(adapters::read).await else { return WayOut::default() };
    let first = unique(&adapters, |adapter| &adapter.gateways).into_iter().take(1).collect();
    WayOut {
        link: Some(adapters.iter().any(|adapter| adapter.up)),
        gateway: gateways::ask(first).await.into_iter().next(),
    }
}

fn interfaces() -> Result<Vec<Interface>, Failure> {
    portable::interfaces(|_| InterfaceKind::Other)
}

/// What adapters with a link have, each once.
fn unique<T: Ord + Clone>(adapters: &[Adapter], of: impl Fn(&Adapter) -> &Vec<T>) -> Vec<T> {
    let mut all: Vec<T> =
        adapters.iter().filter(|adapter| adapter.up).flat_map(|adapter| of(adapter).clone()).collect();
    all.sort();
    all.dedup();
    all
}

fn merge(mut interfaces: Vec<Interface>, adapters: &[Adapter]) -> Vec<Interface> {
    let networks = wlan::networks().unwrap_or_default();
    for interface in &mut interfaces {
        let Some(adapter) = adapters.iter().find(|adapter| adapter.name == interface.name) else { continue };
        interface.kind = adapter.kind;
        interface.up = adapter.up;
        interface.speed_mbit = adapter.speed_mbit.or(interface.speed_mbit);
        if adapter.kind == InterfaceKind::Wireless {
            interface.wifi = networks.first().cloned();
        }
    }
    interfaces
}

fn proxy() -> Option<String> {
    let settings = RegKey::predef(HKEY_CURRENT_USER).open_subkey(PROXY).ok()?;
    let automatic = settings.get_value::<String, _>("AutoConfigURL").ok();
    let fixed = settings
        .get_value::<u32, _>("ProxyEnable")
        .ok()
        .filter(|on| *on == 1)
        .and_then(|_| settings.get_value::<String, _>("ProxyServer").ok());
    fixed
        .map(|servers| one_of(&servers).to_owned())
        .or(automatic)
        .filter(|address| !address.is_empty())
        .map(|address| without_credentials(&address))
}

/// One server for all, or "http=one:80;https=other:80" (documentation of `InternetSetOption`); what Deskside speaks counts.
fn one_of(servers: &str) -> &str {
    let of = |scheme: &str| servers.split([';', ' ']).find_map(|entry| entry.strip_prefix(scheme)?.strip_prefix('='));
    if servers.contains('=') { of("https").or_else(|| of("http")).unwrap_or_default() } else { servers }
}

#[expect(unsafe_code, reason = "the Network List Manager is only there through COM")]
fn connectivity() -> Connectivity {
    use ::windows::Win32::{
        Networking::NetworkListManager::{
            INetworkListManager, NLM_CONNECTIVITY_IPV4_INTERNET, NLM_CONNECTIVITY_IPV6_INTERNET, NetworkListManager,
        },
        System::Com::{CLSCTX_ALL, COINIT_MULTITHREADED, CoCreateInstance, CoInitializeEx},
    };
    // SAFETY: COM calls on an interface that this function holds; entering COM twice on a thread is allowed and counted.
    let seen = unsafe {
        let _ = CoInitializeEx(None, COINIT_MULTITHREADED);
        CoCreateInstance::<_, INetworkListManager>(&NetworkListManager, None, CLSCTX_ALL)
            .and_then(|manager| manager.GetConnectivity())
    };
    match seen {
        Ok(flags) if flags.0 == 0 => Connectivity::None,
        Ok(flags) if flags.0 & (NLM_CONNECTIVITY_IPV4_INTERNET.0 | NLM_CONNECTIVITY_IPV6_INTERNET.0) != 0 => {
            Connectivity::Full
        }
        Ok(_) => Connectivity::Limited,
        Err(_) => Connectivity::Unknown,
    }
}
