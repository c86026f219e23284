//! Asks the gateways: by an echo (`IcmpSendEcho`, `Icmp6SendEcho2`), which Windows lets every user send, and by a
//! connection where a firewall swallows echoes.

use std::{
    net::{SocketAddr, SocketAddrV4, SocketAddrV6},
    time::Instant,
};

use ::windows::Win32::{
    Foundation::HANDLE,
    NetworkManagement::IpHelper::{
        ICMP_ECHO_REPLY, ICMPV6_ECHO_REPLY_LH, IP_SUCCESS, Icmp6CreateFile, Icmp6ParseReplies, Icmp6SendEcho2,
        IcmpCloseHandle, IcmpCreateFile, IcmpSendEcho,
    },
    Networking::WinSock::{AF_INET6, SOCKADDR_IN6},
};
use deskside_protocol::facts::Reachability;
use futures_util::future::join_all;

use crate::{
    Failure, blocking,
    network::reach::{ANSWER, ASKED, TRIES, answered, by_connection, silent},
};

/// What an echo carries; of any content.
const CARRIED: [u8; 8] = *b"deskside";
/// Room for one answer: the structure, what was carried, 8 bytes of an error of ICMP, and a status block (documentation of
/// `Icmp6SendEcho2`).
const ANSWER_UNITS: usize = 32;

/// Asks the first gateways, side by side.
pub(super) async fn ask(gateways: Vec<SocketAddr>) -> Vec<Reachability> {
    join_all(gateways.into_iter().take(ASKED).map(one)).await
}

async fn one(gateway: SocketAddr) -> Reachability {
    let target = gateway.ip().to_string();
    let echoed = blocking(move || {
        for _ in 0..TRIES {
            let since = Instant::now();
            if echo(gateway)? {
                return Ok(Some(since.elapsed()));
            }
        }
        Ok(None)
    })
    .await;
    if let Ok(Some(took)) = echoed {
        return Reachability { answer_ms: Some(took.as_secs_f32() * 1000.0), ..answered(target, Instant::now()) };
    }
    let at = move |port| {
        let mut address = gateway;
        address.set_port(port);
        address
    };
    match by_connection(at).await {
        Some(since) => answered(target, since),
        None => silent(target, "no answer to an echo or a connection"),
    }
}

struct Handle(HANDLE);

impl Drop for Handle {
    #[expect(unsafe_code, reason = "echoes are only there through the Windows API")]
    fn drop(&mut self) {
        // SAFETY: the handle is ours and is closed once; nothing can be done about a failure.
        let _ = unsafe { IcmpCloseHandle(self.0) };
    }
}

/// Whether a gateway answers one echo within [`ANSWER`].
fn echo(gateway: SocketAddr) -> Result<bool, Failure> {
    match gateway {
        SocketAddr::V4(gateway) => echo_v4(gateway),
        SocketAddr::V6(gateway) => echo_v6(gateway),
    }
}

fn failed(error: &::windows::core::Error) -> Failure {
    Failure::broken(format!("echo: {error}"))
}

#[expect(unsafe_code, reason = "echoes are only there through the Windows API")]
fn echo_v4(gateway: SocketAddrV4) -> Result<bool, Failure> {
    // u64 units keep the alignment that the structure needs.
    let mut answer = [0_u64; ANSWER_UNITS];
    let room = u32::try_from(size_of_val(&answer)).unwrap_or(0);
    let milliseconds = u32::try_from(ANSWER.as_millis()).unwrap_or(u32::MAX);
    // SAFETY: the handle lives until the end of the block; both buffers live through the call, which waits for its end, and
    // are as long as said. With at least one answer the buffer begins with its structure.
    unsafe {
        let handle = Handle(IcmpCreateFile().map_err(|error| failed(&error))?);
        let answers = IcmpSendEcho(
            handle.0,
            u32::from_ne_bytes(gateway.ip().octets()),
            CARRIED.as_ptr().cast(),
            CARRIED.len() as u16,
            None,
            answer.as_mut_ptr().cast(),
            room,
            milliseconds,
        );
        Ok(answers > 0 && (*answer.as_ptr().cast::<ICMP_ECHO_REPLY>()).Status == IP_SUCCESS)
    }
}

#[expect(unsafe_code, reason = "echoes are only there through the Windows API")]
fn echo_v6(gateway: SocketAddrV6) -> Result<bool, Failure> {
    let mut answer = [0_u64; ANSWER_UNITS];
    let room = u32::try_from(size_of_val(&answer)).unwrap_or(0);
    let milliseconds = u32::try_from(ANSWER.as_millis()).unwrap_or(u32::MAX);
    // All zeros stand for any address of ours.
    let from = SOCKADDR_IN6 { sin6_family: AF_INET6, ..SOCKADDR_IN6::default() };
    let mut to = from;
    to.sin6_addr.u.Byte = gateway.ip().octets();
    to.Anonymous.sin6_scope_id = gateway.scope_id();
    // SAFETY: as for IPv4; without an event or a routine the call waits for its end. The answers have to be parsed, by a
    // call of their own, before the structure holds what it says.
    unsafe {
        let handle = Handle(Icmp6CreateFile().map_err(|error| failed(&error))?);
        let answers = Icmp6SendEcho2(
            handle.0,
            None,
            None,
            None,
            &raw const from,
            &raw const to,
            CARRIED.as_ptr().cast(),
            CARRIED.len() as u16,
            None,
            answer.as_mut_ptr().cast(),
            room,
            milliseconds,
        );
        Ok(answers > 0
            && Icmp6ParseReplies(answer.as_mut_ptr().cast(), room) > 0
            && (*answer.as_ptr().cast::<ICMPV6_ECHO_REPLY_LH>()).Status == IP_SUCCESS)
    }
}
