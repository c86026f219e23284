//! As much of HTTP/1.1 (RFC 9112) as a proxy needs that wants to break it at a given place.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Longest head of a request or an answer, in bytes.
const HEAD_BYTES: usize = 64 * 1024;
/// Longest body that is held, in bytes: the largest attachment, and a little.
const BODY_BYTES: usize = 26 * 1024 * 1024;

/// The first line and the fields of a message, as they came, with the empty line.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    bytes: Vec<u8>,
}

/// How long a body is (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// So many bytes.
    Known(usize),
    /// Its end is told by itself, or by the end of the connection: it is passed on as it comes.
    Streamed,
}

impl Head {
    /// Reads one; `None` if the other end has nothing more to say.
    pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        loop {
            match from.read_u8().await {
                Ok(byte) => bytes.push(byte),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && bytes.is_empty() => return Ok(None),
                Err(error) => return Err(error),
            }
            if bytes.ends_with(b"\r\n\r\n") {
                return Ok(Some(Self { bytes }));
            }
            if bytes.len() > HEAD_BYTES {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `POST /api/v1/tickets` of a request; `HTTP/1.1 200` of an answer.
    pub(crate) fn first_words(&self) -> String {
        let line = self.bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
        String::from_utf8_lossy(line).split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    fn field(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.bytes);
        text.lines().skip(1).find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }

    /// The length of the body of a request.
    pub(crate) fn length_of_request(&self) -> Length {
        if self.field("transfer-encoding").is_some() {
            return Length::Streamed;
        }
        Length::Known(self.field("content-length").and_then(|length| length.parse().ok()).unwrap_or(0))
    }

    /// The length of the body of an answer to anything but HEAD.
    pub(crate) fn length_of_answer(&self) -> Length {
        let words = self.first_words();
        if words.ends_with(" 204") || words.ends_with(" 304") {
            return Length::Known(0);
        }
        match self.field("content-length").and_then(|length| length.parse().ok()) {
            Some(length) if self.field("transfer-encoding").is_none() => Length::Known(length),
            Some(_) | None => Length::Streamed,
        }
    }
}

/// Reads a body of this length.
pub(crate) async fn body(from: &mut (impl AsyncRead + Unpin), length: usize) -> io::Result<Vec<u8>> {
    if length > BODY_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).await?;
    Ok(body)
}

/// A page as proxies and portals answer it.
pub(crate) fn page(status: u16) -> Vec<u8> {
    let (reason, more, says) = match status {
        302 => ("Found", "Location: http://portal.invalid/login\r\n", "You are being taken to the sign-in page."),
        502 => ("Bad Gateway", "", "The upstream server could not be reached."),
        504 => ("Gateway Timeout", "", "The upstream server did not answer in time."),
        _ => ("OK", "", "Welcome! Please accept the terms of use of this network."),
    };
    let body = format!(
        "<!DOCTYPE html><html><head><title>{reason}</title></head><body><h1>{reason}</h1><p>{says}</p></body></html>"
    );
    format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: text/html; charset=utf-8\r\n{more}Content-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn head(text: &str) -> Head {
        Head::read(&mut text.as_bytes()).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn lengths_are_read_as_the_standard_says() {
        let put = head("PUT /a HTTP/1.1\r\nHost: x\r\ncontent-LENGTH: 12\r\n\r\nrest").await;
        assert_eq!((put.first_words().as_str(), put.length_of_request()), ("PUT /a", Length::Known(12)));
        let get = head("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(get.length_of_request(), Length::Known(0));
        let done = head("HTTP/1.1 204 No Content\r\n\r\n").await;
        assert_eq!(done.length_of_answer(), Length::Known(0));
        let events = head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        assert_eq!(events.length_of_answer(), Length::Streamed);
        assert!(Head::read(&mut b"".as_slice()).await.unwrap().is_none());
        assert!(Head::read(&mut b"GET".as_slice()).await.is_err());
    }

    #[tokio::test]
    async fn a_page_is_a_whole_answer() {
        for status in [200, 302, 502, 504] {
            let page = page(status);
            let head = Head::read(&mut page.as_slice()).await.unwrap().unwrap();
            assert_eq!(head.first_words(), format!("HTTP/1.1 {status}"));
            assert_eq!(head.length_of_answer(), Length::Known(page.len() - head.bytes().len()));
        }
    }
}
