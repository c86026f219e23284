//! What must be known of a server: which search options it has, and how large files may be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use deskside_protocol::ticket::Category;
use deskside_protocol::{AttachmentId, ErrorCode, limits};
use serde_json::Value;
use tokio::sync::Mutex;

use super::client::Client;
use super::files;
use super::wire::{self, Config};
use crate::connection::refusal;
use crate::target::Target;
use crate::{Again, Choice, Result, rich_text};

/// How long what was learnt is believed.
const BELIEVED: Duration = Duration::from_secs(3600);
const MIB: u64 = 1024 * 1024;
/// Endings that are remembered.
const ENDINGS: usize = 200;

/// Search options of tickets: their numbers differ between versions, their names between languages, so they are known by
/// table and field (`uid`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) id: u64,
    pub(super) content: u64,
    pub(super) requester: u64,
    pub(super) date_mod: u64,
    /// How many documents a ticket has.
    pub(super) documents: u64,
    /// Who wrote it, whoever asked; where the server tells of it.
    pub(super) writer: Option<u64>,
    /// Of the ticket's satisfaction survey, where the server tells of it: 1 is GLPI's own, 2 somewhere else.
    pub(super) survey: Option<u64>,
}

impl Options {
    /// Those of GLPI 10 and 11, for what a server does not tell.
    const USUAL: Self =
        Self { id: 2, content: 21, requester: 4, date_mod: 19, documents: 119, writer: None, survey: None };

    pub(super) fn of(told: &BTreeMap<String, Value>) -> Self {
        let named = |uid: &str, usual: u64| number_of(told, uid, usual);
        Self {
            id: named("Ticket.id", Self::USUAL.id),
            content: named("Ticket.content", Self::USUAL.content),
            requester: named("Ticket.Ticket_User.User.name", Self::USUAL.requester),
            date_mod: named("Ticket.date_mod", Self::USUAL.date_mod),
            documents: named("Ticket.Document_Item.id", Self::USUAL.documents),
            writer: told_number(told, "Ticket.users_id_recipient.User.name", 22),
            survey: told_number(told, "Ticket.TicketSatisfaction.type", 31),
        }
    }
}

fn number_of(told: &BTreeMap<String, Value>, uid: &str, usual: u64) -> u64 {
    told_number(told, uid, usual).unwrap_or(usual)
}

/// The option with this `uid`. Requesters, observers and technicians share one: then the usual number, else the lowest.
fn told_number(told: &BTreeMap<String, Value>, uid: &str, usual: u64) -> Option<u64> {
    let named = told.iter().filter(|(_, option)| option.get("uid").and_then(Value::as_str) == Some(uid));
    let numbers: Vec<u64> = named.filter_map(|(number, _)| number.parse().ok()).collect();
    if numbers.contains(&usual) { Some(usual) } else { numbers.into_iter().min() }
}

/// Search options of articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ArticleOptions {
    pub(super) id: u64,
    pub(super) title: u64,
    pub(super) text: u64,
}

impl ArticleOptions {
    pub(super) fn of(told: &BTreeMap<String, Value>) -> Self {
        // GLPI 11's, for what a server does not tell.
        let named = |uid: &str, usual: u64| number_of(told, uid, usual);
        Self {
            id: named("KnowbaseItem.id", 2),
            title: named("KnowbaseItem.name", 1),
            text: named("KnowbaseItem.answer", 7),
        }
    }
}

/// What is configured here and there.
#[derive(Debug)]
pub(super) struct Setup {
    /// `entity`: its number.
    pub(super) entity: Option<u64>,
    /// `profile`: its number.
    pub(super) profile: Option<u64>,
    /// `requester`: the number of the person who files, where the token is a service account's.
    pub(super) requester: Option<u64>,
    category: Option<u64>,
    categories: BTreeMap<String, u64>,
    options: Mutex<Option<(Options, Instant)>>,
    article_options: Mutex<Option<(ArticleOptions, Instant)>>,
    all_categories: Mutex<Option<(Vec<Choice>, Instant)>>,
    file_bytes: Mutex<Option<(u64, Instant)>>,
    /// For those who may not wait: what [`crate::Capabilities`] say.
    known_file_bytes: RwLock<Option<u64>>,
    taken: RwLock<Taken>,
    /// Files whose entries are there without them.
    left_behind: RwLock<BTreeSet<AttachmentId>>,
    /// Whether one of the requester's tickets had a survey of GLPI's own.
    surveys: AtomicBool,
    /// Whether all files of one request were there, once that was looked at.
    several: OnceLock<bool>,
    looked_for_surveys: RwLock<Option<Instant>>,
}

/// What was learnt of files that were sent.
#[derive(Debug, Default)]
struct Taken {
    /// Endings that were taken, or refused.
    endings: BTreeMap<String, bool>,
    /// The largest file that was taken.
    bytes: u64,
}

