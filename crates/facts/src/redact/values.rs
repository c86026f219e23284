//! Where a value begins and ends. Each function is given the text behind a name, or a form that was found, and says which
//! part of it must go.

use std::ops::Range;

/// The text up to the first character that `ends` it.
pub(super) fn up_to(rest: &str, ends: impl FnMut(char) -> bool) -> Option<Range<usize>> {
    Some(0..rest.find(ends).unwrap_or(rest.len()))
}

/// The text up to the first blank.
pub(super) fn word(rest: &str) -> Option<Range<usize>> {
    up_to(rest, char::is_whitespace)
}

/// The text up to the first blank, unless it is the next option.
pub(super) fn argument(rest: &str) -> Option<Range<usize>> {
    if rest.starts_with('-') { None } else { word(rest) }
}

/// What stands in quotes, also in quotes that are escaped themselves, without them; to the end of the line if they do not
/// close. Without quotes: up to the first blank or `&`.
pub(super) fn quoted_or_word(rest: &str) -> Option<Range<usize>> {
    let slashes = rest.bytes().take_while(|byte| *byte == b'\\').count();
    let Some(quote) = rest.get(slashes..).and_then(|rest| rest.chars().next()).filter(|c| matches!(c, '"' | '\''))
    else {
        return up_to(rest, |c| c == '&' || c.is_whitespace());
    };
    let start = slashes + 1;
    let inner = rest.get(start..)?;
    let mut escapes = 0;
    for (at, character) in inner.char_indices() {
        if character == '\n' {
            return Some(start..start + at);
        }
        if character == quote && escapes <= slashes {
            // The escapes in front of an escaped closing quote belong to the quote.
            return Some(start..start + at - escapes);
        }
        escapes = if character == '\\' { escapes + 1 } else { 0 };
    }
    Some(start..rest.len())
}

/// Whether `PWD=/a/folder` is the shell's present folder and no password.
pub(super) fn is_folder(name: &str, rest: &str) -> bool {
    name.eq_ignore_ascii_case("pwd=") && rest.starts_with(['/', '~'])
}

/// The first run of at least `least` characters of a code that begins within `within` characters and is no word.
pub(super) fn code(rest: &str, least: usize, within: usize) -> Option<Range<usize>> {
    let line = rest.get(..rest.find('\n').unwrap_or(rest.len()))?;
    let of_code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '_' | '-' | '=' | '.' | '~');
    let mut at = 0;
    while at <= within {
        let run = line.get(at..)?;
        let length = run.find(|c| !of_code(c)).unwrap_or(run.len());
        let found = run.get(..length)?;
        if length >= least && !is_words(found) {
            return Some(at..at + length);
        }
        let next = run.get(length..)?.chars().next()?;
        at += length + next.len_utf8();
    }
    None
}

/// "Basic authentication" has no secret: a word has letters only, and none but the first is a capital.
fn is_words(text: &str) -> bool {
    text.split(['-', '_', '/', '.', '=', '~', '+']).all(|part| {
        part.chars().enumerate().all(|(at, c)| c.is_ascii_lowercase() || (at == 0 && c.is_ascii_uppercase()))
    })
}

/// Behind `://`: all in front of the `@` that ends name and password. A password may hold `/` or `@` unescaped.
pub(super) fn user_info(rest: &str) -> Option<Range<usize>> {
    let address = rest.get(word_in_quotes(rest))?;
    let authority = address.get(..address.find(['/', '?', '#']).unwrap_or(address.len()))?;
    if let Some(end) = authority.rfind('@') {
        return Some(0..end);
    }
    // `host:8080/a@b` has a port, no password.
    let (_, password) = authority.split_once(':')?;
    let port = !password.is_empty() && password.bytes().all(|byte| byte.is_ascii_digit());
    let end = address.rfind('@')?;
    (!port).then_some(0..end)
}

fn word_in_quotes(rest: &str) -> Range<usize> {
    0..rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>')).unwrap_or(rest.len())
}

/// Chance writes capitals, small letters and digits side by side; people and programs hardly do.
pub(super) fn by_chance(found: &str, least: usize) -> Option<Range<usize>> {
    let count = |kind: fn(&char) -> bool| found.chars().filter(kind).count();
    let chance = count(char::is_ascii_uppercase) >= least
        && count(char::is_ascii_lowercase) >= least
        && count(char::is_ascii_digit) >= least;
    chance.then_some(0..found.len())
}

/// `user@1000.service` is a unit of systemd, everything else of the form is an address.
pub(super) fn mail(found: &str) -> Option<Range<usize>> {
    const UNITS: &[&str] =
        &["service", "socket", "timer", "mount", "automount", "target", "device", "slice", "scope", "path", "swap"];
    let mut of_unit = found.rsplit_once('@').map(|(_, host)| host.split('.')).into_iter().flatten().skip(1);
    let unit = of_unit.next().is_some_and(|suffix| UNITS.contains(&suffix)) && of_unit.next().is_none();
    (!unit).then_some(0..found.len())
}

pub(super) fn unix_home(found: &str) -> Option<Range<usize>> {
    let name = found.rsplit('/').next().filter(|name| !name.is_empty() && *name != "Shared")?;
    (!name.is_empty()).then_some(0..found.len())
}

/// Names may hold blanks where a separator ends them.
pub(super) fn windows_home(found: &str) -> Option<Range<usize>> {
    let home = found.trim_end_matches(['\\', '/']);
    let name = home.rsplit(['\\', '/']).next()?;
    let everybody = ["public", "default", "all users"].contains(&name.to_lowercase().as_str());
    (!everybody).then_some(0..home.len())
}
