//! Files on their way to a ticket, and what GLPI says of them.

use std::collections::BTreeSet;

use deskside_protocol::{AttachmentId, ErrorCode, FollowUpId};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use tokio::io::AsyncReadExt as _;

use super::wire::Added;
use crate::connection::refusal;
use crate::layout::{self, Laid};
use crate::upload::form::Form;
use crate::upload::{PIECE, Part, Source};
use crate::{Enclosure, HelpdeskError, Result};

/// Longest file name (`varchar(255)`), in characters, less what GLPI puts before it.
const NAME_CHARS: usize = 200;
/// What every server takes of one file, in bytes: PHP's `upload_max_filesize`, as it comes.
pub(super) const SURE_BYTES: u64 = 2 * 1024 * 1024;
/// Most bytes of files in one request: PHP's `post_max_size`, as it comes, is 8 MiB.
pub(super) const TOGETHER_BYTES: u64 = 6 * 1024 * 1024;
/// Endings that GLPI 10 and 11 take as they are set up first (`install/empty_data.php`), of what is sent by people here.
/// `.json` and `.log` are not among them.
const USUAL: &[&str] = &[
    "jpg", "jpeg", "png", "gif", "bmp", "pdf", "txt", "csv", "xml", "html", "zip", "doc", "docx", "xls", "xlsx", "ppt",
    "pptx", "odt", "ods", "odp", "rtf",
];

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

/// What follows the last dot, in small letters; empty if there is none.
pub(super) fn ending(name: &str) -> String {
    split(name).1.trim_start_matches('.').to_lowercase()
}

/// Whether GLPI takes files with this ending as it is set up first.
pub(super) fn usual(ending: &str) -> bool {
    USUAL.contains(&ending)
}

/// A file as it goes. A text whose ending GLPI may not know is still a text.
pub(super) fn part(file: &Enclosure) -> Part {
    let part = Part::of(file);
    if part.media_type == "text/plain" && !usual(&ending(&part.name)) {
        return Part { name: part.name + ".txt", ..part };
    }
    part
}

/// What is attached besides the requester's files, under names that GLPI takes.
pub(super) fn ours(laid: &Laid) -> Vec<Part> {
    let named = |part: Part| match ending(&part.name).as_str() {
        "json" => Part { name: part.name + ".txt", media_type: "text/plain".to_owned(), ..part },
        _ => part,
    };
    Part::ours(laid).into_iter().map(named).collect()
}

/// Whether a document is one of those.
pub(super) fn is_ours(name: &str) -> bool {
    let stem = |name: &'static str| split(name).0;
    [layout::JSON_NAME, layout::PAGE_NAME].into_iter().any(|own| name.starts_with(stem(own)))
}

/// The digest by which GLPI knows equal contents.
///
/// # Errors
/// `FileUnreadable` for a file that cannot be read.
pub(super) async fn digest(source: &Source) -> Result<String> {
    let unreadable = |error: std::io::Error| refusal(ErrorCode::FileUnreadable, error.to_string());
    let mut digest = Sha1::new();
    match source {
        Source::Held(bytes) => digest.update(bytes),
        Source::Kept(path, _) => {
            let mut file = tokio::fs::File::open(path).await.map_err(unreadable)?;
            let mut piece = vec![0; PIECE];
            loop {
                let read = file.read(&mut piece).await.map_err(unreadable)?;
                if read == 0 {
                    break;
                }
                digest.update(&piece[..read]);
            }
        }
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
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
    added.refusal(at).map(not_taken)
}

/// A refusal for good of a file.
pub(super) fn not_taken(words: &str) -> HelpdeskError {
    let told = words.to_lowercase();
    let large = ["too big", "max_filesize", "max_file_size", "exceed", "volumineux", "trop gros", "dépasse"];
    let code = if large.iter().any(|word| told.contains(word)) { ErrorCode::FileTooLarge } else { ErrorCode::FileType };
    let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    refusal(code, words)
}

/// Of a file on which GLPI broke, in no words.
pub(super) fn broke_on(file: &Enclosure) -> HelpdeskError {
    if file.meta.size_bytes > SURE_BYTES && usual(&ending(&part(file).name)) {
        return refusal(ErrorCode::FileTooLarge, "GLPI broke on the file: it is larger than PHP or GLPI take it");
    }
    refusal(
        ErrorCode::FileType,
        "GLPI broke on the file: its document types do not name this ending, or it is too large",
    )
}

/// Of a file whose entry is there without it.
pub(super) fn not_kept() -> HelpdeskError {
    refusal(ErrorCode::FileType, "GLPI kept the words that it came with, and not the file")
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
    #[tokio::test]
    async fn a_file_is_known_by_the_digest_that_glpi_has() {
        // 034 of the captures: the document with these bytes lies at TXT/4c/6bc9….
        let held = Source::Held(Bytes::from_static(b"hello from the lab\n"));
        assert_eq!(digest(&held).await.unwrap(), "4c6bc927e2390b5d7cae9bb9a51f74b38c0b6fad");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        std::fs::write(&path, "hello from the lab\n").unwrap();
        assert_eq!(digest(&Source::Kept(path.clone(), 19)).await.unwrap(), digest(&held).await.unwrap());
        let gone = digest(&Source::Kept(path.join("not"), 19)).await.unwrap_err();
        assert_eq!(gone.code, ErrorCode::FileUnreadable);
    }

    #[test]
    fn names_are_such_as_glpi_takes() {
        assert_eq!((ending("a.b.PNG"), ending(".profile"), ending("README")), ("png".into(), "".into(), "".into()));
        assert!(is_ours("deskside-facts.json.txt") && is_ours("deskside-report.html") && !is_ours("screen.png"));
        assert!(usual("html") && !usual("json") && !usual("log") && !usual("exe"));
    }
}
