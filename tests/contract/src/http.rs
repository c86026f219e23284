//! As much of HTTP/1.1 (RFC 9112) as a server needs that wants to break off at a given byte.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Longest head of a request, in bytes.
const HEAD_BYTES: usize = 64 * 1024;
/// Longest body of a request, in bytes: a ticket with all the files that it can have, in base64.
const BODY_BYTES: usize = 96 * 1024 * 1024;

/// A request, read to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// `POST`.
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query, decoded, in its order.
    pub query: Vec<(String, String)>,
    /// Headers; names as sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A header, by its name in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A part of the query.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `Null` if it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The parts of a multipart body (RFC 7578): name, file name, content.
    #[must_use]
    pub fn parts(&self) -> Vec<(String, Option<String>, Vec<u8>)> {
        parts(self.header("content-type").unwrap_or_default(), &self.body)
    }
}

/// The parts of a multipart body: name, file name, content.
pub(crate) fn parts(content_type: &str, body: &[u8]) -> Vec<(String, Option<String>, Vec<u8>)> {
    let Some((_, boundary)) = content_type.split_once("boundary=") else { return Vec::new() };
    let boundary = boundary.split(';').next().unwrap_or_default().trim().trim_matches('"');
    let line = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut rest = body;
    while let Some(at) = crate::capture::find(rest, line.as_bytes()) {
        rest = &rest[at + line.len()..];
        if rest.starts_with(b"--") {
            break;
        }
        let end = crate::capture::find(rest, line.as_bytes()).unwrap_or(rest.len());
        let part = &rest[..end];
        // Captures have `\n` for `\r\n`.
        let (head, content) = match crate::capture::find(part, b"\r\n\r\n") {
            Some(at) => (&part[..at], &part[at + 4..]),
            None => match crate::capture::find(part, b"\n\n") {
                Some(at) => (&part[..at], &part[at + 2..]),
                None => continue,
            },
        };
        let content = content.strip_suffix(b"\n").unwrap_or(content);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let head = String::from_utf8_lossy(head);
        let parameter = |name: &str| {
            let (_, value) = head.split_once(&format!(" {name}=\""))?;
            value.split('"').next().map(str::to_owned)
        };
        parts.push((parameter("name").unwrap_or_default(), parameter("filename"), content.to_vec()));
    }
    parts
}

/// Path, and query decoded.
pub(crate) fn split_target(target: &str) -> (String, Vec<(String, String)>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    (path.to_owned(), query)
}

/// A request on its way in.
pub(crate) enum Incoming {
    /// All of it.
    Whole(Request),
    /// The other end has nothing more to say.
    Nothing,
    /// Given up after so many bytes, as wished.
    BrokenOff,
}

/// Reads a request; gives up after `at_most` bytes of it.
pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin), at_most: Option<usize>) -> io::Result<Incoming> {
    let mut head = Vec::new();
    loop {
        match from.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && head.is_empty() => {
                return Ok(Incoming::Nothing);
            }
            Err(error) => return Err(error),
        }
        if head.ends_with(b"\r\n\r\n") {
            break;
        }
        if at_most.is_some_and(|limit| head.len() >= limit) {
            return Ok(Incoming::BrokenOff);
        }
        if head.len() > HEAD_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
    let mut request = head_of(&head);
    let chunked = request.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    let length = request.header("content-length").and_then(|value| value.parse::<usize>().ok()).unwrap_or(0);
    if let Some(limit) = at_most {
        // Some of the body, if there is one: as a connection that breaks while a file is moving.
        let mut some = vec![0; limit.saturating_sub(head.len()).min(length)];
        from.read_exact(&mut some).await?;
        return Ok(Incoming::BrokenOff);
    }
    request.body = if chunked { chunks(from).await? } else { known(from, length).await? };
    Ok(Incoming::Whole(request))
}

fn head_of(head: &[u8]) -> Request {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let method = first.next().unwrap_or_default().to_owned();
    let (path, query) = split_target(first.next().unwrap_or_default());
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    Request { method, path, query, headers, body: Vec::new() }
}

async fn known(from: &mut (impl AsyncRead + Unpin), length: usize) -> io::Result<Vec<u8>> {
    if length > BODY_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).await?;
    Ok(body)
}

async fn chunks(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(from).await?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        if body.len() + size > BODY_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let begin = body.len();
        body.resize(begin + size, 0);
        from.read_exact(&mut body[begin..]).await?;
        line(from).await?;
        if size == 0 {
            return Ok(body);
        }
    }
}

async fn line(from: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        if line.len() > 1024 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        line.push(from.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&line).trim().to_owned())
}
