//! Adapters with gateways and name servers (`GetAdaptersAddresses`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use ::windows::Win32::{
    Foundation::{ERROR_BUFFER_OVERFLOW, NO_ERROR},
    NetworkManagement::{
        IpHelper::{
            GAA_FLAG_INCLUDE_GATEWAYS, GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_MULTICAST, GetAdaptersAddresses,
            IF_TYPE_ETHERNET_CSMACD, IF_TYPE_IEEE80211, IF_TYPE_PPP, IF_TYPE_TUNNEL, IF_TYPE_WWANPP, IF_TYPE_WWANPP2,
            IP_ADAPTER_ADDRESSES_LH,
        },
        Ndis::IfOperStatusUp,
    },
    Networking::WinSock::{AF_INET, AF_INET6, AF_UNSPEC, SOCKADDR_IN, SOCKADDR_IN6, SOCKET_ADDRESS},
};
use deskside_protocol::{facts::InterfaceKind, limits::FACTS_LIST};

use crate::Failure;

/// IANA ifType 53, "proprietary virtual": how Windows shows the adapters of most VPN clients.
const PROPRIETARY_VIRTUAL: u32 = 53;
/// Documented as a good first size; grown when Windows asks for more.
const FIRST_BYTES: u32 = 16 * 1024;
const MOST_BYTES: u32 = 1024 * 1024;

pub(super) struct Adapter {
    pub(super) name: String,
    pub(super) kind: InterfaceKind,
    pub(super) up: bool,
    pub(super) speed_mbit: Option<u32>,
    /// With port 0, and the number of the interface where the address needs one.
    pub(super) gateways: Vec<SocketAddr>,
    pub(super) name_servers: Vec<IpAddr>,
    pub(super) domain: Option<String>,
}

#[expect(unsafe_code, reason = "adapters are only there through the Windows API")]
pub(super) fn read() -> Result<Vec<Adapter>, Failure> {
    let flags = GAA_FLAG_INCLUDE_GATEWAYS | GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST;
    let mut size = FIRST_BYTES;
    for _ in 0..3 {
        // u64 units keep the alignment that the structure needs.
        let mut buffer = vec![0_u64; size.div_ceil(8) as usize];
        let first: *mut IP_ADAPTER_ADDRESSES_LH = buffer.as_mut_ptr().cast();
        // SAFETY: the buffer has at least `size` bytes and the alignment of the structure.
        let status = unsafe { GetAdaptersAddresses(u32::from(AF_UNSPEC.0), flags, None, Some(first), &raw mut size) };
        if status == ERROR_BUFFER_OVERFLOW.0 && size <= MOST_BYTES {
            continue;
        }
        if status != NO_ERROR.0 {
            return Err(Failure::broken(format!("GetAdaptersAddresses: {status}")));
        }
        let mut adapters = Vec::new();
        let mut next = first.cast_const();
        // SAFETY: on success the list's entries and all they point to are within `buffer`, which lives until the end of
        // this block; the list ends with null.
        while let Some(adapter) = unsafe { next.as_ref() } {
            if adapters.len() == FACTS_LIST {
                break;
            }
            adapters.push(unsafe { one(adapter) });
            next = adapter.Next;
        }
        return Ok(adapters);
    }
    Err(Failure::broken("the list of adapters keeps growing"))
}

/// # Safety
/// `adapter` must be an entry of a list that `GetAdaptersAddresses` filled, whose buffer still lives.
#[expect(unsafe_code, reason = "adapters are only there through the Windows API")]
unsafe fn one(adapter: &IP_ADAPTER_ADDRESSES_LH) -> Adapter {
    let mut gateways = Vec::new();
    let mut name_servers = Vec::new();
    // SAFETY: as promised by the caller, both lists and their addresses are within the living buffer and end with null.
    unsafe {
        let mut gateway = adapter.FirstGatewayAddress;
        while let Some(entry) = gateway.as_ref() {
            gateways.extend(address(&entry.Address));
            gateway = entry.Next;
        }
        let mut server = adapter.FirstDnsServerAddress;
        while let Some(entry) = server.as_ref() {
            name_servers.extend(address(&entry.Address).map(|address| address.ip()).filter(is_set));
            server = entry.Next;
        }
        let name = adapter.FriendlyName.to_string().unwrap_or_default();
        let described = adapter.Description.to_string().unwrap_or_default();
        Adapter {
            kind: kind(adapter.IfType, &described),
            name,
            up: adapter.OperStatus == IfOperStatusUp,
            speed_mbit: u32::try_from(adapter.ReceiveLinkSpeed / 1_000_000).ok().filter(|mbit| *mbit > 0),
            gateways,
            name_servers,
            domain: adapter.DnsSuffix.to_string().ok().filter(|domain| !domain.is_empty()),
        }
    }
}

/// # Safety
/// `socket` must point to an address of the length it says.
#[expect(unsafe_code, reason = "adapters are only there through the Windows API")]
unsafe fn address(socket: &SOCKET_ADDRESS) -> Option<SocketAddr> {
    // SAFETY: the family in front says which structure follows, and the length is checked against it.
    unsafe {
        let family = socket.lpSockaddr.as_ref()?.sa_family;
        let length = usize::try_from(socket.iSockaddrLength).ok()?;
        if family == AF_INET && length >= size_of::<SOCKADDR_IN>() {
            let v4 = *socket.lpSockaddr.cast::<SOCKADDR_IN>();
            Some((Ipv4Addr::from(v4.sin_addr.S_un.S_addr.to_ne_bytes()), 0).into())
        } else if family == AF_INET6 && length >= size_of::<SOCKADDR_IN6>() {
            let v6 = *socket.lpSockaddr.cast::<SOCKADDR_IN6>();
            Some(SocketAddrV6::new(Ipv6Addr::from(v6.sin6_addr.u.Byte), 0, 0, v6.Anonymous.sin6_scope_id).into())
        } else {
            None
        }
    }
}

/// Windows shows fec0:0:0:ffff::1 to ::3 where nobody set an IPv6 name server; the prefix is deprecated (RFC 3879).
fn is_set(server: &IpAddr) -> bool {
    match server {
        IpAddr::V4(_) => true,
        IpAddr::V6(server) => server.segments()[0] & 0xffc0 != 0xfec0,
    }
}

/// By the interface's type, and for those that hide behind Ethernet by how their makers call them.
fn kind(if_type: u32, described: &str) -> InterfaceKind {
    let described = described.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| described.contains(word));
    if says(&["vpn", "wireguard", "tap-windows", "wintun", "anyconnect", "fortinet", "globalprotect", "zscaler"]) {
        return InterfaceKind::Vpn;
    }
    if says(&["hyper-v virtual", "virtualbox", "vmware virtual", "loopback"]) {
        return InterfaceKind::Virtual;
    }
    match if_type {
        IF_TYPE_ETHERNET_CSMACD => InterfaceKind::Wired,
        IF_TYPE_IEEE80211 => InterfaceKind::Wireless,
        IF_TYPE_WWANPP | IF_TYPE_WWANPP2 => InterfaceKind::Mobile,
        IF_TYPE_PPP | PROPRIETARY_VIRTUAL => InterfaceKind::Vpn,
        IF_TYPE_TUNNEL => InterfaceKind::Virtual,
        _ => InterfaceKind::Other,
    }
}
