//! Just enough HTTP for CUPS: one request to this machine, one bounded answer (RFC 9112).

use std::path::PathBuf;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
};

use crate::{Context, Failure};

/// Where CUPS listens (cupsd.conf(5)), the last on macOS; the socket works also where the port is closed.
const SOCKETS: &[&str] = &["/run/cups/cups.sock", "/var/run/cups/cups.sock", "/private/var/run/cupsd"];
const PORT: (&str, u16) = ("127.0.0.1", 631);
/// Largest answer that is taken.
const ANSWER_BYTES: u64 = 4 * 1024 * 1024;

/// Sends an IPP request and gives the body of the answer.
pub(super) async fn post(ctx: &Context, path: &str, body: &[u8]) -> Result<Vec<u8>, Failure> {
    let socket = SOCKETS.iter().map(|socket| ctx.path(socket)).find(|socket| socket.exists());
    let io = |error: std::io::Error| Failure::io("CUPS", &error);
    let answer = match socket {
        Some(socket) => exchange(connect(socket).await.map_err(io)?, path, body).await,
        None => exchange(TcpStream::connect(PORT).await.map_err(io)?, path, body).await,
    };
    content(&answer.map_err(io)?)
}

async fn connect(socket: PathBuf) -> std::io::Result<UnixStream> {
    UnixStream::connect(socket).await
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    path: &str,
    body: &[u8],
) -> std::io::Result<Vec<u8>> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// The body of an answer that has come whole, with interim answers in front (`100 Continue`) passed over.
fn content(mut answer: &[u8]) -> Result<Vec<u8>, Failure> {
    let broken = || Failure::broken("CUPS: not an answer of HTTP");
    loop {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(broken)?;
        let (head, body) = answer.split_at_checked(end + 4).ok_or_else(broken)?;
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let status: u16 = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(broken)?;
        match status {
            100..200 => answer = body,
            200 if head.contains("\r\ntransfer-encoding: chunked") => return dechunk(body).ok_or_else(broken),
            200 => return Ok(body.to_vec()),
            401 | 403 => return Err(Failure::denied(format!("CUPS: status {status}"))),
            _ => return Err(Failure::broken(format!("CUPS: status {status}"))),
        }
    }
}

/// RFC 9112, section 7.1.
fn dechunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let (line, after) = (rest.get(..end)?, rest.get(end + 2..)?);
        let size = std::str::from_utf8(line).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(after.get(..size)?);
        rest = after.get(size.checked_add(2)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_come_whole_or_in_chunks() {
        assert_eq!(content(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc").unwrap(), b"abc");
        let chunked = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        assert_eq!(content(chunked).unwrap(), b"abcde");
        let why = content(b"HTTP/1.1 403 Forbidden\r\n\r\n").unwrap_err().why;
        assert_eq!(why, deskside_protocol::facts::SectionFailure::Denied);
        assert!(content(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc").is_err());
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (content(&bytes), dechunk(&bytes));
        }
    }
}
