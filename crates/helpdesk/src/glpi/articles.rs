//! The FAQ, searched before a problem is reported.

use deskside_protocol::limits;
use serde_json::Value;

use super::client::Client;
use super::setup::Setup;
use super::wire::{self, Found};
use super::words::search;
use crate::{Article, Result, rich_text};

/// Words that are searched for at most; each costs the database two looks through all articles.
const WORDS: usize = 6;
/// Shorter words are in every article, if they are not written in capitals.
const WORD_CHARS: usize = 3;
/// Words of that length which tell nothing, in English and French. Longer ones of that kind come after all others.
const EVERYWHERE: &[&str] = &[
    "and", "any", "are", "but", "can", "did", "does", "for", "get", "got", "has", "her", "his", "how", "its", "lot",
    "new", "not", "now", "off", "old", "one", "our", "out", "see", "she", "the", "too", "two", "use", "was", "who",
    "why", "yet", "you", "aux", "bon", "ces", "cet", "des", "est", "les", "lui", "mes", "moi", "mon", "nos", "ont",
    "oui", "par", "pas", "peu", "qui", "que", "ses", "son", "sur", "tes", "toi", "ton", "une", "vos", "bien",
];
/// Articles that are looked at.
const LOOKED: &str = "0-49";
/// Articles that are told.
const TOLD: usize = 10;

/// Articles with any of the words, those with most of them first.
pub(super) async fn find(client: &Client, setup: &Setup, words: &str) -> Result<Vec<Article>> {
    let words = worth(words);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let options = setup.article_options(client).await?;
    let criteria: Vec<(u64, &str, &str)> = words
        .iter()
        .flat_map(|word| [(options.title, "contains", word.as_str()), (options.text, "contains", word.as_str())])
        .collect();
    let shown = [options.id, options.title, options.text];
    let query = search(&criteria, &shown, &[("range", LOOKED.to_owned())]);
    let found: Found = client.get(&["search", "KnowbaseItem"], &query).await?;
    let text = |row: &std::collections::BTreeMap<String, Value>, option: u64| {
        row.get(&option.to_string()).and_then(Value::as_str).map(rich_text::plain).unwrap_or_default()
    };
    let told = found.data.iter().filter_map(|row| {
        let id = row.get(&options.id.to_string()).map(wire::whole).filter(|id| *id > 0)?;
        Some((id, text(row, options.title), text(row, options.text)))
    });
    Ok(best(&words, told))
}

/// The articles (number, title and text, plain) with most of the words, as they are told.
pub(super) fn best(words: &[String], told: impl Iterator<Item = (u64, String, String)>) -> Vec<Article> {
    let mut articles: Vec<(usize, Article)> = told
        .map(|(id, title, text)| {
            let (in_title, in_text) = (title.to_lowercase(), text.to_lowercase());
            let worth = |word: &String| {
                usize::from(in_title.contains(word.as_str())) * 3 + usize::from(in_text.contains(word.as_str()))
            };
            let worth = words.iter().map(worth).sum();
            let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
            let title = title.chars().take(limits::NAME_CHARS).collect();
            let end = text.floor_char_boundary(limits::TEXT_BYTES);
            (worth, Article { id, title, text: text[..end].to_owned() })
        })
        .collect();
    articles.sort_by_key(|(worth, article)| (std::cmp::Reverse(*worth), article.id));
    articles.into_iter().map(|(_, article)| article).take(TOLD).collect()
}

/// The words that are worth a search: the longest ones.
pub(super) fn worth(words: &str) -> Vec<String> {
    let mut worth: Vec<String> = Vec::new();
    for word in words.split(|c: char| !c.is_alphanumeric()) {
        let capital = word.chars().all(|c| c.is_uppercase() || c.is_numeric());
        let least = if capital { 2 } else { WORD_CHARS };
        let word = word.to_lowercase();
        let tells = capital || !EVERYWHERE.contains(&word.as_str());
        if tells && (least..=40).contains(&word.chars().count()) && !worth.contains(&word) {
            worth.push(word);
        }
    }
    worth.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    worth.truncate(WORDS);
    worth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_tell_something_are_searched() {
        assert_eq!(worth("My WiFi is so slow — l’imprimante, 'wifi'!"), ["imprimante", "wifi", "slow"]);
        assert_eq!(worth("Le VPN et le PC ne vont pas"), ["vont", "vpn", "pc"]);
        assert_eq!(worth("my usb and the vpn"), ["usb", "vpn"]);
        assert!(worth("?? a b %_").is_empty());
        assert!(worth(&"mot différent autre encore plusieurs beaucoup davantage ".repeat(9)).len() <= WORDS);
    }
}
