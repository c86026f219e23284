//! Files on their way to a ticket, and what GLPI says of them.

use std::collections::BTreeSet;

use deskside_protocol::{AttachmentId, ErrorCode, FollowUpId};
use serde_json::{Value, json};

use super::wire::Added;
use crate::connection::refusal;
use crate::upload::Part;
use crate::upload::form::Form;
use crate::{Enclosure, HelpdeskError, Result};

/// Longest file name (`varchar(255)`), in characters, less what GLPI puts before it.
const NAME_CHARS: usize = 200;

/// `uploadManifest` with `input` and the files' names, then each file as `filename[n]` (GLPI's `apirest.md`, "Upload a
/// document file").
///
/// # Errors
/// `FileUnreadable` for a file that is not there as announced.
pub(super) async fn form(input: &Value, files: &[Part]) -> Result<Form> {
    let names = unique(files);
    let mut input = input.clone();
    input["_filename"] = json!(names);
    let named = |(file, name): (&Part, String)| Part { name, ..file.clone() };
    let files: Vec<Part> = files.iter().zip(names).map(named).collect();
    Form::new("uploadManifest", &json!({ "input": input }), |at| format!("filename[{at}]"), &files).await
}

/// A file's name as it can be kept there and cannot break out of its header.
fn file_name(name: &str) -> String {
    let clean = |c: char| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c };
    let name: String = name.chars().map(clean).collect();
    let (stem, ending) = split(&name);
    if name.chars().count() <= NAME_CHARS {
        return name;
    }
    let ending: String = ending.chars().take(20).collect();
    stem.chars().take(NAME_CHARS - 20).collect::<String>() + &ending
}

/// The names under which files go. GLPI keeps those of one request under one prefix: two of the same name would be one.
fn unique(files: &[Part]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(files.len());
    for file in files {
        let plain = file_name(&file.name);
        let taken = |name: &str| names.iter().any(|taken| taken.eq_ignore_ascii_case(name));
        let (stem, ending) = split(&plain);
        let other = (2..).map(|n| format!("{stem}-{n}{ending}")).find(|name| !taken(name));
        let name = if taken(&plain) { other.unwrap_or_else(|| plain.clone()) } else { plain.clone() };
        names.push(name);
    }
    names
}

fn split(name: &str) -> (&str, &str) {
    name.rfind('.').filter(|at| *at > 0).map_or((name, ""), |at| name.split_at(at))
}

/// The identity of the entry that a file goes with by itself.
pub(super) fn alone(file: AttachmentId) -> FollowUpId {
    FollowUpId(file.0)
}

/// Which files are not among the first `documents` that a ticket was created with. GLPI keeps equal contents once.
pub(super) fn after(files: &[&Enclosure], documents: u64) -> Vec<AttachmentId> {
    let mut contents = BTreeSet::new();
    let mut missing = Vec::new();
    for file in files {
        let known = contents.contains(&file.meta.sha256.to_string());
        if !known && contents.len() as u64 >= documents {
            missing.push(file.meta.id);
            continue;
        }
        contents.insert(file.meta.sha256.to_string());
    }
    missing
}

/// A body with something more before its last paragraph, which is the marker.
pub(super) fn before_marker(html: &str, more: &str) -> String {
    let at = html.rfind("<p").unwrap_or(html.len());
    format!("{}{more}{}", &html[..at], &html[at..])
}

/// What became of the file at this place of a request, if GLPI refused it. Its words are the user's language's.
pub(super) fn refused(added: &Added, at: usize) -> Option<HelpdeskError> {
    let words = added.upload_result.as_ref()?.filename.get(at)?.error.as_deref()?;
    Some(not_taken(words))
}

/// A refusal for good of a file.
pub(super) fn not_taken(words: &str) -> HelpdeskError {
    let told = words.to_lowercase();
    let large = ["too big", "max_filesize", "max_file_size", "exceed", "volumineux", "trop gros", "dépasse"];
    let code = if large.iter().any(|word| told.contains(word)) { ErrorCode::FileTooLarge } else { ErrorCode::FileType };
    let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    refusal(code, words)
}

pub(super) fn too_large(most: u64) -> HelpdeskError {
    refusal(ErrorCode::FileTooLarge, format!("GLPI takes files of at most {most} bytes"))
}

/// Whether it was for the file that something was refused.
pub(super) fn because_of_file(error: &HelpdeskError) -> bool {
    matches!(error.code, ErrorCode::FileTooLarge | ErrorCode::FileType)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::TryStreamExt as _;

    use super::*;
    use crate::connection::Moved;
    use crate::upload::Source;

    #[tokio::test]
    async fn the_manifest_names_the_files_as_they_go() {
        let part = |name: &str| Part {
            name: name.into(),
            media_type: "text/plain".into(),
            source: Source::Held(Bytes::from_static(b"hello")),
        };
        let sent = form(&json!({"name": "x"}), &[part("a\"b\r\n.txt"), part("A_b__.TXT")]).await.unwrap();
        let sent: Vec<Bytes> = sent.stream(Moved::now()).try_collect().await.unwrap();
        let sent = String::from_utf8(sent.concat()).unwrap();
        let manifest = sent.split("\r\n").find(|line| line.starts_with('{')).unwrap();
        let manifest: Value = serde_json::from_str(manifest).unwrap();
        assert_eq!(manifest, json!({"input": {"name": "x", "_filename": ["a_b__.txt", "A_b__-2.TXT"]}}));
        assert!(sent.contains("name=\"filename[0]\"; filename=\"a_b__.txt\"\r\n"), "{sent}");
        assert!(sent.contains("name=\"filename[1]\"; filename=\"A_b__-2.TXT\"\r\n"), "{sent}");
    }
}
