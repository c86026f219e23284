//! On Linux: `/sys/class/net` and the kernel's tables, NetworkManager where it runs, and probes with time limits.

mod interfaces;
mod manager;
mod neighbours;
mod probes;
mod tables;

use std::net::IpAddr;

use deskside_protocol::facts::{Connectivity, InterfaceKind, Network};
use futures_util::future::join_all;

use super::{WayOut, proxy::without_credentials, reach};
use crate::{Context, Failure, blocking, linux::files};

pub(crate) async fn collect(ctx: &Context) -> Result<Network, Failure> {
    let for_read = ctx.clone();
    let (interfaces, manager, proxy) =
        tokio::join!(blocking(move || interfaces::read(&for_read)), manager::ask(ctx), manager::proxy(ctx));
    let mut interfaces = interfaces?;
    let resolver = tables::resolver(&files::text(&ctx.path("/etc/resolv.conf")).unwrap_or_default());
    let name_servers = upstream(ctx, &resolver.servers);
    let (gateways, name_servers, servers) = tokio::join!(
        join_all(tables::gateways(ctx).into_iter().take(reach::ASKED).map(|gateway| probes::gateway(ctx, gateway))),
        reach::name_servers(&name_servers, &ctx.servers),
        reach::servers(&ctx.servers),
    );
    let (connectivity, mut vpn_up) = match manager {
        Ok(said) => {
            said.add_wifi(&mut interfaces);
            (said.connectivity, said.vpn_up)
        }
        Err(failure) => {
            tracing::debug!(%failure, "NetworkManager does not say");
            (Connectivity::Unknown, false)
        }
    };
    vpn_up |= interfaces.iter().any(|interface| interface.kind == InterfaceKind::Vpn && interface.up);
    Ok(Network {
        interfaces,
        gateways,
        name_servers,
        domains: resolver.domains,
        proxy: proxy.or_else(|| proxy_of_session(ctx)),
        vpn_up,
        connectivity: reach::judged(connectivity, &servers),
        servers,
    })
}

/// Link and gateway now, with one echo and no more: it is asked all day.
pub(crate) async fn way_out(ctx: &Context) -> WayOut {
    let gateway = match tables::gateways(ctx).into_iter().next() {
        Some(gateway) => probes::one_echo(ctx, gateway).await,
        None => None,
    };
    WayOut { link: interfaces::any_link(ctx), gateway }
}

/// systemd-resolved stands in front of the real name servers, and keeps a list of them.
fn upstream(ctx: &Context, servers: &[IpAddr]) -> Vec<IpAddr> {
    let stub = servers.iter().all(IpAddr::is_loopback);
    let file = ctx.path("/run/systemd/resolve/resolv.conf");
    let behind = files::text(&file).map(|text| tables::resolver(&text).servers).unwrap_or_default();
    if stub && !behind.is_empty() { servers.iter().copied().chain(behind).collect() } else { servers.to_vec() }
}

fn proxy_of_session(ctx: &Context) -> Option<String> {
    let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY"];
    let system = || {
        let said = files::assignments(&files::text(&ctx.path("/etc/environment")).unwrap_or_default());
        names.iter().find_map(|name| said.get(*name).cloned())
    };
    let said = names.iter().find_map(|name| ctx.variable(name)).map(str::to_owned).or_else(system)?;
    Some(without_credentials(&said))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;

    #[tokio::test]
    async fn this_machine_has_the_interfaces_that_its_kernel_shows() {
        let mut ctx = fixture::here();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        ctx.servers = vec![format!("http://claire:hunter2@127.0.0.1:{port}/x").parse().unwrap()];
        let network = collect(&ctx).await.unwrap();
        for interface in &network.interfaces {
            assert!(std::path::Path::new("/sys/class/net").join(&interface.name).exists());
            assert_ne!(interface.name, "lo");
        }
        assert_eq!(network.servers.len(), 1);
        assert!(network.servers[0].reachable, "{:?}", network.servers);
        assert_eq!(network.servers[0].target, format!("127.0.0.1:{port}"));
    }

    #[test]
    fn the_proxy_of_the_session_has_no_password() {
        let mut ctx = fixture::silent();
        assert_eq!(proxy_of_session(&ctx), None);
        ctx.environment.insert("http_proxy".into(), "http://claire:hunter2@proxy.example:3128/".into());
        assert_eq!(proxy_of_session(&ctx).as_deref(), Some("http://proxy.example:3128/"));
    }
}
