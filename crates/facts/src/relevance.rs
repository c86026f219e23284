//! Which sections bear on a problem. Only those are sent unless the user says otherwise.

use std::collections::BTreeSet;

use deskside_protocol::{
    facts::SectionId::{self, Crashes, Displays, Locale, Log, Media, Printers, Programs, Security},
    limits,
    ticket::Category,
};

/// Starts of words that call for sections, in English and in French, in small letters without accents. A start of several
/// words is looked for as it is; of one word, only where a word starts. `$` ends the word.
const WORDS: &[(&[&str], &[SectionId])] = &[
    (
        &[
            "print",
            "toner",
            "cartridge",
            "paper jam",
            "scan",
            "photocop",
            "copier",
            "imprim",
            "impression",
            "cartouche",
            "bourrage",
            "numeris",
            "encre",
            "papier",
        ],
        &[Printers],
    ),
    (
        &[
            "sound",
            "audio",
            "mic",
            "speaker",
            "headset",
            "headphone",
            "earphone",
            "webcam",
            "camera",
            "volume",
            "mute",
            "hear",
            "teams",
            "zoom",
            "meet",
            "visio",
            "video call",
            "jitsi",
            "son",
            "micro$",
            "micros$",
            "microphone",
            "haut-parleur",
            "enceinte",
            "casque",
            "ecouteur",
            "entend",
            "reunion",
            "muet",
            "voix",
            "voice",
        ],
        &[Media],
    ),
    (
        &[
            "screen",
            "display",
            "monitor",
            "resolution",
            "flicker",
            "projector",
            "beamer",
            "hdmi",
            "dock",
            "ecran",
            "affichage",
            "moniteur",
            "scintill",
            "videoprojecteur",
            "projecteur",
            "clignot",
            "black",
            "noir",
            "vga",
            "displayport",
        ],
        &[Displays],
    ),
    (
        &[
            "slow",
            "lag",
            "freez",
            "frozen",
            "hang",
            "hung",
            "unresponsive",
            "stuck",
            "fan",
            "noisy",
            "hot",
            "overheat",
            "lent",
            "ralenti",
            "rame",
            "ramer",
            "lag",
            "fige",
            "gel",
            "gele",
            "bloqu",
            "plante",
            "ventilateur",
            "bruit",
            "chauffe",
            "chaud",
            "memory",
            "memoire",
            "cpu",
            "processor",
            "processeur",
            "performance",
        ],
        &[Programs],
    ),
    (
        &[
            "crash",
            "quit unexpectedly",
            "closes",
            "shuts down",
            "blue screen",
            "reboot",
            "restart",
            "error",
            "segfault",
            "does not start",
            "doesn't start",
            "won't start",
            "does not open",
            "doesn't open",
            "won't open",
            "plante",
            "se ferme",
            "fermee toute seule",
            "ferme tout seul",
            "ecran bleu",
            "redemarr",
            "erreur",
            "ne demarre",
            "ne s'ouvre",
            "ne se lance",
            "ne fonctionne",
            "bug",
        ],
        &[Crashes, Log],
    ),
    (
        &[
            "keyboard",
            "layout",
            "accent",
            "qwerty",
            "azerty",
            "language",
            "translat",
            "typing",
            "keys",
            "clavier",
            "disposition",
            "touche",
            "langue",
            "traduc",
            "saisie",
        ],
        &[Locale],
    ),
    (
        &[
            "virus",
            "malware",
            "phish",
            "hack",
            "ransom",
            "firewall",
            "antivirus",
            "encrypt",
            "security",
            "update",
            "suspicious",
            "hamecon",
            "pirat",
            "rancon",
            "pare-feu",
            "chiffr",
            "securite",
            "mise a jour",
            "mises a jour",
            "bitlocker",
            "suspect",
        ],
        &[Security],
    ),
    (&["usb", "driver", "pilote", "bluetooth", "device", "peripherique", "disk", "disque"], &[Log]),
];

/// The sections that are on by default for a problem told in `text` (English or French) and of `category`, if the user
/// chose one: those that are always on, and those that the words or the category call for.
#[must_use]
pub fn relevant(text: &str, category: Option<Category>) -> BTreeSet<SectionId> {
    let plain = plain(text);
    let mut sections: BTreeSet<SectionId> =
        SectionId::ALL.iter().copied().filter(|section| section.on_by_default()).collect();
    for (starts, called) in WORDS {
        if starts.iter().any(|start| occurs(&plain, start)) {
            sections.extend(called.iter().copied());
        }
    }
    sections.extend(category.into_iter().flat_map(of_category).copied());
    sections
}

