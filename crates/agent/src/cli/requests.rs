//! `deskside requests`: where my requests stand.

use std::io::{self, Write as _};

use deskside_protocol::local::{Delivery, Request, RequestRow, Response};

use super::{CliError, Exit, Session, say, word};

impl Session {
    pub(super) async fn requests(&self, json: bool) -> Result<Exit, CliError> {
        let Response::Requests { requests, more } = self.agent().await?.request(Request::Requests).await? else {
            return Err(CliError::Unexpected("requests"));
        };
        if json {
            let text = serde_json::to_string_pretty(&requests).map_err(anyhow::Error::from)?;
            say(&text)?;
        } else if requests.is_empty() {
            say(&self.texts.cli_no_requests())?;
        } else {
            let out = &mut io::stdout().lock();
            for row in &requests {
                let (number, state) = self.standing(row);
                let unread = if row.unread { format!(" · {}", self.texts.cli_unread()) } else { String::new() };
                writeln!(out, "{number:<10} {}\n{:<10} {state}{unread}", printable(&row.title), "")?;
            }
            if more > 0 {
                writeln!(out, "{}", self.texts.cli_more_requests(&more.to_string()))?;
            }
        }
        Ok(Exit::Done)
    }

    /// The number, and where it stands, in words.
    fn standing(&self, row: &RequestRow) -> (String, String) {
        match &row.delivery {
            Delivery::Delivered { number } => {
                let state = row.state.and_then(|state| self.texts.by_id(&format!("state-{}", word(&state)), &[]));
                (self.texts.cli_number(&number.to_string()), state.unwrap_or_default())
            }
            Delivery::Waiting { .. } | Delivery::Sending => ("…".to_owned(), self.texts.cli_not_yet_sent()),
            Delivery::Parked { error, number, .. } => {
                let why = self.error_text(error.code).unwrap_or_default();
                let number = number.map_or("!".to_owned(), |number| self.texts.cli_number(&number.to_string()));
                (number, format!("{}: {why}", self.texts.cli_needs_a_look()))
            }
        }
    }
}

/// Without what a terminal would take for a command.
fn printable(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect()
}
