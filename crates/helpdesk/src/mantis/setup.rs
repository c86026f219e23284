//! What must be known of a server before something is filed there: project, category, what files it takes, from which
//! state on issues are read-only, and what this user may do.

use std::time::{Duration, Instant};

use deskside_protocol::connect::CategoryChoice;
use deskside_protocol::ticket::Category;
use deskside_protocol::{ErrorCode, limits};
use tokio::sync::Mutex;

use super::client::Client;
use super::wire::{Config, Configs, Named, Project, Projects};
use crate::connection::refusal;
use crate::target::Target;
use crate::{Choice, Result};

/// How long what was learnt is believed.
const BELIEVED: Duration = Duration::from_secs(3600);
/// MantisBT's own default of `max_file_size`, in bytes.
const DEFAULT_FILE_BYTES: u64 = 5_000_000;
/// From this access level on, people may change issues (`update_bug_threshold` is 40 unless IT changes it; what a server
/// refuses all the same is said when it does).
pub(super) const UPDATER: u64 = 40;
/// The state of an issue that is solved (`bug_resolved_status_threshold`).
const RESOLVED: u64 = 80;

/// What files a server takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Limits {
    /// The largest file, in bytes.
    pub(super) file_bytes: u64,
    /// Endings that it takes; empty: all.
    allowed: Vec<String>,
    /// Endings that it does not take.
    disallowed: Vec<String>,
    /// From which state on an issue is read-only.
    pub(super) read_only_from: u64,
    /// From which state on an issue is solved.
    pub(super) resolved_from: u64,
}

impl Limits {
    /// Whether a file is taken.
    pub(super) fn takes(&self, name: &str, size: u64) -> Result<()> {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
        if size == 0 {
            return Err(refusal(ErrorCode::FileUnreadable, "MantisBT takes no empty files"));
        }
        if size > self.file_bytes {
            let detail = format!("the file has {size} bytes, MantisBT takes {} (max_file_size)", self.file_bytes);
            return Err(refusal(ErrorCode::FileTooLarge, detail));
        }
        let refused = self.disallowed.contains(&ending) || !(self.allowed.is_empty() || self.allowed.contains(&ending));
        if refused {
            return Err(refusal(
                ErrorCode::FileType,
                format!("MantisBT is set up to refuse files that end in .{ending}"),
            ));
        }
        Ok(())
    }

    fn of(configs: &[Config]) -> Self {
        let value = |option: &str| configs.iter().find(|config| config.option == option).map(|config| &config.value);
        let number = |option: &str| value(option).and_then(|v| v.as_u64().or_else(|| v.as_str()?.parse().ok()));
        let list = |option: &str| {
            let text = value(option).and_then(|v| v.as_str()).unwrap_or_default().to_lowercase();
            text.split(',')
                .map(|ending| ending.trim().trim_start_matches('.').to_owned())
                .filter(|e| !e.is_empty())
                .collect()
        };
        Self {
            file_bytes: number("max_file_size").unwrap_or(DEFAULT_FILE_BYTES).min(limits::ATTACHMENT_BYTES),
            allowed: list("allowed_files"),
            disallowed: list("disallowed_files"),
            read_only_from: number("bug_readonly_status_threshold").unwrap_or(RESOLVED),
            resolved_from: number("bug_resolved_status_threshold").unwrap_or(RESOLVED),
        }
    }
}

/// Who may report issues, as MantisBT comes (`report_bug_threshold`, `core/constant_inc.php`).
const REPORTER: u64 = 25;

/// What was learnt, as far as it was asked for.
#[derive(Debug, Default)]
struct Learnt {
    project: Option<(Project, Instant)>,
    limits: Option<(Limits, Instant)>,
}

/// What is configured here and there.
#[derive(Debug)]
pub(super) struct Setup {
    /// `project`: its number or name.
    project: Option<String>,
    /// `custom_field.<name>`: what a custom field that the project requires is filled with.
    custom_fields: std::collections::BTreeMap<String, String>,
    /// `category`, and `category.<ours>` before it.
    category: Option<String>,
    categories: std::collections::BTreeMap<String, String>,
    learnt: Mutex<Learnt>,
    /// For those who may not wait: what [`crate::Capabilities`] say.
    known: std::sync::RwLock<(Option<Limits>, Option<u64>)>,
}

