//! What `serve` is told of the helpdesk behind the hub and of employees' sign-in.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use deskside_helpdesk::Target;
use deskside_hub::SignInConfig;
use deskside_hub::gateway::{self, GatewayConfig, People};
use deskside_protocol::settings::HelpdeskKind;
use url::Url;

/// The helpdesk in which this hub files its tickets, with one service account.
#[derive(Debug, Args)]
pub(crate) struct GatewayArgs {
    /// File tickets in the helpdesk that the company runs, rather than keep them here.
    #[arg(long, value_enum, env = "DESKSIDE_HUB_HELPDESK_KIND", requires = "helpdesk_url")]
    helpdesk_kind: Option<KindArg>,
    /// Its address, as people open it in a browser.
    #[arg(long, value_name = "URL", env = "DESKSIDE_HUB_HELPDESK_URL", requires = "helpdesk_kind")]
    helpdesk_url: Option<Url>,
    /// The file that holds the service account's token, and that nobody else may read; without it, the token is taken from
    /// DESKSIDE_HUB_HELPDESK_CREDENTIAL.
    #[arg(long, value_name = "FILE", env = "DESKSIDE_HUB_HELPDESK_CREDENTIAL_FILE", requires = "helpdesk_kind")]
    helpdesk_credential_file: Option<PathBuf>,
    /// What this kind of helpdesk wants to know besides, as `queue=General`; may be said more than once.
    #[arg(long, value_name = "NAME=VALUE", value_parser = field, requires = "helpdesk_kind")]
    helpdesk_field: Vec<(String, String)>,
    /// How the helpdesk calls an employee, to file in their name: `{login}` is their name in the directory, `{email}` their
    /// address. Who it is, IT says (`token create --person`) or a sign-in proves.
    #[arg(long, value_name = "TEMPLATE", env = "DESKSIDE_HUB_HELPDESK_REQUESTER", requires = "helpdesk_kind")]
    helpdesk_requester: Option<String>,
    /// A file of those whom it calls otherwise, a line for each: `anna = 17`.
    #[arg(long, value_name = "FILE", env = "DESKSIDE_HUB_HELPDESK_PEOPLE", requires = "helpdesk_kind")]
    helpdesk_people: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindArg {
    Glpi,
    Mantis,
    Rt,
}

fn field(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        Some(_) | None => Err("expected NAME=VALUE".to_owned()),
    }
}

impl GatewayArgs {
    pub(crate) fn config(self) -> anyhow::Result<Option<GatewayConfig>> {
        let (Some(kind), Some(url)) = (self.helpdesk_kind, self.helpdesk_url) else { return Ok(None) };
        let kind = match kind {
            KindArg::Glpi => HelpdeskKind::Glpi,
            KindArg::Mantis => HelpdeskKind::Mantis,
            KindArg::Rt => HelpdeskKind::RequestTracker,
        };
        let named = match &self.helpdesk_people {
            Some(file) => People::read(file).with_context(|| format!("{} cannot be used", file.display()))?,
            None => std::collections::BTreeMap::new(),
        };
        if kind == HelpdeskKind::Glpi {
            anyhow::ensure!(
                self.helpdesk_requester.is_none(),
                "GLPI calls people by numbers, which no --helpdesk-requester can give: name each in a file for --helpdesk-people"
            );
            if let Some((login, name)) = named.iter().find(|(_, name)| name.parse::<u64>().is_err()) {
                anyhow::bail!("GLPI calls people by numbers: \"{login} = {name}\" in --helpdesk-people gives none");
            }
        }
        let credential = match &self.helpdesk_credential_file {
            Some(file) => gateway::read_credential(file)
                .with_context(|| format!("the helpdesk's credential in {} cannot be used", file.display()))?,
            None => std::env::var("DESKSIDE_HUB_HELPDESK_CREDENTIAL")
                .context("the helpdesk's credential is missing: name a file with --helpdesk-credential-file")?,
        };
        let target = Target { kind, url, fields: self.helpdesk_field.into_iter().collect() };
        let people = People { template: self.helpdesk_requester, named };
        Ok(Some(GatewayConfig { target, credential: credential.trim().to_owned(), people }))
    }
}

