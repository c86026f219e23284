//! On Linux: the account's numbers from the kernel, their names from `/etc`, and from D-Bus where the account is a
//! directory's (systemd-logind, AccountsService).

use std::collections::BTreeSet;

use deskside_protocol::{facts::User, limits};
use zbus::zvariant::OwnedObjectPath;

use crate::{
    Context, Failure, blocking,
    linux::{bus::Bus, files},
};

/// Groups whose members may do everything, by convention of Debian, Red Hat and Ubuntu.
const ADMINISTRATORS: &[&str] = &["sudo", "wheel", "admin"];
/// First number of an account that is a person's (login.defs(5), `UID_MIN`).
const FIRST_PERSON: u32 = 1000;
/// Numbers from here on are nobody's or a container's (systemd, "Users, Groups, UIDs and GIDs").
const LAST_PERSON: u32 = 60_000;
/// A directory of a large company lists its people and groups in files of this size, at most.
const LIST_BYTES: u64 = 4 * 1024 * 1024;

/// Numbers of the account that runs this.
struct Account {
    uid: u32,
    gids: BTreeSet<u32>,
}

pub(crate) async fn collect(ctx: &Context) -> Result<User, Failure> {
    let gids = rustix::process::getgroups().unwrap_or_default();
    let account = Account {
        uid: rustix::process::getuid().as_raw(),
        gids: gids.into_iter().chain([rustix::process::getgid()]).map(rustix::process::Gid::as_raw).collect(),
    };
    let uid = account.uid;
    let for_read = ctx.clone();
    let mut user = blocking(move || Ok(read(&for_read, &account))).await?;
    if let Ok(bus) = Bus::system(ctx).await {
        if user.login.is_empty() {
            user.login = login(&bus, uid).await.unwrap_or_default();
        }
        if user.display_name.is_none() {
            user.display_name = display_name(&bus, uid).await.ok().flatten();
        }
        if let Ok(others) = other_sessions(&bus, uid).await {
            user.other_sessions = others;
        }
    }
    split_domain(&mut user);
    if user.login.is_empty() { Err(Failure::unavailable("the account has no name")) } else { Ok(user) }
}

fn read(ctx: &Context, account: &Account) -> User {
    let people = files::text_up_to(&ctx.path("/etc/passwd"), LIST_BYTES).unwrap_or_default();
    let groups = files::text_up_to(&ctx.path("/etc/group"), LIST_BYTES).unwrap_or_default();
    let person = person(&people, account.uid);
    let known_here = person.is_some();
    let (login, display_name) = person.unwrap_or_else(|| (ctx.variable("USER").unwrap_or_default().to_owned(), None));
    let groups = names_of(&groups, &account.gids);
    let administrates = account.uid == 0 || groups.iter().any(|group| ADMINISTRATORS.contains(&group.as_str()));
    // A directory's account is not in the file; its realm is Kerberos's.
    let realm = || files::text(&ctx.path("/etc/krb5.conf")).ok().and_then(|text| realm(&text));
    let logins = files::bytes(&ctx.path("/run/utmp"), LIST_BYTES).unwrap_or_default();
    User {
        other_sessions: others_in(&logins, &login),
        login,
        display_name,
        domain: if known_here { None } else { realm() },
        groups,
        administrator: Some(administrates),
    }
}

/// Login and name of a line of passwd(5); the name is what the fifth field holds before its first comma.
fn person(people: &str, uid: u32) -> Option<(String, Option<String>)> {
    let uid = uid.to_string();
    let fields = people.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = fields.into_iter().find(|fields| fields.get(2) == Some(&uid.as_str()))?;
    let name = found.get(4).and_then(|field| field.split(',').next()).map(str::trim).filter(|name| !name.is_empty());
    Some((found.first()?.to_string(), name.map(str::to_owned)))
}

/// Names of groups by number (group(5)).
fn names_of(groups: &str, gids: &BTreeSet<u32>) -> Vec<String> {
    let mut names: Vec<String> = groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            let (name, number) = (fields.next()?, fields.nth(1)?.parse().ok()?);
            gids.contains(&number).then(|| name.to_owned())
        })
        .collect();
    names.sort();
    names.truncate(limits::FACTS_LIST);
    names
}

/// `default_realm` of krb5.conf(5).
fn realm(text: &str) -> Option<String> {
    let value =
        text.lines().find_map(|line| line.trim().strip_prefix("default_realm")?.trim_start().strip_prefix('='))?;
    Some(value.trim().to_lowercase()).filter(|realm| !realm.is_empty())
}

/// Directories name people "CORP\claire" or "claire@corp.example".
fn split_domain(user: &mut User) {
    let login = user.login.clone();
    let split = login.split_once('\\').or_else(|| login.split_once('@').map(|(name, domain)| (domain, name)));
    if let Some((domain, name)) = split
        && !name.is_empty()
        && !domain.is_empty()
    {
        user.login = name.to_owned();
        user.domain = Some(domain.to_owned());
    }
}

