//! The words and messages that every Deskside process shares: facts, tickets, what the window asks of the agent
//! ([`local`]), what the agent asks of the hub ([`desk`]), error codes and limits. No I/O happens here.
//!
//! Names follow the table "Words" of `docs/architecture.md`; the interface's own words are in `locales/`.

pub mod connect;
pub mod desk;
pub mod error;
pub mod facts;
pub mod file_names;
pub mod health;
pub mod ids;
pub mod limits;
pub mod local;
pub mod settings;
pub mod shortcut;
pub mod ticket;
pub mod time;

pub use error::{ErrorCode, ErrorReport};
pub use ids::{AttachmentId, CaptureId, ClientId, DeviceId, DraftId, FollowUpId, Sha256, UploadId};
pub use time::Timestamp;