/// How employees prove who they are: OpenID Connect.
#[derive(Debug, Args)]
pub(crate) struct SignInArgs {
    /// Let employees sign in with the company's OpenID Connect provider; this is its issuer.
    #[arg(long, value_name = "URL", env = "DESKSIDE_HUB_SIGN_IN_ISSUER", requires = "sign_in_client_id")]
    sign_in_issuer: Option<Url>,
    /// What the provider calls this hub: a native client with the redirect `http://127.0.0.1/signed-in`, any port.
    #[arg(long, value_name = "ID", env = "DESKSIDE_HUB_SIGN_IN_CLIENT_ID", requires = "sign_in_issuer")]
    sign_in_client_id: Option<String>,
    /// The file that holds the client's secret, if the provider gave one, and that nobody else may read.
    #[arg(long, value_name = "FILE", env = "DESKSIDE_HUB_SIGN_IN_SECRET_FILE", requires = "sign_in_issuer")]
    sign_in_secret_file: Option<PathBuf>,
    /// Which claim is an employee's name in the directory.
    #[arg(
        long,
        value_name = "CLAIM",
        env = "DESKSIDE_HUB_SIGN_IN_LOGIN",
        default_value = "preferred_username",
        value_parser = ["preferred_username", "email", "sub"]
    )]
    sign_in_login: String,
    /// Take nothing new from a computer on which nobody is signed in.
    #[arg(long, env = "DESKSIDE_HUB_SIGN_IN_REQUIRED", requires = "sign_in_issuer")]
    sign_in_required: bool,
    /// For how many hours a sign-in holds.
    #[arg(long, value_name = "HOURS", env = "DESKSIDE_HUB_SIGN_IN_HOURS", default_value_t = 720, value_parser = clap::value_parser!(u32).range(1..=8760))]
    sign_in_hours: u32,
}

impl SignInArgs {
    pub(crate) fn config(self) -> anyhow::Result<Option<SignInConfig>> {
        let (Some(issuer), Some(client_id)) = (self.sign_in_issuer, self.sign_in_client_id) else { return Ok(None) };
        let secret = self.sign_in_secret_file.as_deref().map(|file| {
            gateway::read_credential(file).with_context(|| format!("the secret in {} cannot be used", file.display()))
        });
        Ok(Some(SignInConfig {
            issuer,
            client_id,
            client_secret: secret.transpose()?,
            login_claim: self.sign_in_login,
            required: self.sign_in_required,
            lasts: Duration::from_secs(u64::from(self.sign_in_hours) * 3600),
        }))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        gateway: GatewayArgs,
    }

    #[test]
    fn glpi_is_told_numbers_or_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let people = folder.path().join("people");
        let people = people.to_str().unwrap();
        let config = |kind: &str, more: [&str; 2]| {
            let line = ["hub", "--helpdesk-kind", kind, "--helpdesk-url", "https://it.example/"];
            Line::parse_from(line.into_iter().chain(more)).gateway.config().unwrap_err().to_string()
        };
        let refused = config("glpi", ["--helpdesk-requester", "{login}"]);
        assert!(refused.contains("by numbers") && refused.contains("--helpdesk-people"), "{refused}");
        std::fs::write(people, "anna = 17\nbob = bob\n").unwrap();
        let refused = config("glpi", ["--helpdesk-people", people]);
        assert!(refused.contains("bob = bob"), "{refused}");
        // Others call people by their names; what is missing then is the credential.
        for taken in [["--helpdesk-requester", "{login}"], ["--helpdesk-people", people]] {
            let next = config("mantis", taken);
            assert!(next.contains("credential"), "{next}");
        }
    }
}
