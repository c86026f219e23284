//! On macOS: the account by `sysinfo`, its full name by Foundation, sessions by the dynamic store.

use deskside_protocol::{facts::User, limits::FACTS_LIST};
use objc2_foundation::NSFullUserName;
use sysinfo::{Uid, Users};

use crate::{
    Context, Failure, blocking,
    macos::{store::Store, users},
};

/// Members may administer the machine.
const ADMINISTRATORS: &str = "admin";

pub(crate) async fn collect(_ctx: &Context) -> Result<User, Failure> {
    blocking(read).await
}

fn read() -> Result<User, Failure> {
    let number = rustix::process::getuid().as_raw();
    let all = Users::new_with_refreshed_list().map_err(|error| Failure::broken(format!("users: {error:?}")))?;
    let uid = Uid::try_from(number as usize).map_err(|_| Failure::broken("the account's number is too large"))?;
    let account = all.get_user_by_id(&uid).ok_or_else(|| Failure::unavailable("the account has no name"))?;
    let mut groups: Vec<String> = account.groups().iter().map(|group| group.name().to_owned()).collect();
    groups.sort();
    let administrator = number == 0 || groups.iter().any(|group| group == ADMINISTRATORS);
    groups.truncate(FACTS_LIST);
    let console = Store::open().ok().and_then(|store| store.value("State:/Users/ConsoleUser"));
    Ok(User {
        login: account.name().to_owned(),
        display_name: Some(NSFullUserName().to_string()).filter(|name| !name.is_empty()),
        // A directory's accounts look like local ones here; Open Directory alone could tell.
        domain: None,
        groups,
        administrator: Some(administrator),
        other_sessions: console.map_or(0, |console| users::other_sessions(&console, number)),
    })
}
