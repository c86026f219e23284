//! A sign-in in the system's browser comes back to a port of this computer (RFC 8252, section 7.3): what listens there, and
//! what it believes.

use std::time::Duration;

use deskside_protocol::{ErrorCode, limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::{Again, HelpdeskError, Result, http};

/// How long somebody may take at the provider's page.
const PATIENCE: Duration = Duration::from_secs(9 * 60);
/// Longest time for a browser to say what it brings.
const REQUEST: Duration = Duration::from_secs(10);
/// Largest head of its request, in bytes: codes can be long.
const REQUEST_BYTES: usize = 16 * 1024;
/// Connections that are answered; with more, somebody plays with the port.
const CONNECTIONS: usize = 200;
/// Times that a browser which brings no state is sent to the provider once more.
const ONCE_MORE: usize = 3;
/// The path at which the browser comes back.
const PATH: &str = "/signed-in";

/// What the browser shows when it comes back: plain text.
#[derive(Debug, Clone)]
pub struct Farewell {
    /// It worked.
    pub done: String,
    /// It did not.
    pub failed: String,
}

/// A port that waits for the browser.
#[derive(Debug)]
pub(crate) struct Loopback {
    listener: TcpListener,
    port: u16,
}

/// A browser that came back, and waits to be told how it went.
pub(crate) struct Browser(TcpStream);

/// What a request to the port is.
#[derive(Debug, PartialEq, Eq)]
enum Brought {
    /// The code of this sign-in.
    Code(String),
    /// The provider refused.
    Refused(String),
    /// A code that names no sign-in at all: whose it is cannot be known.
    Nameless,
    /// A refusal that names none.
    NamelessRefusal(String),
    /// Something else.
    Nothing,
}

impl Loopback {
    /// Listens on a port that the system chooses.
    ///
    /// # Errors
    /// `Internal` if there is none.
    pub(crate) async fn listen() -> Result<Self> {
        let listen = async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let port = listener.local_addr()?.port();
            Ok::<_, std::io::Error>(Self { listener, port })
        };
        listen.await.map_err(|error| here(format!("no port to listen on: {error}")))
    }

    /// What the provider is told to send the browser to.
    pub(crate) fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Waits for the browser that belongs to the sign-in with this `state`: the code that it brings. One that brings a
    /// code without any state is sent to `once_more`, where that is given, a few times; its code is not used. There a refusal
    /// without any ends the sign-in too.
    ///
    /// # Errors
    /// `TimedOut` if nobody comes back; `Internal` if the port is of no use. What the provider refused stands within.
    pub(crate) async fn come_back(&self, state: &str, once_more: Option<&Url>) -> Result<(Browser, Result<String>)> {
        let waited = tokio::time::timeout(PATIENCE, self.wait(state, once_more)).await;
        waited.map_err(|_| http::timed_out("nobody came back from the sign-in"))?
    }

    async fn wait(&self, state: &str, once_more: Option<&Url>) -> Result<(Browser, Result<String>)> {
        let mut sent_again = 0;
        for _ in 0..CONNECTIONS {
            let (mut stream, _) = self.listener.accept().await.map_err(|error| here(error.to_string()))?;
            // Who says nothing in time is let go.
            let Ok(Some(line)) = tokio::time::timeout(REQUEST, request_line(&mut stream)).await else { continue };
            match (brought(&line, state), once_more) {
                (Brought::Code(code), _) => return Ok((Browser(stream), Ok(code))),
                (Brought::Refused(why), _) | (Brought::NamelessRefusal(why), Some(_)) => {
                    return Ok((Browser(stream), Err(refusal(why))));
                }
                (Brought::Nameless, Some(url)) if sent_again < ONCE_MORE => {
                    sent_again += 1;
                    answer(&mut stream, "302 Found", &format!("Location: {url}\r\n"), "").await;
                }
                (Brought::Nameless | Brought::NamelessRefusal(_) | Brought::Nothing, _) => {
                    answer(&mut stream, "404 Not Found", "", "").await
                }
            }
        }
        Err(here("too many connections while somebody signed in".to_owned()))
    }
}

impl Browser {
    /// Says how it went.
    pub(crate) async fn say(mut self, words: &str) {
        answer(&mut self.0, "200 OK", "", words).await;
    }
}

