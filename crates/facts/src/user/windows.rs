//! On Windows: who this process runs as, from the session's environment, and the account's groups.

use ::windows::{
    Win32::{
        NetworkManagement::NetManagement::{
            LG_INCLUDE_INDIRECT, LOCALGROUP_USERS_INFO_0, MAX_PREFERRED_LENGTH, NetApiBufferFree, NetUserGetLocalGroups,
        },
        UI::Shell::IsUserAnAdmin,
    },
    core::HSTRING,
};
use deskside_protocol::{facts::User, limits::FACTS_LIST};

use crate::{Context, Failure, blocking};

pub(crate) async fn collect(_ctx: &Context) -> Result<User, Failure> {
    blocking(read).await
}

fn read() -> Result<User, Failure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let login = variable("USERNAME").ok_or_else(|| Failure::unavailable("USERNAME is not set"))?;
    let domain = variable("USERDOMAIN");
    // A local account's domain is the machine itself.
    let local = domain.is_none() || domain == variable("COMPUTERNAME");
    let account = match &domain {
        Some(domain) if !local => format!(r"{domain}\{login}"),
        _ => login.clone(),
    };
    let groups = groups(&account);
    Ok(User {
        administrator: Some(administrator()),
        login,
        display_name: None,
        domain: domain.filter(|_| !local),
        groups,
        other_sessions: 0,
    })
}

#[expect(unsafe_code, reason = "the token's rights are only there through the Windows API")]
fn administrator() -> bool {
    // SAFETY: the call takes nothing and only looks at this process's token.
    unsafe { IsUserAnAdmin() }.as_bool()
}

#[expect(unsafe_code, reason = "groups are only there through the Windows API")]
fn groups(account: &str) -> Vec<String> {
    let mut buffer: *mut u8 = std::ptr::null_mut();
    let (mut read, mut total) = (0, 0);
    // SAFETY: on success the call gives `read` entries in a buffer that it made and that is given back below; the names
    // they point to are in the same buffer and end with a zero.
    unsafe {
        let status = NetUserGetLocalGroups(
            None,
            &HSTRING::from(account),
            0,
            LG_INCLUDE_INDIRECT,
            &raw mut buffer,
            MAX_PREFERRED_LENGTH,
            &raw mut read,
            &raw mut total,
        );
        let mut groups = Vec::new();
        if status == 0 && !buffer.is_null() {
            let entries = std::slice::from_raw_parts(buffer.cast::<LOCALGROUP_USERS_INFO_0>(), read as usize);
            groups.extend(entries.iter().take(FACTS_LIST).filter_map(|entry| entry.lgrui0_name.to_string().ok()));
        }
        if !buffer.is_null() {
            NetApiBufferFree(Some(buffer.cast()));
        }
        groups
    }
}
