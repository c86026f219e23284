//! How a helpdesk is connected: what somebody chose, what a look at it step by step has shown, and what it can do.
//!
//! Every step and every problem has its texts in `shared.ftl`: `connect-step-` + the step is what is looked at,
//! `connect-problem-` + the problem is what it means for the employee, and `connect-help-` + the problem is what IT does
//! about it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::local::Health;
use crate::settings::HelpdeskKind;

/// A helpdesk that somebody wants to connect. Its credential is shown by nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HelpdeskChoice {
    /// Its address as somebody typed or pasted it: "glpi.example", "https://it.example/glpi/front/central.php". An empty
    /// one is the helpdesk in force, looked at with its own credential ([`crate::local::Request::ProbeHelpdesk`] alone).
    pub url: String,
    /// What it is; `None` finds out.
    #[serde(default)]
    pub kind: Option<HelpdeskKind>,
    /// How to sign in; `None` is the first of [`HelpdeskReport::ways`], or the way that IT decided.
    #[serde(default)]
    pub way: Option<SignInWay>,
    /// What its kind wants to know besides, by name ([`HelpdeskReport::fields`]).
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// The token, where the way is one that needs a token; `None` looks how far it goes without.
    #[serde(default)]
    pub credential: Option<String>,
}

impl fmt::Debug for HelpdeskChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values of fields can be secrets too (an application's token).
        f.debug_struct("HelpdeskChoice")
            .field("url", &self.url)
            .field("kind", &self.kind)
            .field("way", &self.way)
            .field("fields", &self.fields.keys().collect::<Vec<_>>())
            .field("credential", &self.credential.as_ref().map(|_| "…"))
            .finish()
    }
}

/// How somebody signs in at a helpdesk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SignInWay {
    /// A token of their own, made in the helpdesk and pasted once.
    Token,
    /// In the system's browser (OAuth 2).
    Browser,
    /// A token from IT that enrols this computer; hubs only.
    EnrolmentToken,
}

/// What a look at a helpdesk has shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HelpdeskReport {
    /// What it is, if it could be told.
    pub kind: Option<HelpdeskKind>,
    /// Its address as it is kept: with https and the sub-folder that were found.
    pub url: String,
    /// Its version, if it tells.
    pub version: Option<String>,
    /// What it calls itself, if it tells; from the server.
    pub name: Option<String>,
    /// How one can sign in there, the best way first; empty while its kind is not known.
    pub ways: Vec<SignInWay>,
    /// What its kind can be told besides; empty while its kind is not known.
    pub fields: Vec<HelpdeskField>,
    /// What was looked at, in order, up to the first that is broken.
    pub steps: Vec<ConnectStep>,
    /// How far it is.
    pub outcome: ConnectOutcome,
}

/// How far a look or a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ConnectOutcome {
    /// A step is broken.
    Broken,
    /// All is well so far; a credential is what is missing.
    CredentialWanted,
    /// All is well, with the credential; nothing was changed.
    Ready,
    /// The system's browser is open: what comes of it is told as [`crate::local::Event::HelpdeskReported`].
    InBrowser,
    /// It is connected.
    Connected,
}

/// Something that a kind of helpdesk can be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HelpdeskField {
    /// Its name: a key of [`HelpdeskChoice::fields`], with a text `helpdesk-field-` + the name.
    pub name: String,
    /// Whether it does not go without.
    pub needed: bool,
    /// Whether it is kept like a credential, and never shown.
    pub secret: bool,
    /// What can be chosen, where the helpdesk told; else it is free text.
    #[serde(default)]
    pub choices: Vec<String>,
}

/// One step of a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectStep {
    /// What was looked at.
    pub step: StepName,
    /// How it went.
    pub health: Health,
    /// What is wrong, unless it is [`Health::Good`].
    pub problem: Option<ConnectProblem>,
    /// What was seen, for technicians: English, no secret; words of the server are in it.
    pub detail: String,
}

/// What is looked at, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StepName {
    /// Whether it is an address, and one that a credential may be sent to.
    Address,
    /// Whether the server's name leads to a machine (DNS).
    Name,
    /// Whether the company's proxy lets us through; only where there is one.
    Proxy,
    /// Whether something listens there (TCP).
    Reach,
    /// Whether the connection is safe (TLS, certificates).
    Secure,
    /// Whether the web server answers below this path (HTTP).
    Answer,
    /// What it is.
    Kind,
    /// Whether its interface for programs is switched on, and new enough.
    Interface,
    /// Whether it takes the credential.
    SignIn,
    /// Whether whoever signed in may do what Deskside does.
    Rights,
}

