//! In whose name a ticket is filed. Who it is, the hub has from IT or from a sign-in, never from the computer; how the
//! helpdesk calls them, its administrator says.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use deskside_helpdesk::{Helpdesk, HelpdeskError, Target, open};
use deskside_protocol::settings::HelpdeskKind;

use crate::store::Employee;
use crate::text::directory_name;

/// Connections in other people's names that are kept; with more, all are made anew.
const KEPT: usize = 500;
/// Largest file of names, in bytes.
const FILE_BYTES: u64 = 8 * 1024 * 1024;

/// How the helpdesk behind a hub calls employees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    /// For everybody: `{login}` is their name in the directory, `{email}` their address. `None` is nobody.
    pub template: Option<String>,
    /// For those who are called otherwise: by their name in the directory, in lower case, as directories compare names.
    pub named: BTreeMap<String, String>,
}

impl People {
    /// Reads names from a file: a line for each person, `anna = 17`. What follows `#` is ignored.
    ///
    /// # Errors
    /// It cannot be read, or a line is none.
    pub fn read(file: &Path) -> io::Result<BTreeMap<String, String>> {
        let mut text = String::new();
        std::fs::File::open(file)?.take(FILE_BYTES).read_to_string(&mut text)?;
        let mut named = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let pair =
                line.split_once('=').and_then(|(login, name)| Some((directory_name(login)?, directory_name(name)?)));
            let Some((login, name)) = pair else {
                let what = format!("line {} is not LOGIN = NAME", number + 1);
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            };
            named.insert(login.to_lowercase(), name);
        }
        Ok(named)
    }

    /// How the helpdesk calls an employee; `None` if nobody said.
    pub(crate) fn name_of(&self, employee: &Employee) -> Option<String> {
        if let Some(name) = self.named.get(&employee.login.to_lowercase()) {
            return Some(name.clone());
        }
        let template = self.template.as_deref()?;
        let email = employee.email.as_deref();
        if template.contains("{email}") && email.is_none() {
            return None;
        }
        let name = template.replace("{login}", &employee.login).replace("{email}", email.unwrap_or_default());
        directory_name(&name)
    }
}

/// The field by which a connector is told for whom it files.
pub(crate) fn field(kind: HelpdeskKind) -> &'static str {
    match kind {
        HelpdeskKind::Glpi => "requester",
        HelpdeskKind::Mantis | HelpdeskKind::RequestTracker | HelpdeskKind::Hub => "on_behalf_of",
    }
}

/// The connections to a helpdesk: the service account's own, and those in other people's names.
pub(super) struct Desks {
    target: Target,
    credential: String,
    own: Arc<dyn Helpdesk>,
    others: Mutex<HashMap<String, Arc<dyn Helpdesk>>>,
}

impl Desks {
    pub(super) fn new(target: &Target, credential: &str) -> Result<Self, HelpdeskError> {
        let own = open(target, credential)?;
        Ok(Self { target: target.clone(), credential: credential.to_owned(), own, others: Mutex::default() })
    }

    /// The service account's own.
    pub(super) fn own(&self) -> &Arc<dyn Helpdesk> {
        &self.own
    }

    /// The one in somebody's name.
    pub(super) fn of(&self, requester: Option<&str>) -> Result<Arc<dyn Helpdesk>, HelpdeskError> {
        let Some(requester) = requester else { return Ok(Arc::clone(&self.own)) };
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(desk) = others.get(requester) {
            return Ok(Arc::clone(desk));
        }
        let mut target = self.target.clone();
        target.fields.insert(field(target.kind).to_owned(), requester.to_owned());
        let desk = open(&target, &self.credential)?;
        if others.len() >= KEPT {
            others.clear();
        }
        others.insert(requester.to_owned(), Arc::clone(&desk));
        Ok(desk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn employee(login: &str, email: Option<&str>) -> Employee {
        Employee { login: login.to_owned(), email: email.map(ToOwned::to_owned), name: None }
    }

    #[test]
    fn people_are_called_as_their_administrator_says_and_nobody_is_made_up() {
        let people = |template: &str| People {
            template: Some(template.to_owned()),
            named: [("anna".to_owned(), "17".to_owned())].into(),
        };
        assert_eq!(people("{login}").name_of(&employee("anna", None)).as_deref(), Some("17"));
        assert_eq!(people("{login}").name_of(&employee("Anna", None)).as_deref(), Some("17"));
        assert_eq!(people("{login}@x.example").name_of(&employee("bob", None)).as_deref(), Some("bob@x.example"));
        assert_eq!(people("{email}").name_of(&employee("bob", Some("b@x.example"))).as_deref(), Some("b@x.example"));
        assert_eq!(people("{email}").name_of(&employee("bob", None)), None);
        assert_eq!(people("{login}").name_of(&employee("b' OR 1", None)), None);
        assert_eq!(People::default().name_of(&employee("bob", None)), None);
    }

    #[test]
    fn a_file_of_names_is_read_or_its_line_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("people");
        std::fs::write(&file, "# who is who\nAnna = 17\n\nbob=18 # since May\n").unwrap();
        let named = People::read(&file).unwrap();
        assert_eq!(named.into_iter().collect::<Vec<_>>(), [("anna".into(), "17".into()), ("bob".into(), "18".into())]);
        std::fs::write(&file, "anna = 17\nbob\n").unwrap();
        assert!(People::read(&file).unwrap_err().to_string().contains("line 2"));
    }
}
