//! The user's settings of language and keyboard.

use deskside_protocol::{facts::Locale, limits::FACTS_LIST};
use plist::Value;

use super::plists::{at, text, texts};

/// From `.GlobalPreferences.plist` and `com.apple.HIToolbox.plist`.
pub(crate) fn locale(global: &Value, input: Option<&Value>) -> Locale {
    let sources = input.and_then(|input| at(input, &["AppleEnabledInputSources"])).and_then(Value::as_array);
    Locale {
        language: texts(global, &["AppleLanguages"]).into_iter().next(),
        formats: text(global, &["AppleLocale"]).map(|locale| bcp47(&locale)),
        keyboards: sources
            .into_iter()
            .flatten()
            .filter_map(|source| text(source, &["KeyboardLayout Name"]).or_else(|| text(source, &["Bundle ID"])))
            .take(FACTS_LIST)
            .collect(),
        // All of macOS speaks it; there is no other to choose.
        encoding: Some("UTF-8".to_owned()),
    }
}

/// "fr_FR@currency=EUR" to "fr-FR".
fn bcp47(locale: &str) -> String {
    locale.split('@').next().unwrap_or_default().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::macos::plists::tests::xml;

    #[test]
    fn language_formats_and_keyboards_are_told() {
        let global = xml("<dict><key>AppleLanguages</key><array><string>fr-FR</string><string>en-GB</string></array>\
             <key>AppleLocale</key><string>fr_FR@currency=EUR</string></dict>");
        let input = xml("<dict><key>AppleEnabledInputSources</key><array>\
             <dict><key>InputSourceKind</key><string>Keyboard Layout</string><key>KeyboardLayout Name</key><string>French</string></dict>\
             <dict><key>Bundle ID</key><string>com.apple.CharacterPaletteIM</string></dict></array></dict>");
        let locale = locale(&global, Some(&input));
        assert_eq!((locale.language.as_deref(), locale.formats.as_deref()), (Some("fr-FR"), Some("fr-FR")));
        assert_eq!(locale.keyboards, ["French", "com.apple.CharacterPaletteIM"]);
    }

    #[test]
    fn settings_that_say_nothing_are_no_failure() {
        let locale = locale(&xml("<dict/>"), None);
        assert_eq!((locale.language, locale.formats, locale.keyboards.len()), (None, None, 0));
    }
}
