//! The rules of redaction. Each looks at the whole text as it was written, so that none hides a secret from another: a rule
//! says which part must go, and what any rule says goes.

use std::{
    borrow::Cow,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use regex::{Regex, RegexBuilder};

use super::{numbers, values};

/// Stands for a password, or for anything whose kind is not known.
pub(super) const SECRET: &str = "[secret]";
const TOKEN: &str = "[token]";
const PRIVATE_KEY: &str = "[private-key]";
const MAIL: &str = "[mail]";
const CARD: &str = "[card]";
const ACCOUNT: &str = "[iban]";
const HOME: &str = "~";

/// Memory that a rule's automaton may take; past it the slower one is used.
const AUTOMATON_BYTES: usize = 256 * 1024;

/// What a rule does with what its pattern finds.
#[derive(Clone, Copy)]
enum Find {
    /// The pattern is what comes before a secret. Given what it found and all that follows, says which part of what
    /// follows is the secret.
    Before(fn(&str, &str) -> Option<Range<usize>>),
    /// The pattern is the secret. Given what it found, says which part must go.
    Form(fn(&str) -> Option<Range<usize>>),
    /// As `Form`, for what begins at the pattern and may end after it. Given all that follows from its start.
    From(fn(&str) -> Option<Range<usize>>),
}

struct Rule {
    pattern: Regex,
    find: Find,
    mark: &'static str,
}

/// What names a secret, in keys, headers, options and elements, in English and in French. What comes after the name keeps
/// longer words out ("tokenizer", "secretary", "passwordless").
const NAMES: &str = r"(?:pass(?:word|wd|phrase|code)|passwort|pwd|mdp|mot[ _-]?de[ _-]?passe|secret|token|jeton|api[_-]?key|cl[eé][_-]?api|(?:access|account|private|shared|signing|encryption|master|recovery|auth|license|product)[_-]?key|credentials?|session[_-]?id|jsessionid|phpsessid|psk)(?:s?(?:[_.-][A-Za-z0-9_.-]*|[0-9]+|(?-i:[A-Z])[A-Za-z0-9_]*)?)";

fn patterns() -> Vec<(String, Find, &'static str)> {
    use Find::{Before, Form, From};
    vec![
        // A block of PEM or PGP, also one that was cut off.
        (
            r"(?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)"
                .into(),
            Form(whole),
            PRIVATE_KEY,
        ),
        // `password=…`, `"token": "…"`, `MOT_DE_PASSE : …`, `token[0] => …`, `secret%3D…`.
        (
            format!(r#"(?i){NAMES}(?:\[[^\[\]\s]{{0,32}}\])?["'\\]*\s*(?:=>|:=|=|:|%3[ad])\s*"#),
            Before(|name, rest| if values::is_folder(name, rest) { None } else { values::quoted_or_word(rest) }),
            SECRET,
        ),
        // `pass` alone is also a verb: only with an equals sign, and as a word of its own.
        (r"(?i)(?:^|[^a-z])(?:pass|pw|pin|otp|cvv|cvc)=".into(), Before(|_, rest| values::quoted_or_word(rest)), SECRET),
        // `--password …`, `-token …`.
        (format!(r"(?i)(?:^|[^a-z0-9])--?(?:[a-z0-9]+[_-])*{NAMES}\s+"), Before(|_, rest| values::argument(rest)), SECRET),
        // `curl -u name:password`, `wget --user …`.
        (
            r"(?:^|\s)(?:-u|-U|--user|--proxy-user)[ =]?".into(),
            Before(|_, rest| values::word(rest).filter(|word| rest.get(word.clone()).is_some_and(|pair| pair.contains(':')))),
            SECRET,
        ),
        // netrc, SQL.
        (r"(?i)login\s+\S+\s+password\s+".into(), Before(|_, rest| values::word(rest)), SECRET),
        (
            r"(?i)identified\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?".into(),
            Before(|_, rest| if rest.starts_with(['"', '\'']) { values::quoted_or_word(rest) } else { None }),
            SECRET,
        ),
        // `<password>…</password>`.
        (
            format!(r"(?i)<[a-z0-9_:.-]*{NAMES}(?:\s[^<>]*)?>"),
            Before(|_, rest| values::up_to(rest, |c| c == '<')),
            SECRET,
        ),
        // Parameters of addresses that open what they point to.
        (
            r"(?i)[?&;#](?:sig|signature|x-amz-signature|x-goog-signature|code|key|auth|ticket|assertion|samlresponse|samlrequest|sid|session|hash|login_hint)="
                .into(),
            Before(|_, rest| values::up_to(rest, |c| c == '&' || c == '#' || c.is_whitespace())),
            SECRET,
        ),
        // Headers: the whole line.
        (
            r#"(?i)(?:set-)?cookie2?["']?\s*:\s*["']?"#.into(),
            Before(|_, rest| values::up_to(rest, |c| c == '\r' || c == '\n')),
            SECRET,
        ),
        (
            r#"(?i)authorization["']?\s*[:=]\s*["']?(?:(?:basic|bearer|digest|negotiate|ntlm|token|apikey|aws4-hmac-sha256)\s+)?"#
                .into(),
            Before(|_, rest| values::up_to(rest, |c| c == '\r' || c == '\n')),
            SECRET,
        ),
        (
            r"(?i)(?:^|[^a-z])(?:bearer|basic|negotiate|ntlm)\s+".into(),
            Before(|_, rest| values::code(rest, 8, 0)),
            SECRET,
        ),
        // A long code near a word that makes it a secret.
        (
            r"(?i)(?:^|[^a-z])(?:key|secret|token|jeton|credential|auth|signature|hmac|cookie|session|nonce|otp|seed|salt)s?".into(),
            Before(|_, rest| values::code(rest, 24, 24)),
            SECRET,
        ),
        // `scheme://name:password@host`, with or without a name.
        ("://".into(), Before(|_, rest| values::user_info(rest)), SECRET),
        (r"hooks\.slack\.com/".into(), Before(|_, rest| values::word(rest)), TOKEN),
        // Tokens that name themselves.
        (r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)*".into(), Form(whole), TOKEN),
        (r"(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|ANPA|AROA)[A-Z0-9]{16,}".into(), Form(whole), TOKEN),
        (
            r"(?:gh[pousr]_|github_pat_|gl(?:pat|rt|dt|cbt|ptt|ft|soat|agent|oas)-|xox[abceoprs]-|xapp-|xwfp-|npm_|pypi-|hf_|hv[sbr]\.|dop_v1_|shpat_|rubygems_|dckr_pat_|AIza|ya29\.|AGE-SECRET-KEY-1|SG\.|ATATT3|whsec_|[rsp]k_(?:live|test)_)[A-Za-z0-9_.-]{10,}"
                .into(),
            Form(whole),
            TOKEN,
        ),
        (r"sk-[A-Za-z0-9_-]{20,}".into(), Form(|found| values::by_chance(found, 1)), TOKEN),
        (r"[0-9]{8,10}:AA[A-Za-z0-9_-]{32,}".into(), Form(whole), TOKEN),
        // What only chance could have written.
        (r"[A-Za-z0-9+_-]{40,}={0,2}".into(), Form(|found| values::by_chance(found, 2)), TOKEN),
        (r"[A-Za-z0-9+/]{60,}={0,2}".into(), Form(|found| values::by_chance(found, 3)), TOKEN),
        // Persons.
        (r"[\w.%+'-]*[\w%+'-](?:@|%40)(?:[\w-]+\.)+[A-Za-z][\w-]+".into(), Form(values::mail), MAIL),
        (r"(?i)[A-Z]{2}[0-9]{2}".into(), From(|rest| numbers::account_length(rest).map(|end| 0..end)), ACCOUNT),
        (r"[0-9](?:[ -]?[0-9]){12,}".into(), Form(numbers::find_card), CARD),
        // Home folders. The first part is no home folder but the page of a site.
        (
            r#"https?://[^\s/"'<>]+/(?:home|Users)/|(?:/var|/export|/run)?/(?:home|Users|media)/[^/\s"':;,()\[\]{}<>|&?*~]+"#.into(),
            Form(values::unix_home),
            HOME,
        ),
        (
            r#"(?i)[a-z]:(?:\\{1,4}|/)users(?:\\{1,4}|/)(?:[^\\/:*?"<>|~\r\n]{1,64}[\\/]|[^\\/:*?"<>|~\s,;)]+)"#.into(),
            Form(values::windows_home),
            HOME,
        ),
    ]
}

fn whole(found: &str) -> Option<Range<usize>> {
    Some(0..found.len())
}

fn compile() -> Option<Vec<Rule>> {
    patterns()
        .into_iter()
        .map(|(pattern, find, mark)| {
            let pattern = RegexBuilder::new(&pattern).dfa_size_limit(AUTOMATON_BYTES).build().ok()?;
            Some(Rule { pattern, find, mark })
        })
        .collect()
}

/// The rules while they are in use: compiled they take a megabyte, and an agent with nothing to do needs none of them.
static RULES: Mutex<Held> = Mutex::new(Held { rules: None, used: false });

struct Held {
    rules: Option<Arc<Vec<Rule>>>,
    /// Whether anybody asked for them since [`rest`].
    used: bool,
}

/// `None` if a rule is not a pattern, which a test excludes; then nothing gets out at all.
fn rules() -> Option<Arc<Vec<Rule>>> {
    let mut held = RULES.lock().unwrap_or_else(PoisonError::into_inner);
    held.used = true;
    if held.rules.is_none() {
        held.rules = compile().map(Arc::new);
    }
    held.rules.clone()
}

/// Frees the rules unless they were used since the last call.
pub(super) fn rest() {
    let mut held = RULES.lock().unwrap_or_else(PoisonError::into_inner);
    if !std::mem::take(&mut held.used) {
        held.rules = None;
    }
}

/// A part of the text that must go, and what is written in its place.
struct Part {
    range: Range<usize>,
    mark: &'static str,
}

/// Applies every rule to `text` as it stands; borrowed if there is nothing to take out.
pub(super) fn apply(text: &str) -> Cow<'_, str> {
    let Some(rules) = rules() else { return Cow::Owned(SECRET.to_owned()) };
    let mut parts: Vec<Part> = rules.iter().flat_map(|rule| rule.parts(text)).collect();
    if parts.is_empty() {
        return Cow::Borrowed(text);
    }
    // Of parts that begin together the longest comes first; it names what goes.
    parts.sort_by_key(|part| (part.range.start, std::cmp::Reverse(part.range.end)));
    let mut redacted = String::with_capacity(text.len());
    let mut done = 0;
    for part in &parts {
        if part.range.start >= done {
            redacted.push_str(text.get(done..part.range.start).unwrap_or_default());
            redacted.push_str(part.mark);
        }
        done = done.max(part.range.end);
    }
    redacted.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(redacted)
}

impl Rule {
    fn parts<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Part> + 'a {
        self.pattern.find_iter(text).filter_map(move |found| {
            let (offset, range) = match self.find {
                Find::Before(value) => (found.end(), value(found.as_str(), text.get(found.end()..)?)?),
                Find::Form(part) => (found.start(), part(found.as_str())?),
                Find::From(part) => (found.start(), part(text.get(found.start()..)?)?),
            };
            (!range.is_empty()).then(|| Part { range: offset + range.start..offset + range.end, mark: self.mark })
        })
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_rule_is_a_pattern() {
        for (pattern, ..) in super::patterns() {
            assert!(regex::Regex::new(&pattern).is_ok(), "{pattern}");
        }
        assert!(super::compile().is_some());
    }
}
