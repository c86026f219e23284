//! What the agent says when it starts the window.

use std::ffi::OsString;

use anyhow::{Context as _, bail};
use deskside_ipc::{Endpoint, IpcError};
use deskside_protocol::local::Route;

/// The command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// Where to open.
    pub(crate) route: Route,
}

impl Arguments {
    /// Understands `--route JSON`; without it the window opens on Home.
    ///
    /// # Errors
    /// Anything else on the command line, or a route that is none.
    pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> anyhow::Result<Self> {
        let mut arguments = arguments.into_iter();
        let mut route = Route::Home;
        while let Some(argument) = arguments.next() {
            if argument != "--route" {
                bail!("usage: deskside-window [--route JSON] (not {})", argument.display());
            }
            let text = arguments.next().context("--route needs a route as JSON")?;
            let text = text.to_str().context("the route is not UTF-8")?;
            route = serde_json::from_str(text).with_context(|| format!("not a route: {text}"))?;
        }
        Ok(Self { route })
    }
}

/// Where the agent listens: `DESKSIDE_SOCKET`, which the agent hands down, or this user's usual place.
///
/// # Errors
/// As [`Endpoint::default_for_user`].
pub(crate) fn endpoint() -> Result<Endpoint, IpcError> {
    match std::env::var_os("DESKSIDE_SOCKET") {
        Some(path) if !path.is_empty() => Ok(Endpoint::at(path)),
        Some(_) | None => Endpoint::default_for_user(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> anyhow::Result<Arguments> {
        Arguments::read(arguments.iter().map(OsString::from))
    }

    #[test]
    fn the_window_opens_where_it_is_told() {
        assert_eq!(read(&[]).unwrap().route, Route::Home);
        assert_eq!(read(&["--route", r#"{"screen":"requests"}"#]).unwrap().route, Route::Requests);
        let report = Route::Report { draft: None, capture: None };
        assert_eq!(read(&["--route", r#"{"screen":"report","draft":null,"capture":null}"#]).unwrap().route, report);
    }

    #[test]
    fn what_it_does_not_understand_it_refuses() {
        for arguments in
            [&["--route"][..], &["--route", "home"], &["--route", r#"{"screen":"x"}"#], &["https://x.example"]]
        {
            assert!(read(arguments).is_err(), "{arguments:?}");
        }
    }
}