fn fresh<T: Clone>(known: Option<&(T, Instant)>) -> Option<T> {
    known.filter(|(_, since)| since.elapsed() < BELIEVED).map(|(value, _)| value.clone())
}

impl Setup {
    pub(super) fn new(target: &Target) -> Self {
        let field = |name: &str| target.fields.get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let after = |prefix: &str| {
            let named = target.fields.iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value)));
            named.map(|(name, value)| (name.to_owned(), value.clone())).collect()
        };
        Self {
            project: field("project"),
            category: field("category"),
            categories: after("category."),
            custom_fields: after("custom_field."),
            learnt: Mutex::default(),
            known: std::sync::RwLock::default(),
        }
    }

    /// Limits and access level, as far as they are known.
    pub(super) fn known(&self) -> (Option<Limits>, Option<u64>) {
        self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// What files it takes; asks once an hour.
    pub(super) async fn limits(&self, client: &Client) -> Result<Limits> {
        let mut learnt = self.learnt.lock().await;
        if let Some(limits) = fresh(learnt.limits.as_ref()) {
            return Ok(limits);
        }
        let project = self.project.clone().filter(|p| p.bytes().all(|b| b.is_ascii_digit()));
        let project = project.or_else(|| learnt.project.as_ref().map(|(project, _)| project.id.to_string()));
        let options = [
            "max_file_size",
            "allowed_files",
            "disallowed_files",
            "bug_readonly_status_threshold",
            "bug_resolved_status_threshold",
        ];
        let mut query: Vec<(&str, &str)> = options.iter().map(|option| ("option[]", *option)).collect();
        if let Some(project) = &project {
            query.push(("project_id", project));
        }
        let configs: Configs = client.get(&["config"], &query).await?;
        let limits = Limits::of(&configs.configs);
        learnt.limits = Some((limits.clone(), Instant::now()));
        self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner).0 = Some(limits.clone());
        Ok(limits)
    }

    /// The project that is filed in; asks once an hour.
    pub(super) async fn project(&self, client: &Client) -> Result<Project> {
        let mut learnt = self.learnt.lock().await;
        if let Some(project) = fresh(learnt.project.as_ref()) {
            return Ok(project);
        }
        let all: Projects = client.get(&["projects"], &[]).await?;
        let mut usable: Vec<Project> =
            all.projects.into_iter().filter(|project| project.enabled != Some(false)).collect();
        let at = match &self.project {
            Some(wanted) => {
                let by_number = wanted.parse::<u64>().ok();
                usable.iter().position(|p| Some(p.id) == by_number || p.name.eq_ignore_ascii_case(wanted))
            }
            // The first that this user may do more in than look, as MantisBT comes; else MantisBT says why not.
            None => usable.iter().position(|p| p.access_level.id >= REPORTER).or((!usable.is_empty()).then_some(0)),
        };
        let found = at.map(|at| usable.swap_remove(at));
        let found = found.ok_or_else(|| {
            let which = self.project.as_deref().map_or("no project".to_owned(), |p| format!("no project \"{p}\""));
            refusal(ErrorCode::Refused, format!("MantisBT has {which} that this user can file in"))
        })?;
        learnt.project = Some((found.clone(), Instant::now()));
        self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner).1 = Some(found.access_level.id);
        Ok(found)
    }

    /// Project and category as `POST /issues` wants them.
    pub(super) async fn place(
        &self,
        client: &Client,
        category: Option<Category>,
        chosen: Option<&CategoryChoice>,
    ) -> Result<(serde_json::Value, Option<serde_json::Value>)> {
        let ours = category.and_then(|category| serde_json::to_value(category).ok());
        let ours = ours.as_ref().and_then(|name| name.as_str()).and_then(|name| self.categories.get(name));
        let wanted = ours.or(self.category.as_ref());
        if let Some(chosen) = chosen {
            let project = self.project(client).await?;
            if self.categories(client).await?.iter().any(|there| there.is(chosen)) {
                return Ok((serde_json::json!({ "id": project.id }), Some(serde_json::json!({ "id": chosen.id }))));
            }
        }
        if let (Some(project), Some(category)) = (&self.project, wanted)
            && let Ok(project) = project.parse::<u64>()
        {
            // Nothing to ask.
            return Ok((serde_json::json!({ "id": project }), Some(reference(category))));
        }
        let project = self.project(client).await?;
        let category = match wanted {
            Some(category) => Some(reference(category)),
            // Without any, the server says whether it takes an issue without one (`allow_no_category`).
            None => usual(&project.categories, category).map(|id| serde_json::json!({ "id": id })),
        };
        Ok((serde_json::json!({ "id": project.id }), category))
    }

    /// Custom fields as `POST /issues` wants them; nothing, where none is configured.
    pub(super) fn custom_fields(&self) -> Option<serde_json::Value> {
        let field =
            |(name, value): (&String, &String)| serde_json::json!({ "field": { "name": name }, "value": value });
        (!self.custom_fields.is_empty()).then(|| self.custom_fields.iter().map(field).collect())
    }

    /// Forgets what it learnt: the server refused what followed from it.
    pub(super) async fn forget(&self) {
        *self.learnt.lock().await = Learnt::default();
    }

    pub(super) async fn categories(&self, client: &Client) -> Result<Vec<Choice>> {
        let project = self.project(client).await?;
        Ok(project.categories.into_iter().map(|c| Choice { id: c.id, name: c.name }).collect())
    }
}

