//! An employee signs in on this device: the hub says what the browser is to open, the browser comes back to a port of this
//! computer (RFC 8252, section 7.3), and what it brings goes to the hub, which alone can make something of it.

use std::time::Duration;

use deskside_protocol::desk::{BeginSignIn, FinishSignIn, SignInBegun, SignedInPerson};
use deskside_protocol::{ErrorCode, limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::hub::HubDesk;
use crate::{Again, HelpdeskError, Result, http};

/// How long somebody may take at the provider's page.
const PATIENCE: Duration = Duration::from_secs(9 * 60);
/// Longest time for a browser to say what it brings.
const REQUEST: Duration = Duration::from_secs(10);
/// Largest head of its request, in bytes: codes can be long.
const REQUEST_BYTES: usize = 16 * 1024;
/// Connections that are answered; with more, somebody plays with the port.
const CONNECTIONS: usize = 200;
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

/// A sign-in that was begun: somebody is at the provider's page.
pub struct SignIn {
    listener: TcpListener,
    begun: SignInBegun,
    url: Url,
}

/// Without what belongs to it.
impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").finish_non_exhaustive()
    }
}

impl SignIn {
    /// Asks the hub to begin one.
    ///
    /// # Errors
    /// `NotFound` if nobody signs in at this hub; [`HelpdeskError`] in general.
    pub async fn begin(desk: &HubDesk) -> Result<Self> {
        let port = async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let port = listener.local_addr()?.port();
            Ok::<_, std::io::Error>((listener, port))
        };
        let (listener, port) = port.await.map_err(|error| here(format!("no port to listen on: {error}")))?;
        let begin = BeginSignIn { redirect_uri: format!("http://127.0.0.1:{port}{PATH}") };
        let begun: SignInBegun = desk.post(&["sign-in"], &begin).await?;
        let url =
            Url::parse(&begun.authorization_url).map_err(|_| http::bad_answer("the sign-in's address is none"))?;
        // What a browser opens is a page, and nothing that another program would start for.
        http::check_address(&url)?;
        Ok(Self { listener, begun, url })
    }

    /// What the system's browser is to open.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Waits for the browser and ends it: who it is.
    ///
    /// # Errors
    /// `Forbidden` if the provider or the hub refuses; `TimedOut` if nobody comes back; [`HelpdeskError`] in general.
    pub async fn finish(self, desk: &HubDesk, farewell: &Farewell) -> Result<SignedInPerson> {
        let Self { listener, begun, .. } = self;
        let waited = tokio::time::timeout(PATIENCE, come_back(&listener, &begun.state)).await;
        let (mut browser, brought) = waited.map_err(|_| http::timed_out("nobody came back from the sign-in"))??;
        let outcome = match brought {
            Ok(code) => desk.post(&["sign-in", "finish"], &FinishSignIn { code, state: begun.state }).await,
            Err(error) => Err(error),
        };
        let words = if outcome.is_ok() { &farewell.done } else { &farewell.failed };
        answer(&mut browser, "200 OK", words).await;
        outcome
    }
}

/// Waits for the browser that belongs to this sign-in; whatever else comes is sent away.
async fn come_back(listener: &TcpListener, state: &str) -> Result<(TcpStream, Result<String>)> {
    for _ in 0..CONNECTIONS {
        let (mut stream, _) = listener.accept().await.map_err(|error| here(error.to_string()))?;
        // Who says nothing in time is let go.
        if let Ok(Some(line)) = tokio::time::timeout(REQUEST, request_line(&mut stream)).await {
            match brought(&line, state) {
                Some(brought) => return Ok((stream, brought)),
                None => answer(&mut stream, "404 Not Found", "").await,
            }
        }
    }
    Err(here("too many connections while somebody signed in".to_owned()))
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

/// What a request brings, if it belongs to this sign-in: the code, or that the provider refused.
fn brought(line: &str, state: &str) -> Option<Result<String>> {
    let target = line.strip_prefix("GET ")?.split(' ').next()?;
    let url = Url::parse("http://127.0.0.1").ok()?.join(target).ok()?;
    if url.path() != PATH {
        return None;
    }
    let value = |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    if value("state").as_deref() != Some(state) {
        return None;
    }
    if let Some(error) = value("error") {
        let error: String = error.chars().filter(char::is_ascii_graphic).take(60).collect();
        return Some(Err(refusal(format!("the provider refused: {error}"))));
    }
    value("code").map(Ok)
}

async fn answer(stream: &mut TcpStream, status: &str, words: &str) {
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{words}",
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
        let code = |line: &str| brought(line, "s7").map(|brought| brought.map_err(|error| error.code));
        assert_eq!(code("GET /signed-in?code=a%20b&state=s7 HTTP/1.1"), Some(Ok("a b".to_owned())));
        assert_eq!(code("GET /signed-in?error=access_denied&state=s7 HTTP/1.1"), Some(Err(ErrorCode::Forbidden)));
        for other in [
            "GET /signed-in?code=a&state=s8 HTTP/1.1",
            "GET /signed-in?code=a HTTP/1.1",
            "GET /favicon.ico HTTP/1.1",
            "POST /signed-in?code=a&state=s7 HTTP/1.1",
            "GET http://[ HTTP/1.1",
            "",
        ] {
            assert_eq!(code(other), None, "{other}");
        }
    }
}
