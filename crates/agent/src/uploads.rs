//! Files on their way in from a window, piece by piece. Limits are judged before the first byte; the bytes go straight to
//! the disk; a file belongs to its draft or reply only once it is whole, durable and what it says.

use std::collections::HashMap;
use std::io::SeekFrom;
use std::path::Path;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Instant;

use deskside_protocol::ticket::AttachmentMeta;
use deskside_protocol::{AttachmentId, ErrorCode, ErrorReport, Sha256, UploadId, file_names, limits};
use sha2::Digest as _;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use tokio::sync::{Mutex, RwLock, RwLockWriteGuard};

use crate::media;
use crate::store::files::{self, Owner};
use crate::store::{Store, StoreError, private};

struct Incoming {
    owner: Owner,
    name: String,
    expected: &'static str,
    size: u64,
    screenshot: bool,
    file: tokio::fs::File,
    received: u64,
    touched: Instant,
}

/// What a window announces.
#[derive(Debug, Clone)]
pub struct Announced {
    /// What it will belong to.
    pub owner: Owner,
    /// Its name, as given.
    pub name: String,
    /// Its type, as given.
    pub media_type: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Whether it is a picture of the screen.
    pub screenshot: bool,
}

/// The files on their way in.
#[derive(Default)]
pub struct Uploads {
    open: StdMutex<HashMap<UploadId, Arc<Mutex<Incoming>>>>,
    /// Read while files and rows are brought together; written while everything is erased.
    gate: RwLock<()>,
}

fn report(code: ErrorCode, detail: impl Into<String>) -> ErrorReport {
    ErrorReport::new(code, detail)
}

fn unwritable(error: std::io::Error) -> ErrorReport {
    StoreError::from(error).into()
}

impl Uploads {
    /// Begins one, if it can be kept at all.
    ///
    /// # Errors
    /// `FileTooLarge`, `TooManyFiles`, `FileType`, `FileUnreadable` for an empty one; `NotFound` if the owner is not
    /// there; `Busy` if too many come at a time; `StoreUnwritable`.
    pub async fn begin(&self, store: &Store, announced: Announced) -> Result<UploadId, ErrorReport> {
        let _gate = self.gate.read().await;
        store.must_be_durable()?;
        if announced.size_bytes == 0 {
            return Err(report(ErrorCode::FileUnreadable, "the file is empty"));
        }
        if announced.size_bytes > limits::ATTACHMENT_BYTES {
            return Err(report(
                ErrorCode::FileTooLarge,
                format!("{} bytes; at most {}", announced.size_bytes, limits::ATTACHMENT_BYTES),
            ));
        }
        let name = file_names::harmless(&announced.name);
        let expected = media::expect(&name, &announced.media_type)?;
        if announced.screenshot && expected != "image/png" {
            return Err(report(ErrorCode::FileType, "a picture of the screen is a PNG"));
        }
        let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
        let present = files::of(&mut connection, announced.owner).await?;
        drop(connection);
        room_for(&present, announced.size_bytes)?;

        let id = UploadId::new();
        let path = files::incoming(store.folder(), &id.to_string());
        let file = private::create_file(&path).map_err(unwritable)?;
        let incoming = Incoming {
            owner: announced.owner,
            name,
            expected,
            size: announced.size_bytes,
            screenshot: announced.screenshot,
            file: tokio::fs::File::from_std(file),
            received: 0,
            touched: Instant::now(),
        };
        let abandoned = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let old = |incoming: &Arc<Mutex<Incoming>>| {
                incoming.try_lock().is_ok_and(|incoming| incoming.touched.elapsed() > limits::UPLOAD)
            };
            let abandoned: Vec<UploadId> = open.iter().filter(|(_, i)| old(i)).map(|(id, _)| *id).collect();
            for id in &abandoned {
                open.remove(id);
            }
            if open.len() >= limits::UPLOADS {
                files::delete(&path);
                return Err(report(ErrorCode::Busy, "too many files come at a time"));
            }
            open.insert(id, Arc::new(Mutex::new(incoming)));
            abandoned
        };
        for id in abandoned {
            files::delete(&files::incoming(store.folder(), &id.to_string()));
        }
        Ok(id)
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// `NotFound`; `BadRequest` if it is not the next one; `FileTooLarge` if it is more than announced;
    /// `StoreUnwritable`.
    pub async fn piece(&self, id: UploadId, offset: u64, bytes: &[u8]) -> Result<(), ErrorReport> {
        let incoming = self.get(id)?;
        let mut incoming = incoming.lock().await;
        if bytes.len() > limits::CHUNK_BYTES {
            return Err(report(ErrorCode::BadRequest, "the piece is too large"));
        }
        if offset != incoming.received {
            return Err(report(ErrorCode::BadRequest, format!("expected the piece at {}", incoming.received)));
        }
        let end = offset + bytes.len() as u64;
        if end > incoming.size {
            return Err(report(ErrorCode::FileTooLarge, "more bytes than announced"));
        }
        // A piece that failed half-way is written again over its own beginning.
        incoming.file.seek(SeekFrom::Start(offset)).await.map_err(unwritable)?;
        incoming.file.write_all(bytes).await.map_err(unwritable)?;
        incoming.received = end;
        incoming.touched = Instant::now();
        Ok(())
    }