impl Setup {
    /// # Errors
    /// `BadRequest` for a number that is none.
    pub(super) fn new(target: &Target) -> Result<Self> {
        let number = |name: &str| match target.fields.get(name).map(|value| value.trim()).filter(|v| !v.is_empty()) {
            None => Ok(None),
            Some(value) => value.parse::<u64>().map(Some).map_err(|_| {
                refusal(ErrorCode::BadRequest, format!("\"{name}\" must be the number that GLPI gave it"))
            }),
        };
        let mut categories = BTreeMap::new();
        for name in target.fields.keys() {
            if let Some(ours) = name.strip_prefix("category.")
                && let Some(id) = number(name)?
            {
                categories.insert(ours.to_owned(), id);
            }
        }
        Ok(Self {
            entity: number("entity")?,
            profile: number("profile")?,
            requester: number("requester")?,
            category: number("category")?,
            categories,
            options: Mutex::default(),
            article_options: Mutex::default(),
            all_categories: Mutex::default(),
            file_bytes: Mutex::default(),
            known_file_bytes: RwLock::default(),
            taken: RwLock::default(),
            left_behind: RwLock::default(),
            surveys: AtomicBool::new(false),
            several: OnceLock::new(),
            looked_for_surveys: RwLock::default(),
        })
    }

    /// Whether a file is so sure to be taken that it may go in the request that creates a ticket. What GLPI 11 refuses there
    /// leaves the ticket without a requester.
    pub(super) fn goes_along(&self, name: &str, bytes: u64) -> bool {
        let taken = self.taken.read().unwrap_or_else(PoisonError::into_inner);
        let ending = files::ending(name);
        let known = taken.endings.get(&ending).copied();
        known.unwrap_or_else(|| files::usual(&ending)) && bytes <= taken.bytes.max(files::SURE_BYTES)
    }

    /// Notes what became of a file.
    pub(super) fn learn(&self, name: &str, bytes: u64, taken: bool) {
        let mut learnt = self.taken.write().unwrap_or_else(PoisonError::into_inner);
        if taken {
            learnt.bytes = learnt.bytes.max(bytes);
        }
        // A large one may have been refused for its size.
        if (taken || bytes <= files::SURE_BYTES) && learnt.endings.len() < ENDINGS {
            learnt.endings.insert(files::ending(name), taken);
        }
    }

    /// Whether all files of one request are known to be kept.
    pub(super) fn takes_several(&self) -> bool {
        self.several.get() == Some(&true)
    }

    /// Whether all but the first are known to be lost.
    pub(super) fn one_file_at_a_time(&self) -> bool {
        self.several.get() == Some(&false)
    }

    /// Notes which it is; the first that was seen holds.
    pub(super) fn learn_several(&self, kept: bool) {
        let _known_before = self.several.set(kept);
    }

    /// Notes whether a file's entry is there without it.
    pub(super) fn left_behind(&self, file: AttachmentId, is_left: bool) {
        let mut all = self.left_behind.write().unwrap_or_else(PoisonError::into_inner);
        if is_left {
            all.insert(file);
        } else {
            all.remove(&file);
        }
    }

    /// Whether it was at the last look.
    pub(super) fn was_left_behind(&self, file: AttachmentId) -> bool {
        self.left_behind.read().unwrap_or_else(PoisonError::into_inner).contains(&file)
    }

    /// Whether surveys were seen.
    pub(super) fn surveys(&self) -> bool {
        self.surveys.load(Ordering::Relaxed)
    }

