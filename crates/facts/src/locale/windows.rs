//! On Windows: the user's display language, region and keyboards from the user's part of the registry.

use deskside_protocol::{facts::Locale, limits::FACTS_LIST};
use winreg::{RegKey, enums::HKEY_CURRENT_USER};

use crate::{Context, Failure, blocking, windows::machine_value};

pub(crate) async fn collect(_ctx: &Context) -> Result<Locale, Failure> {
    blocking(|| Ok(read())).await
}

fn read() -> Locale {
    let user = RegKey::predef(HKEY_CURRENT_USER);
    let value = |key: &str, name: &str| -> Option<String> { user.open_subkey(key).ok()?.get_value(name).ok() };
    let languages: Option<Vec<String>> = user
        .open_subkey(r"Control Panel\Desktop")
        .and_then(|key| key.get_value("PreferredUILanguages"))
        .or_else(|_| {
            user.open_subkey(r"Control Panel\Desktop\MuiCached")
                .and_then(|key| key.get_value("MachinePreferredUILanguages"))
        })
        .ok();
    let keyboards = user.open_subkey(r"Keyboard Layout\Preload").map(|preload| {
        preload
            .enum_values()
            .take(FACTS_LIST)
            .filter_map(|entry| preload.get_value::<String, _>(entry.ok()?.0).ok())
            .map(|id| layout(&id).unwrap_or(id))
            .collect()
    });
    Locale {
        language: languages.and_then(|languages| languages.into_iter().next()),
        formats: value(r"Control Panel\International", "LocaleName"),
        keyboards: keyboards.unwrap_or_default(),
        encoding: machine_value::<String>(r"SYSTEM\CurrentControlSet\Control\Nls\CodePage", "ACP")
            .map(|page| format!("windows-{page}")),
    }
}

/// "0000040c" as "French".
fn layout(id: &str) -> Option<String> {
    let known = id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    known.then(|| machine_value(&format!(r"SYSTEM\CurrentControlSet\Control\Keyboard Layouts\{id}"), "Layout Text"))?
}