    /// Keeps a whole file: durable, and its owner's, when this returns.
    ///
    /// # Errors
    /// `NotFound`; `FileUnreadable` if bytes are missing or the picture cannot be read; `FileType` if it is not what it
    /// says; `FileTooLarge`, `TooManyFiles` if others came first; `StoreUnwritable`.
    pub async fn finish(&self, store: &Store, id: UploadId) -> Result<(Owner, AttachmentMeta), ErrorReport> {
        let _gate = self.gate.read().await;
        let incoming = self.get(id)?;
        let mut incoming = incoming.lock().await;
        let raw = files::incoming(store.folder(), &id.to_string());
        let outcome = finish(store, &mut incoming, &raw).await;
        // Whole or refused, it is over; only what the disk refused can be finished later.
        let again = outcome.as_ref().is_err_and(|error| error.code == ErrorCode::StoreUnwritable);
        if !again {
            self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            files::delete(&raw);
        }
        outcome
    }

    /// Lets whoever holds the answer be sure that nobody erases meanwhile.
    pub async fn no_erasing(&self) -> tokio::sync::RwLockReadGuard<'_, ()> {
        self.gate.read().await
    }

    /// Forgets everything that is on its way, and keeps every file as it is while the answer is held. The pieces that lie
    /// there are the caller's to delete.
    pub async fn end_all(&self) -> RwLockWriteGuard<'_, ()> {
        let gate = self.gate.write().await;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clear();
        gate
    }

    /// Forgets everything that is on its way for this owner.
    pub fn drop_for(&self, store: &Store, owner: Owner) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|id, incoming| {
            let gone = incoming.try_lock().is_ok_and(|incoming| incoming.owner == owner);
            if gone {
                files::delete(&files::incoming(store.folder(), &id.to_string()));
            }
            !gone
        });
    }

    fn get(&self, id: UploadId) -> Result<Arc<Mutex<Incoming>>, ErrorReport> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&id).cloned().ok_or_else(|| report(ErrorCode::NotFound, "no such upload"))
    }
}

fn room_for(present: &[AttachmentMeta], size: u64) -> Result<(), ErrorReport> {
    if present.len() >= limits::ATTACHMENTS {
        return Err(report(ErrorCode::TooManyFiles, format!("{} files are there already", present.len())));
    }
    let total: u64 = present.iter().map(|file| file.size_bytes).sum();
    if total + size > limits::ATTACHMENTS_TOTAL_BYTES {
        return Err(report(
            ErrorCode::FileTooLarge,
            format!("{} bytes together; at most {}", total + size, limits::ATTACHMENTS_TOTAL_BYTES),
        ));
    }
    Ok(())
}