fn of_category(category: Category) -> &'static [SectionId] {
    match category {
        Category::Computer => &[Programs, Displays, Crashes],
        Category::Printing => &[Printers],
        Category::Program => &[Programs, Crashes],
        Category::Meetings => &[Media, Programs],
        // The network and the user's groups are always on.
        Category::Network | Category::Mail | Category::Access | Category::Other => &[],
    }
}

/// Whether `start` begins a word of `text`.
fn occurs(text: &str, start: &str) -> bool {
    // Short ones must be the whole word, or "son" would be in "sonate" and "mic" in "microsoft".
    let (start, ends) = start.strip_suffix('$').map_or((start, false), |start| (start, true));
    let whole = ends || start.len() <= 3;
    text.match_indices(start).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + start.len()..).and_then(|after| after.chars().next());
        let goes_on = whole && after.is_some_and(char::is_alphanumeric);
        !goes_on && !before.is_some_and(char::is_alphanumeric)
    })
}

/// Small letters without accents, and one kind of apostrophe: what people type for the same word differs in these.
fn plain(text: &str) -> String {
    let start = text.get(..text.floor_char_boundary(limits::TEXT_BYTES)).unwrap_or(text);
    start
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .map(|c| match c {
            'à' | 'â' | 'ä' | 'á' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'î' | 'ï' | 'í' => 'i',
            'ô' | 'ö' | 'ó' => 'o',
            'ù' | 'û' | 'ü' | 'ú' => 'u',
            'ç' => 'c',
            '’' => '\'',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_always_on_is_on_without_a_word() {
        let sections = relevant("", None);
        assert!(sections.contains(&SectionId::Device) && sections.contains(&SectionId::Network));
        for section in SectionId::ALL {
            assert_eq!(sections.contains(section), section.on_by_default(), "{section:?}");
        }
    }

    #[test]
    fn words_call_for_the_sections_that_bear_on_them() {
        for (text, section) in [
            ("The printer on floor 3 prints blank pages", Printers),
            ("L’imprimante du 3e n’imprime plus", Printers),
            ("Il y a un BOURRAGE papier", Printers),
            ("No sound in Teams", Media),
            ("On ne m’entend pas, le micro est coupé", Media),
            ("Plus de son depuis ce matin", Media),
            ("My second screen stays black", Displays),
            ("L’écran externe clignote", Displays),
            ("L'E\u{301}CRAN externe", Displays),
            ("My computer is very slow", Programs),
            ("Mon PC rame", Programs),
            ("Tout est figé", Programs),
            ("Firefox crashes when I open a PDF", Crashes),
            ("LibreOffice se ferme tout seul", Crashes),
            ("Excel doesn’t start", Crashes),
            ("Mon clavier est passé en QWERTY", Locale),
            ("The keyboard types the wrong letters", Locale),
            ("I got a suspicious mail, is it a virus?", Security),
            ("La mise à jour échoue", Security),
            ("My USB stick is not seen", Log),
        ] {
            assert!(relevant(text, None).contains(&section), "{text}");
        }
    }

    #[test]
    fn words_that_only_look_alike_call_for_nothing() {
        for (text, section) in [
            ("Microsoft account", Media),
            ("La personne est absente", Media),
            ("My password has expired", Printers),
            ("I cannot reach the intranet", Printers),
            ("Je n’ai plus accès au partage", Programs),
        ] {
            assert!(!relevant(text, None).contains(&section), "{text}");
        }
    }

    #[test]
    fn a_category_calls_for_sections_without_words() {
        assert!(relevant("", Some(Category::Printing)).contains(&Printers));
        assert!(relevant("", Some(Category::Meetings)).contains(&Media));
        assert_eq!(relevant("", Some(Category::Other)), relevant("", None));
    }

    proptest! {
        #[test]
        fn more_words_never_switch_a_section_off(text in "\\PC{0,200}", more in "\\PC{0,50}") {
            let before = relevant(&text, None);
            let after = relevant(&format!("{text} {more}"), None);
            prop_assert!(before.is_subset(&after));
        }
    }
}