    /// Whether it is time to look for one: once an hour.
    pub(super) fn looks_for_surveys(&self) -> bool {
        let mut last = self.looked_for_surveys.write().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|at| at.elapsed() >= BELIEVED);
        if due {
            *last = Some(Instant::now());
        }
        due
    }

    /// One was.
    pub(super) fn saw_survey(&self) {
        self.surveys.store(true, Ordering::Relaxed);
    }

    /// Asks anew for search options: those that were learnt are not there any more.
    pub(super) async fn forget_options(&self) {
        *self.options.lock().await = None;
        *self.article_options.lock().await = None;
    }

    pub(super) fn category(&self, ours: Option<Category>) -> Option<u64> {
        let ours = ours.and_then(|category| serde_json::to_value(category).ok());
        let ours = ours.as_ref().and_then(Value::as_str).and_then(|name| self.categories.get(name));
        ours.copied().or(self.category)
    }

    /// The categories that a requester may choose, where the profile may list them; asks once an hour.
    pub(super) async fn all_categories(&self, client: &Client) -> Result<Vec<Choice>> {
        let mut learnt = self.all_categories.lock().await;
        if let Some((categories, _)) = learnt.as_ref().filter(|(_, since)| since.elapsed() < BELIEVED) {
            return Ok(categories.clone());
        }
        let range = [("range".to_owned(), "0-499".to_owned())];
        let told = match client.list::<wire::Category>(&["ITILCategory"], &range).await {
            Ok(told) => told,
            // Most profiles may not ask: policy says the numbers.
            Err(error) if error.code == ErrorCode::Forbidden => Vec::new(),
            Err(error) => return Err(error),
        };
        let choice = |one: wire::Category| Choice { id: one.id, name: rich_text::plain(&one.completename) };
        let categories: Vec<Choice> = told.into_iter().filter(wire::Category::is_offered).map(choice).collect();
        *learnt = Some((categories.clone(), Instant::now()));
        Ok(categories)
    }

    /// The largest file that is taken, in bytes, as far as is known.
    pub(super) fn known_file_bytes(&self) -> u64 {
        let known = *self.known_file_bytes.read().unwrap_or_else(PoisonError::into_inner);
        known.unwrap_or(limits::ATTACHMENT_BYTES)
    }

    /// The largest file that is taken, in bytes; asks once an hour. PHP's own limits are told nowhere.
    pub(super) async fn file_bytes(&self, client: &Client) -> Result<u64> {
        let mut learnt = self.file_bytes.lock().await;
        if let Some((bytes, _)) = learnt.filter(|(_, since)| since.elapsed() < BELIEVED) {
            return Ok(bytes);
        }
        let most = match client.get::<Config>(&["getGlpiConfig"], &[]).await {
            Ok(config) => config.cfg_glpi.document_max_size * MIB,
            // A server that does not tell says so when a file is too large.
            Err(error) if error.again == Again::Permanent => 0,
            Err(error) => return Err(error),
        };
        let bytes = if most == 0 { limits::ATTACHMENT_BYTES } else { most.min(limits::ATTACHMENT_BYTES) };
        *learnt = Some((bytes, Instant::now()));
        *self.known_file_bytes.write().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
        Ok(bytes)
    }

    /// The search options of tickets; asks once an hour.
    pub(super) async fn options(&self, client: &Client) -> Result<Options> {
        let mut learnt = self.options.lock().await;
        if let Some((options, _)) = learnt.filter(|(_, since)| since.elapsed() < BELIEVED) {
            return Ok(options);
        }
        let options = match client.get::<BTreeMap<String, Value>>(&["listSearchOptions", "Ticket"], &[]).await {
            Ok(told) => Options::of(&told),
            Err(error) if error.again == Again::Permanent => Options::USUAL,
            Err(error) => return Err(error),
        };
        *learnt = Some((options, Instant::now()));
        Ok(options)
    }

    /// The search options of articles; asks once an hour.
    pub(super) async fn article_options(&self, client: &Client) -> Result<ArticleOptions> {
        let mut learnt = self.article_options.lock().await;
        if let Some((options, _)) = learnt.filter(|(_, since)| since.elapsed() < BELIEVED) {
            return Ok(options);
        }
        let told: BTreeMap<String, Value> = client.get(&["listSearchOptions", "KnowbaseItem"], &[]).await?;
        let options = ArticleOptions::of(&told);
        *learnt = Some((options, Instant::now()));
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_known_by_what_they_stand_for() {
        let told = serde_json::json!({
            "common": {"name": "Caractéristiques"},
            "33": {"name": "Description", "uid": "Ticket.content"},
            "4": {"name": "Demandeur", "uid": "Ticket.Ticket_User.User.name"},
        });
        let options = Options::of(&serde_json::from_value(told).unwrap());
        assert_eq!(options, Options { content: 33, ..Options::USUAL });
        // Technicians are called alike, and a plugin's option may come first.
        let told = serde_json::json!({
            "105": {"uid": "Ticket.Ticket_User.User.name"}, "44": {"uid": "Ticket.Ticket_User.User.name"},
            "7": {"uid": "KnowbaseItem.answer"},
        });
        assert_eq!(Options::of(&serde_json::from_value(told).unwrap()).requester, 44);
    }

    #[test]
    fn what_was_taken_once_goes_along_and_what_was_refused_does_not() {
        let target = Target {
            kind: deskside_protocol::settings::HelpdeskKind::Glpi,
            url: url::Url::parse("https://glpi.example").unwrap(),
            fields: BTreeMap::new(),
        };
        let setup = Setup::new(&target).unwrap();
        assert!(setup.goes_along("a.PNG", 7) && setup.goes_along("b.txt", files::SURE_BYTES));
        assert!(!setup.goes_along("a.png", files::SURE_BYTES + 1) && !setup.goes_along("a.json", 7));
        assert!(!setup.goes_along("README", 7));
        setup.learn("x.json", files::SURE_BYTES + 9, true);
        assert!(setup.goes_along("a.json", 7) && setup.goes_along("a.png", files::SURE_BYTES + 9));
        setup.learn("x.html", 7, false);
        setup.learn("x.png", files::SURE_BYTES + 1, false);
        assert!(!setup.goes_along("a.html", 7) && setup.goes_along("a.png", 7));
    }

    #[test]
    fn numbers_are_numbers() {
        let target = |name: &str, value: &str| Target {
            kind: deskside_protocol::settings::HelpdeskKind::Glpi,
            url: url::Url::parse("https://glpi.example").unwrap(),
            fields: [(name.to_owned(), value.to_owned())].into(),
        };
        assert_eq!(Setup::new(&target("entity", "root")).unwrap_err().code, ErrorCode::BadRequest);
        assert!(Setup::new(&target("app_token", "abc")).is_ok() && Setup::new(&target("language", "fr")).is_ok());
        let setup = Setup::new(&target("category.network", " 4 ")).unwrap();
        assert_eq!((setup.category(Some(Category::Network)), setup.category(None)), (Some(4), None));
    }
}