/// The first line of a request, once its head is whole.
async fn request_line(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut piece = [0_u8; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
        head.extend_from_slice(piece.get(..read)?);
        if head.len() > REQUEST_BYTES {
            return None;
        }
    }
    let line = head.split(|byte| *byte == b'\r').next()?;
    String::from_utf8(line.to_vec()).ok()
}

/// What a request brings.
fn brought(line: &str, state: &str) -> Brought {
    let target = line.strip_prefix("GET ").and_then(|rest| rest.split(' ').next());
    let url = target.and_then(|target| Url::parse("http://127.0.0.1").ok()?.join(target).ok());
    let Some(url) = url.filter(|url| url.path() == PATH) else { return Brought::Nothing };
    let value = |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    let its = value("state").unwrap_or_default();
    if !its.is_empty() && its != state {
        return Brought::Nothing;
    }
    let error = value("error").map(|error| error.chars().filter(char::is_ascii_graphic).take(60).collect::<String>());
    let refused = error.map(|error| format!("the provider refused: {error}"));
    match (refused, value("code")) {
        (Some(why), _) if its.is_empty() => Brought::NamelessRefusal(why),
        (Some(why), _) => Brought::Refused(why),
        (None, Some(_)) if its.is_empty() => Brought::Nameless,
        (None, Some(code)) => Brought::Code(code),
        (None, None) => Brought::Nothing,
    }
}

async fn answer(stream: &mut TcpStream, status: &str, more: &str, words: &str) {
    let text = format!(
        "HTTP/1.1 {status}\r\n{more}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{words}",
        words.len()
    );
    // Nobody waits for it but the browser.
    let said = async {
        stream.write_all(text.as_bytes()).await?;
        stream.shutdown().await
    };
    if let Ok(Err(error)) = tokio::time::timeout(limits::CONNECT, said).await {
        tracing::debug!(%error, "the browser did not wait");
    }
}

fn refusal(detail: String) -> HelpdeskError {
    HelpdeskError {
        code: ErrorCode::Forbidden,
        detail,
        retry_after: None,
        again: Again::Permanent,
        may_have_arrived: false,
    }
}

fn here(detail: String) -> HelpdeskError {
    HelpdeskError { code: ErrorCode::Internal, ..refusal(detail) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_browser_of_this_sign_in_is_believed() {
        let code = |line: &str| brought(line, "s7");
        assert_eq!(code("GET /signed-in?code=a%20b&state=s7 HTTP/1.1"), Brought::Code("a b".to_owned()));
        let refused = code("GET /signed-in?error=access_denied&state=s7 HTTP/1.1");
        assert_eq!(refused, Brought::Refused("the provider refused: access_denied".to_owned()));
        for other in [
            "GET /signed-in?code=a&state=s8 HTTP/1.1",
            "GET /signed-in?state=s7 HTTP/1.1",
            "GET /signed-in HTTP/1.1",
            "GET /favicon.ico?code=a HTTP/1.1",
            "POST /signed-in?code=a&state=s7 HTTP/1.1",
            "GET http://[ HTTP/1.1",
            "",
        ] {
            assert_eq!(code(other), Brought::Nothing, "{other}");
        }
        for nameless in ["GET /signed-in?code=a HTTP/1.1", "GET /signed-in?code=a&state= HTTP/1.1"] {
            assert_eq!(code(nameless), Brought::Nameless, "{nameless}");
        }
        let refused = code("GET /signed-in?error=access_denied HTTP/1.1");
        assert_eq!(refused, Brought::NamelessRefusal("the provider refused: access_denied".to_owned()));
    }

    async fn ask(port: u16, target: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn a_code_without_a_name_is_not_used_and_the_browser_sent_once_more() {
        let port = Loopback::listen().await.unwrap();
        let (number, again) = (port.port, Url::parse("https://glpi.example/api.php/authorize?state=s7").unwrap());
        let browser = tokio::spawn(async move {
            let sent = ask(number, "/signed-in?code=somebodys").await;
            assert!(
                sent.starts_with("HTTP/1.1 302 ") && sent.contains("Location: https://glpi.example/api.php"),
                "{sent}"
            );
            ask(number, "/signed-in?code=ours&state=s7").await
        });
        let (back, code) = port.come_back("s7", Some(&again)).await.unwrap();
        assert_eq!(code.unwrap(), "ours");
        back.say("Welcome").await;
        assert!(browser.await.unwrap().ends_with("\r\n\r\nWelcome"));
    }
}