/// A category by its number or its name.
fn reference(category: &str) -> serde_json::Value {
    match category.trim().parse::<u64>() {
        Ok(id) => serde_json::json!({ "id": id }),
        Err(_) => serde_json::json!({ "name": category.trim() }),
    }
}

/// Where nothing is set up: the category of the same meaning by its name, else "General", else the first, if there is one.
fn usual(categories: &[Named], ours: Option<Category>) -> Option<u64> {
    let words: &[&str] = match ours {
        Some(Category::Computer) => &["hardware", "computer", "matériel", "ordinateur"],
        Some(Category::Network) => &["network", "réseau"],
        Some(Category::Printing) => &["print", "impression", "imprimante"],
        Some(Category::Mail) => &["mail", "courriel", "messagerie"],
        Some(Category::Program) => &["software", "program", "logiciel", "application"],
        Some(Category::Access) => &["access", "account", "password", "accès", "compte"],
        Some(Category::Meetings) => &["meeting", "audio", "video", "réunion"],
        Some(Category::Other) | None => &[],
    };
    let named = |word: &str| categories.iter().find(|category| category.name.to_lowercase().contains(word));
    words
        .iter()
        .find_map(|word| named(word))
        .or_else(|| named("general"))
        .or_else(|| categories.first())
        .map(|category| category.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(json: serde_json::Value) -> Limits {
        Limits::of(&serde_json::from_value::<Configs>(json).unwrap().configs)
    }

    #[test]
    fn files_are_refused_as_the_server_would() {
        let captured = limits(serde_json::json!({"configs": [
            {"option": "max_file_size", "value": 2097152},
            {"option": "allowed_files", "value": ""},
            {"option": "disallowed_files", "value": "svg, exe"},
        ]}));
        assert_eq!(captured.takes("a.png", 2_097_152), Ok(()));
        assert_eq!(captured.takes("a.png", 2_097_153).unwrap_err().code, ErrorCode::FileTooLarge);
        assert_eq!(captured.takes("a.SVG", 1).unwrap_err().code, ErrorCode::FileType);
        assert_eq!(captured.takes("a.png", 0).unwrap_err().code, ErrorCode::FileUnreadable);
        let listed = limits(serde_json::json!({"configs": [{"option": "allowed_files", "value": "png,.txt"}]}));
        assert_eq!(listed.takes("a.txt", 1), Ok(()));
        assert_eq!(listed.takes("a", 1).unwrap_err().code, ErrorCode::FileType);
        assert_eq!(listed.file_bytes, DEFAULT_FILE_BYTES, "what is not told is MantisBT's default");
    }

    #[test]
    fn a_category_is_found_where_none_is_set_up() {
        let named = |id, name: &str| Named { id, name: name.to_owned(), real_name: String::new() };
        let all = [named(2, "Hardware"), named(1, "General"), named(4, "Network")];
        assert_eq!(usual(&all, Some(Category::Network)), Some(4));
        assert_eq!(usual(&all, Some(Category::Mail)), Some(1));
        assert_eq!(usual(&all[..1], None), Some(2));
        assert_eq!(usual(&[], None), None);
    }
}