async fn finish(store: &Store, incoming: &mut Incoming, raw: &Path) -> Result<(Owner, AttachmentMeta), ErrorReport> {
    store.must_be_durable()?;
    if incoming.received != incoming.size {
        return Err(report(
            ErrorCode::FileUnreadable,
            format!("{} of {} bytes arrived", incoming.received, incoming.size),
        ));
    }
    incoming.file.flush().await.map_err(unwritable)?;
    incoming.file.seek(SeekFrom::Start(0)).await.map_err(unwritable)?;
    let mut head = Vec::with_capacity(media::HEAD_BYTES);
    let mut beginning = (&mut incoming.file).take(media::HEAD_BYTES as u64);
    beginning.read_to_end(&mut head).await.map_err(unwritable)?;
    let media_type = media::settle(incoming.expected, &head)?;
    if incoming.screenshot && media_type != "image/png" {
        return Err(report(ErrorCode::FileType, "a picture of the screen is a PNG"));
    }

    let id = AttachmentId::new();
    let target = files::kept(store.folder(), id);
    let (from, moved, screenshot) = (raw.to_owned(), target.clone(), incoming.screenshot);
    let placed = tokio::task::spawn_blocking(move || place(&from, &moved, screenshot))
        .await
        .map_err(|error| report(ErrorCode::Internal, error.to_string()))?;
    let (size_bytes, sha256) = match placed {
        Ok(placed) => placed,
        Err(error) => {
            take_back(&target, raw, screenshot);
            return Err(error);
        }
    };
    let meta = AttachmentMeta {
        id,
        name: incoming.name.clone(),
        media_type: media_type.to_owned(),
        size_bytes,
        sha256,
        screenshot: incoming.screenshot,
    };
    if let Err(error) = keep(store, incoming.owner, &meta).await {
        take_back(&target, raw, screenshot);
        return Err(error);
    }
    Ok((incoming.owner, meta))
}

/// Undoes [`place`], so that it can be finished once more when the disk takes it.
fn take_back(target: &Path, raw: &Path, screenshot: bool) {
    if screenshot || std::fs::rename(target, raw).is_err() {
        files::delete(target);
    }
}

/// Puts the bytes where they stay, on the disk for good, and says their size and digest.
fn place(raw: &Path, target: &Path, screenshot: bool) -> Result<(u64, Sha256), ErrorReport> {
    if screenshot {
        media::reencode_png(raw, target)?;
    } else {
        // A copy in place of a link would cost twice the disk; the folder is ours, on one file system.
        std::fs::rename(raw, target).map_err(unwritable)?;
    }
    // Windows writes a file's bytes to the disk only for who may write to it.
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(target).map_err(unwritable)?;
    file.sync_all().map_err(unwritable)?;
    if let Some(folder) = target.parent() {
        private::sync_folder(folder).map_err(unwritable)?;
    }
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size: u64 = 0;
    loop {
        let read = std::io::Read::read(&mut file, &mut buffer).map_err(unwritable)?;
        if read == 0 {
            break;
        }
        size += read as u64;
        hasher.update(&buffer[..read]);
    }
    if size > limits::ATTACHMENT_BYTES {
        return Err(report(ErrorCode::FileTooLarge, "the picture is larger without its compression"));
    }
    Ok((size, Sha256::from(<[u8; 32]>::from(hasher.finalize()))))
}

async fn keep(store: &Store, owner: Owner, meta: &AttachmentMeta) -> Result<(), ErrorReport> {
    let mut tx = store.begin().await?;
    // Judged again: others may have come in the meantime, and the owner may be gone.
    room_for(&files::of(&mut tx, owner).await?, meta.size_bytes)?;
    let there = match owner {
        Owner::Draft(draft) => crate::drafts::touch(&mut tx, draft).await?,
        Owner::Ticket(ticket) | Owner::Reply(ticket) | Owner::Entry(ticket, _) => {
            crate::requests::exists(&mut tx, ticket).await?
        }
    };
    if !there {
        return Err(report(ErrorCode::NotFound, "what the file belongs to is gone"));
    }
    files::add(&mut tx, owner, meta).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}
