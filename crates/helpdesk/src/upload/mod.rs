//! Bodies with files in them that are read from disk while they are sent.

use std::path::PathBuf;

use bytes::Bytes;
use deskside_protocol::ErrorCode;
use futures_util::stream::{self, Stream};
use tokio::io::AsyncReadExt as _;

use crate::connection::{Moved, refusal};
use crate::layout::{self, Laid};
use crate::{Enclosure, Result};

pub(crate) mod form;

/// Bytes of a file that are read at a time; a multiple of three, so that pieces of base64 can be put together.
pub(crate) const PIECE: usize = 3 * 16 * 1024;

/// How a piece is written.
pub(crate) type Written = fn(Bytes) -> Bytes;

/// Where a file's bytes are.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// In memory.
    Held(Bytes),
    /// On disk, with this many bytes.
    Kept(PathBuf, u64),
}

impl Source {
    /// Its bytes.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::Kept(_, size) => *size,
        }
    }

    /// Checks that it is there.
    ///
    /// # Errors
    /// `FileUnreadable` for a file that is not there as announced.
    pub(crate) async fn check(&self) -> Result<()> {
        let Self::Kept(path, announced) = self else { return Ok(()) };
        let there = tokio::fs::metadata(path).await.map(|metadata| metadata.len());
        if there.as_ref().is_ok_and(|there| there == announced) {
            return Ok(());
        }
        Err(refusal(ErrorCode::FileUnreadable, format!("the kept file is not there as announced: {there:?}")))
    }
}

/// A file that goes along.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) source: Source,
}

impl Part {
    /// A requester's file.
    pub(crate) fn of(file: &Enclosure) -> Self {
        Self {
            name: file.meta.name.clone(),
            media_type: file.meta.media_type.clone(),
            source: Source::Kept(file.path.clone(), file.meta.size_bytes),
        }
    }

    /// What is attached besides the requester's files.
    pub(crate) fn ours(laid: &Laid) -> [Self; 2] {
        let own = |name: &str, media_type: &str, bytes: &Bytes| Self {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            source: Source::Held(bytes.clone()),
        };
        [own(layout::JSON_NAME, "application/json", &laid.json), own(layout::PAGE_NAME, "text/html", &laid.page)]
    }
}

/// The bytes of these, one after the other, each time noting in `moved` that they move. What is on the disk comes in
/// pieces of [`PIECE`] bytes; each is written as
/// stands beside its source.
pub(crate) fn stream(
    parts: Vec<(Source, Written)>,
    moved: Moved,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    let state = (parts.into_iter(), None::<(tokio::fs::File, u64, Written)>);
    stream::try_unfold(state, move |(mut parts, mut open)| {
        moved.note();
        async move {
            loop {
                if let Some((file, left, written)) = &mut open {
                    if *left == 0 {
                        open = None;
                        continue;
                    }
                    let mut piece = vec![0; PIECE.min(usize::try_from(*left).unwrap_or(PIECE))];
                    file.read_exact(&mut piece).await?;
                    *left -= piece.len() as u64;
                    return Ok(Some((written(piece.into()), (parts, open))));
                }
                match parts.next() {
                    None => return Ok(None),
                    Some((Source::Held(bytes), written)) => return Ok(Some((written(bytes), (parts, open)))),
                    Some((Source::Kept(path, size), written)) => {
                        open = Some((tokio::fs::File::open(path).await?, size, written));
                    }
                }
            }
        }
    })
}

/// As it is.
pub(crate) fn plain(bytes: Bytes) -> Bytes {
    bytes
}
