//! On Linux: the session's variables, the system's files, and the keyboard that the X server uses now.

use deskside_protocol::{facts::Locale, limits};
use x11rb::{
    connection::Connection,
    protocol::xproto::{AtomEnum, ConnectionExt as _},
    rust_connection::RustConnection,
};

use crate::{
    Context, Failure, blocking,
    linux::{
        bus::{Bus, Properties},
        files,
    },
};

/// Length of the keyboard's property that is read, in units of 4 bytes.
const RULES_WORDS: u32 = 256;

pub(crate) async fn collect(ctx: &Context) -> Result<Locale, Failure> {
    let for_read = ctx.clone();
    let mut locale = blocking(move || Ok(read(&for_read))).await?;
    if locale.keyboards.is_empty()
        && let Ok(said) = ask(ctx).await
    {
        let layouts = said.text("X11Layout").map(|layouts| (layouts, said.text("X11Variant").unwrap_or_default()));
        locale.keyboards = layouts.map(|(layouts, variants)| keyboards(&layouts, &variants)).unwrap_or_default();
    }
    Ok(locale)
}

/// systemd-localed (org.freedesktop.locale1), where no file names the keyboard.
async fn ask(ctx: &Context) -> Result<Properties, Failure> {
    let bus = Bus::system(ctx).await?;
    bus.properties(("org.freedesktop.locale1", "/org/freedesktop/locale1", "org.freedesktop.locale1")).await
}

fn read(ctx: &Context) -> Locale {
    let system = ["/etc/locale.conf", "/etc/default/locale"]
        .iter()
        .find_map(|file| files::text(&ctx.path(file)).ok())
        .map(|text| files::assignments(&text))
        .unwrap_or_default();
    // locale(7): LC_ALL goes before the category, the category before LANG.
    let said = |category: &str| {
        ["LC_ALL", category, "LANG"]
            .iter()
            .find_map(|name| ctx.variable(name).map(str::to_owned))
            .or_else(|| system.get(category).or_else(|| system.get("LANG")).cloned())
    };
    let messages = said("LC_MESSAGES");
    let from_server = || ctx.variable("DISPLAY").and_then(of_server);
    Locale {
        language: messages.as_deref().and_then(tag),
        formats: said("LC_TIME").as_deref().and_then(tag),
        keyboards: from_server().unwrap_or_else(|| of_files(ctx)),
        encoding: messages.as_deref().and_then(encoding),
    }
}

/// BCP 47 for "fr_FR.UTF-8@euro"; none for the language-less "C" and "POSIX".
fn tag(posix: &str) -> Option<String> {
    let name = posix.split(['.', '@']).next()?;
    let (language, region) = name.split_once('_').map_or((name, None), |(language, region)| (language, Some(region)));
    let letters = |text: &str, length: std::ops::RangeInclusive<usize>| {
        length.contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphabetic())
    };
    if !letters(language, 2..=3) {
        return None;
    }
    let language = language.to_lowercase();
    Some(match region.filter(|region| letters(region, 2..=2)) {
        Some(region) => format!("{language}-{}", region.to_uppercase()),
        None => language,
    })
}

fn encoding(posix: &str) -> Option<String> {
    let (_, rest) = posix.split_once('.')?;
    rest.split('@').next().filter(|encoding| !encoding.is_empty()).map(str::to_owned)
}

/// keyboard(5) of Debian, or vconsole.conf(5).
fn of_files(ctx: &Context) -> Vec<String> {
    let read = |file: &str| files::text(&ctx.path(file)).map(|text| files::assignments(&text)).unwrap_or_default();
    for file in ["/etc/default/keyboard", "/etc/vconsole.conf"] {
        let said = read(file);
        if let Some(layouts) = said.get("XKBLAYOUT").filter(|layouts| !layouts.is_empty()) {
            return keyboards(layouts, said.get("XKBVARIANT").map(String::as_str).unwrap_or_default());
        }
        if let Some(map) = said.get("KEYMAP").filter(|map| !map.is_empty()) {
            return vec![map.clone()];
        }
    }
    Vec::new()
}

/// "fr,us" and "oss," are "fr(oss)" and "us".
fn keyboards(layouts: &str, variants: &str) -> Vec<String> {
    let mut variants = variants.split(',');
    layouts
        .split(',')
        .map(|layout| (layout.trim(), variants.next().unwrap_or_default().trim()))
        .filter(|(layout, _)| !layout.is_empty())
        .take(limits::FACTS_LIST)
        .map(|(layout, variant)| if variant.is_empty() { layout.to_owned() } else { format!("{layout}({variant})") })
        .collect()
}

/// The property in which the X server keeps what was set last: rules, model, layouts, variants, options, each ended by a
/// zero byte.
fn of_server(display: &str) -> Option<Vec<String>> {
    let (server, screen) = RustConnection::connect(Some(display)).ok()?;
    let root = server.setup().roots.get(screen)?.root;
    let name = server.intern_atom(true, b"_XKB_RULES_NAMES").ok()?.reply().ok()?.atom;
    if name == x11rb::NONE {
        return None;
    }
    let rules = server.get_property(false, root, name, AtomEnum::STRING, 0, RULES_WORDS).ok()?.reply().ok()?.value;
    Some(of_rules(&rules)).filter(|keyboards| !keyboards.is_empty())
}

fn of_rules(rules: &[u8]) -> Vec<String> {
    let fields: Vec<_> = rules.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let field = |at: usize| fields.get(at).map(|field| field.as_ref()).unwrap_or_default();
    keyboards(field(2), field(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;
    use proptest::prelude::*;

    #[tokio::test]
    async fn a_laptop_says_its_language_and_keyboard() {
        let locale = collect(&fixture::laptop()).await.unwrap();
        assert_eq!(locale.language.as_deref(), Some("fr-FR"));
        assert_eq!(locale.formats.as_deref(), Some("fr-FR"));
        assert_eq!(locale.keyboards, ["fr(oss)", "us"]);
        assert_eq!(locale.encoding.as_deref(), Some("UTF-8"));
    }

    #[tokio::test]
    async fn the_session_goes_before_the_system() {
        let mut ctx = fixture::laptop();
        ctx.environment = [("LANG".to_owned(), "de_AT.UTF-8".to_owned()), ("LC_TIME".into(), "en_GB".into())].into();
        let locale = collect(&ctx).await.unwrap();
        assert_eq!((locale.language.as_deref(), locale.formats.as_deref()), (Some("de-AT"), Some("en-GB")));
        ctx.environment.insert("LC_ALL".into(), "C".into());
        assert_eq!(collect(&ctx).await.unwrap().language, None);
    }

    #[test]
    fn names_of_posix_become_tags() {
        for (posix, expected) in [
            ("fr_FR.UTF-8", Some("fr-FR")),
            ("ca_ES@valencia", Some("ca-ES")),
            ("eo", Some("eo")),
            ("C.UTF-8", None),
            ("POSIX", None),
            ("", None),
            ("../../x", None),
        ] {
            assert_eq!(tag(posix).as_deref(), expected, "{posix}");
        }
    }

    #[test]
    fn the_servers_property_names_layouts_and_variants() {
        assert_eq!(of_rules(b"evdev\0pc105\0fr,us\0oss,\0grp:alt\0"), ["fr(oss)", "us"]);
        assert!(of_rules(b"").is_empty());
    }

    proptest! {
        #[test]
        fn anything_is_read_without_panic(text in "\\PC{0,60}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = (tag(&text), encoding(&text), of_rules(&bytes));
        }
    }
}
