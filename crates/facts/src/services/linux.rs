//! On Linux: failed units of systemd, the system's and the user's, over D-Bus.

use deskside_protocol::{
    Timestamp,
    facts::{FailedService, Services},
    limits,
};
use zbus::zvariant::OwnedObjectPath;

use crate::{
    Context, Failure,
    linux::bus::{Bus, Properties},
};

const SERVICE: &str = "org.freedesktop.systemd1";
const MANAGER: (&str, &str, &str) = (SERVICE, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager");

/// A unit as `ListUnitsFiltered` tells it (org.freedesktop.systemd1(5)): name, description, states, what it follows, path,
/// and its job.
type Unit = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

pub(crate) async fn collect(ctx: &Context) -> Result<Services, Failure> {
    let system = async { failed(&Bus::system(ctx).await?, false).await };
    let user = async { failed(&Bus::session(ctx).await?, true).await };
    let (system, user) = tokio::join!(system, user);
    let mut failed = match (system, user) {
        (Ok(mut system), Ok(user)) => {
            system.extend(user);
            system
        }
        // A session without its own systemd is common; a system without one has nothing to say.
        (Ok(system), Err(_)) => system,
        (Err(_), Ok(user)) if !user.is_empty() => user,
        (Err(failure), _) => return Err(failure),
    };
    failed.truncate(limits::FACTS_LIST);
    Ok(Services { failed })
}

async fn failed(bus: &Bus, of_user: bool) -> Result<Vec<FailedService>, Failure> {
    let units: Vec<Unit> = bus.call(MANAGER, "ListUnitsFiltered", &(vec!["failed"],)).await?;
    let mut failed = Vec::new();
    for (name, description, _, _, _, _, path, ..) in units.into_iter().take(limits::FACTS_LIST) {
        let said = bus.properties((SERVICE, path.as_str(), "org.freedesktop.systemd1.Unit")).await.ok();
        let result = match interface(&name) {
            Some(interface) => bus.properties((SERVICE, path.as_str(), interface)).await.ok().and_then(|p| result(&p)),
            None => None,
        };
        failed.push(FailedService {
            name,
            description: Some(description).filter(|text| !text.is_empty()),
            result,
            since: said.and_then(|said| since(&said)),
            of_user,
        });
    }
    Ok(failed)
}

/// The interface that knows why a unit of this kind failed.
fn interface(name: &str) -> Option<&'static str> {
    match name.rsplit('.').next()? {
        "service" => Some("org.freedesktop.systemd1.Service"),
        "socket" => Some("org.freedesktop.systemd1.Socket"),
        "mount" => Some("org.freedesktop.systemd1.Mount"),
        "automount" => Some("org.freedesktop.systemd1.Automount"),
        "swap" => Some("org.freedesktop.systemd1.Swap"),
        "timer" => Some("org.freedesktop.systemd1.Timer"),
        "path" => Some("org.freedesktop.systemd1.Path"),
        _ => None,
    }
}

/// "exit-code (3)": what went wrong, and the code that the main process ended with, if it ended by itself.
fn result(said: &Properties) -> Option<String> {
    let result = said.text("Result")?;
    let status = said.get::<i32>("ExecMainStatus").filter(|_| result == "exit-code");
    Some(match status {
        Some(status) => format!("{result} ({status})"),
        None => result,
    })
}

fn since(said: &Properties) -> Option<Timestamp> {
    let microseconds = said.get::<u64>("StateChangeTimestamp").filter(|since| *since > 0)?;
    Some(Timestamp::from_unix_ms(i64::try_from(microseconds / 1000).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;
    use deskside_protocol::facts::SectionFailure;

    #[tokio::test]
    async fn a_machine_without_systemd_says_so() {
        let why = collect(&fixture::silent()).await.unwrap_err().why;
        assert_eq!(why, SectionFailure::Unavailable);
    }

    #[test]
    fn the_reason_is_where_the_kind_of_unit_keeps_it() {
        assert_eq!(interface("user@1000.service"), Some("org.freedesktop.systemd1.Service"));
        assert_eq!(interface("srv-share.mount"), Some("org.freedesktop.systemd1.Mount"));
        assert_eq!(interface("nothing"), None);
    }
}