/// Records of utmp(5) on 64-bit Linux.
const RECORD: usize = 384;
/// Type of the record of a person who is signed in.
const USER_PROCESS: i16 = 7;

/// Sessions of others in the list of sessions that login programs keep.
fn others_in(utmp: &[u8], login: &str) -> u32 {
    let others = utmp.chunks_exact(RECORD).filter(|record| {
        let kind = record.first_chunk::<2>().map(|bytes| i16::from_ne_bytes(*bytes));
        let name = record.get(44..76).and_then(|name| name.split(|byte| *byte == 0).next()).unwrap_or_default();
        kind == Some(USER_PROCESS) && !name.is_empty() && name != login.as_bytes()
    });
    u32::try_from(others.count()).unwrap_or(u32::MAX)
}

async fn login(bus: &Bus, uid: u32) -> Result<String, Failure> {
    const MANAGER: (&str, &str, &str) =
        ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager");
    let path: OwnedObjectPath = bus.call(MANAGER, "GetUser", &uid).await?;
    let user = ("org.freedesktop.login1", path.as_str(), "org.freedesktop.login1.User");
    Ok(bus.properties(user).await?.text("Name").unwrap_or_default())
}

async fn display_name(bus: &Bus, uid: u32) -> Result<Option<String>, Failure> {
    const MANAGER: (&str, &str, &str) =
        ("org.freedesktop.Accounts", "/org/freedesktop/Accounts", "org.freedesktop.Accounts");
    let path: OwnedObjectPath = bus.call(MANAGER, "FindUserById", &i64::from(uid)).await?;
    let user = ("org.freedesktop.Accounts", path.as_str(), "org.freedesktop.Accounts.User");
    Ok(bus.properties(user).await?.text("RealName"))
}

/// Sessions of other people; the sign-in screen has one too, of an account that is no person's.
async fn other_sessions(bus: &Bus, uid: u32) -> Result<u32, Failure> {
    const MANAGER: (&str, &str, &str) =
        ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager");
    let sessions: Vec<(String, u32, String, String, OwnedObjectPath)> = bus.call(MANAGER, "ListSessions", &()).await?;
    let person = |owner: u32| owner != uid && (FIRST_PERSON..LAST_PERSON).contains(&owner);
    Ok(u32::try_from(sessions.iter().filter(|session| person(session.1)).count()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;
    use proptest::prelude::*;

    fn claire() -> Account {
        Account { uid: 1000, gids: [1000, 27, 106].into() }
    }

    #[test]
    fn a_local_account_is_named_by_the_files() {
        let user = read(&fixture::laptop(), &claire());
        assert_eq!(user.login, "claire");
        assert_eq!(user.display_name.as_deref(), Some("Claire Martin"));
        assert_eq!(user.groups, ["claire", "lpadmin", "sudo"]);
        assert_eq!(user.administrator, Some(true));
        assert_eq!(user.domain, None);
    }

    #[test]
    fn an_account_of_a_directory_has_its_realm() {
        let mut ctx = fixture::laptop();
        ctx.environment.insert("USER".into(), "bruno".into());
        let user = read(&ctx, &Account { uid: 190_012, gids: [190_000].into() });
        assert_eq!((user.login.as_str(), user.domain.as_deref()), ("bruno", Some("corp.example")));
        assert_eq!((user.administrator, user.groups), (Some(false), vec![]));
    }

    #[test]
    fn the_domain_of_a_login_is_not_part_of_the_name() {
        for (login, name, domain) in [
            ("CORP\\claire", "claire", Some("CORP")),
            ("claire@corp.example", "claire", Some("corp.example")),
            ("claire", "claire", None),
            ("@", "@", None),
        ] {
            let mut user = User { login: login.into(), ..User::default() };
            split_domain(&mut user);
            assert_eq!((user.login.as_str(), user.domain.as_deref()), (name, domain));
        }
    }

    #[test]
    fn sessions_of_others_are_counted() {
        let record = |kind: i16, name: &str| {
            let mut record = vec![0; RECORD];
            record[..2].copy_from_slice(&kind.to_ne_bytes());
            record[44..44 + name.len()].copy_from_slice(name.as_bytes());
            record
        };
        let utmp =
            [record(2, "reboot"), record(7, "claire"), record(7, "bruno"), record(8, "gone"), vec![7; 10]].concat();
        assert_eq!(others_in(&utmp, "claire"), 1);
    }

    #[tokio::test]
    async fn this_account_is_the_one_that_runs_the_test() {
        let user = collect(&fixture::here()).await.unwrap();
        let people = std::fs::read_to_string("/etc/passwd").unwrap();
        let uid = rustix::process::getuid().as_raw();
        assert!(people.lines().any(|line| line.starts_with(&format!("{}:x:{uid}:", user.login))), "{user:?}");
    }

    proptest! {
        #[test]
        fn anything_is_read_without_panic(text in "([a-z0-9:,\n]|\\PC){0,120}", bytes in prop::collection::vec(any::<u8>(), 0..900)) {
            let _ = (person(&text, 1), names_of(&text, &[1].into()), realm(&text), others_in(&bytes, &text));
        }
    }
}