/// What is wrong with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ConnectProblem {
    /// What was typed is no address.
    AddressWrong,
    /// It is one without encryption, and the server has none with.
    AddressInsecure,
    /// IT decided another helpdesk, way or field.
    DecidedByPolicy,
    /// No machine has this name.
    DnsUnknown,
    /// Names cannot be looked up now.
    DnsFailed,
    /// The proxy itself cannot be reached.
    ProxyUnreachable,
    /// The proxy does not let us through.
    ProxyRefused,
    /// The proxy wants a name and password.
    ProxyNeedsSignIn,
    /// The machine is there, and nothing listens.
    Refused,
    /// Nothing came back in time.
    TimedOut,
    /// There is no way there: no network, or none that leads there.
    NoRoute,
    /// The connection broke off.
    BrokenOff,
    /// Who signed the certificate is not trusted on this computer.
    TlsUntrusted,
    /// The certificate is not valid now: run out, or this computer's clock is wrong.
    TlsExpired,
    /// The certificate is another server's.
    TlsWrongName,
    /// The certificate was withdrawn.
    TlsRevoked,
    /// No encryption could be agreed on, or what answers does not speak TLS.
    TlsFailed,
    /// The server wants a certificate of this computer.
    ClientCertificateNeeded,
    /// The server does not take this computer's certificate, or it cannot be read.
    ClientCertificateRefused,
    /// The extra certificate authorities that IT named cannot be read.
    CaFileUnreadable,
    /// The web server sends elsewhere.
    Redirected,
    /// Something in front of the helpdesk wants its own sign-in.
    SignInInFront,
    /// The web server reports an error of its own.
    ServerFailing,
    /// It asks to wait: too many requests, or maintenance.
    Busy,
    /// There is a web server, and nothing below this path.
    WrongPath,
    /// Something answers that is no helpdesk that Deskside knows.
    NotAHelpdesk,
    /// It is another kind of helpdesk than was said.
    OtherKind,
    /// Its interface for programs is switched off, or the web server keeps it away.
    ApiOff,
    /// Its interface does not take requests from this computer's network address.
    ApiFromThisAddressForbidden,
    /// It wants the token of an application, too.
    AppTokenMissing,
    /// It does not know the token of the application.
    AppTokenWrong,
    /// It wants the identity of an OAuth client, or does not know this one.
    OauthClientWrong,
    /// The sign-in in the browser was not finished, or refused.
    BrowserSignInFailed,
    /// It does not know this token.
    TokenWrong,
    /// The token has run out, or was used up.
    TokenExpired,
    /// Whoever signed in lacks a right.
    RightMissing,
    /// A field names something that is not there (queue, project, entity), or has a value that it cannot have.
    FieldWrong,
    /// Its version is older than what Deskside speaks to.
    TooOld,
    /// It answers something that fits nothing known.
    BadAnswer,
    /// The credential could not be kept on this computer.
    NotKept,
    /// Requests that may have arrived at the helpdesk of before are parked: their writer decides. It is connected.
    InDoubt,
}

/// What a helpdesk can do, as the window needs to know it: it offers nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HelpdeskAbilities {
    /// Whether requesters can reply.
    pub reply: bool,
    /// Saying that it works again.
    pub confirm: Way,
    /// Saying that it does not.
    pub reopen: Way,
    /// Giving stars.
    pub rate: Way,
    /// Whether it takes files at all.
    pub files: bool,
    /// Up to which size each, in bytes.
    pub file_bytes: u64,
    /// Whether it tells its categories ([`crate::local::Request::Categories`]).
    pub categories: bool,
    /// Whether its articles can be searched ([`crate::local::Request::SearchArticles`]).
    pub articles: bool,
}

impl Default for HelpdeskAbilities {
    /// While no helpdesk is connected: what every one of them takes. What is written then waits.
    fn default() -> Self {
        Self {
            reply: true,
            confirm: Way::Own,
            reopen: Way::Own,
            rate: Way::Own,
            files: true,
            file_bytes: crate::limits::ATTACHMENT_BYTES,
            categories: false,
            articles: false,
        }
    }
}

/// How something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// By the helpdesk's own means.
    Own,
    /// By a reply that asks a technician for it.
    ByReply,
    /// Not at all: it is not offered.
    Not,
}

/// What IT decided about the helpdesk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HelpdeskDecided {
    /// Which one it is: no other can be connected, and this one not be disconnected.
    pub url: bool,
    /// What it is.
    pub kind: bool,
    /// How to sign in.
    pub way: Option<SignInWay>,
    /// The names of the fields with a value from IT.
    pub fields: Vec<String>,
}

/// A category of the helpdesk, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CategoryChoice {
    /// The helpdesk's own number of it.
    pub id: u64,
    /// Its name, with those it lies in ("Network > Wi-Fi"); from the server.
    pub name: String,
}

/// An article of the helpdesk's knowledge base; from the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Article {
    /// The helpdesk's own number of it.
    pub id: u64,
    /// Its title, plain text.
    pub title: String,
    /// Its text, plain, at most [`crate::limits::TEXT_BYTES`].
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_shows_neither_its_credential_nor_the_values_of_its_fields() {
        let choice: HelpdeskChoice =
            serde_json::from_str(r#"{"url":"glpi.example","fields":{"app_token":"QWERTY"},"credential":"s3cr3t"}"#)
                .unwrap();
        let shown = format!("{choice:?} {:?}", crate::local::Request::ConnectHelpdesk { choice: choice.clone() });
        assert!(shown.contains("glpi.example") && shown.contains("app_token"), "{shown}");
        assert!(!shown.contains("s3cr3t") && !shown.contains("QWERTY"), "{shown}");
        assert_eq!((choice.kind, choice.way), (None, None));
    }
}
