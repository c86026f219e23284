//! Files in requests.

use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use super::Glpi;
use super::state::{Document, Link, On, UPLOAD_MAX_FILESIZE, media_type, now};
use crate::http::Request;

/// A file on its way in.
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) content: Vec<u8>,
    /// In GLPI's words, why it is refused.
    pub(super) error: Option<&'static str>,
}

/// What a request adds: `input`, and its files in their order. `None` for what nobody captured.
pub(super) fn input(request: &Request, glpi: &Glpi) -> Option<(Value, Vec<Upload>)> {
    let content_type = request.header("content-type").unwrap_or_default();
    if !content_type.starts_with("multipart/form-data") {
        return Some((request.json()["input"].clone(), Vec::new()));
    }
    let mut input = Value::Null;
    let mut files = Vec::new();
    for (name, file, content) in request.parts() {
        match file {
            None if name == "uploadManifest" => {
                input = serde_json::from_slice::<Value>(&content).ok()?["input"].clone();
            }
            // PHP puts them in the order of their numbers, which is that of the request.
            Some(file) if name == format!("filename[{}]", files.len()) => {
                let error = glpi.refusal(&file, content.len());
                files.push(Upload { name: file, content, error });
            }
            _ => return None,
        }
    }
    // Under one prefix, two of one name would be one file: nobody captured it.
    let names: std::collections::BTreeSet<String> = files.iter().map(|file| file.name.to_lowercase()).collect();
    (names.len() == files.len()).then_some((input, files))
}

impl Glpi {
    fn refusal(&self, name: &str, size: usize) -> Option<&'static str> {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
        if size > UPLOAD_MAX_FILESIZE {
            // 046
            Some("The uploaded file exceeds the upload_max_filesize directive in php.ini")
        } else if size > self.document_max {
            // 045
            Some("File is too big")
        } else if ending.is_none_or(|ending| !self.endings.contains(&ending)) {
            // 044
            Some("Filetype not allowed")
        } else {
            None
        }
    }

    /// `upload_result` as 054 shows it of a file that was taken, 044 of one that was not.
    pub(super) fn upload_result(&mut self, files: &[Upload]) -> Value {
        let prefix = format!("{:014x}.{:08}", self.number(), 44_475_862);
        let mut told = Vec::with_capacity(files.len());
        for file in files {
            let template = if file.error.is_some() { "044" } else { "054" };
            let mut row = self.template(template)["upload_result"]["filename"][0].clone();
            row["name"] = json!(format!("{prefix}{}", file.name));
            row["prefix"] = json!(prefix);
            row["display"] = json!(file.name);
            row["size"] = json!(file.content.len());
            row["filesize"] = json!(format!("{} B", file.content.len()));
            row["type"] = json!(media_type(&file.content));
            match file.error {
                Some(error) => row["error"] = json!(error),
                None => row["url"] = json!(format!("http://127.0.0.1/files/{prefix}{}", file.name)),
            }
            told.push(row);
        }
        json!({"filename": told})
    }

    /// Takes files in their order; false at the first one that was refused, where GLPI 11 breaks.
    pub(super) fn take(&mut self, ticket: u64, on: On, files: Vec<Upload>, by: u64, goes_on: bool) -> bool {
        let most = if self.only_first { 1 } else { files.len() };
        for file in files.into_iter().take(most) {
            if file.error.is_none() {
                self.keep(ticket, on, &file.name, file.content, by);
            } else if !goes_on {
                return false;
            }
        }
        true
    }

    /// Keeps a document, or finds the one with the same contents, and links it once.
    pub(super) fn keep(&mut self, ticket: u64, on: On, name: &str, content: Vec<u8>, by: u64) {
        let sha1 = hex::encode(Sha1::digest(&content));
        let known = self.documents.iter().find(|known| known.sha1 == sha1).map(|known| known.id);
        let document = known.unwrap_or_else(|| {
            let id = self.number();
            self.documents.push(Document { id, name: name.to_owned(), content, sha1, by, at: now() });
            id
        });
        let id = self.number();
        if let Some(ticket) = self.touch(ticket)
            && !ticket.links.iter().any(|link| link.document == document && link.on == on)
        {
            // One request has one moment (`$_SESSION["glpi_currenttime"]`).
            let at = match on {
                On::Ticket => ticket.created_at.clone(),
                On::FollowUp(entry) => {
                    ticket.follow_ups.iter().find(|said| said.id == entry).map_or_else(now, |said| said.at.clone())
                }
            };
            ticket.links.push(Link { id, document, on, at, by, inline: false });
        }
    }
}
