//! Identities. Each is a type of its own so that a draft cannot be taken for a ticket.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = Uuid))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identity: UUID version 7 (RFC 9562, section 5.7), so that identities sort by creation.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "two of them must never be equal, which `default` suggests")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    };
}

id! {
    /// A ticket, named by the agent before the first try to send it. The helpdesk keeps it, so a retry finds the
    /// ticket that an earlier try created.
    ClientId
}
id! {
    /// A request that is being written. When it is submitted, its ticket gets a [`ClientId`] of its own.
    DraftId
}
id! {
    /// A follow-up, named by whoever writes it, for the same reason as [`ClientId`].
    FollowUpId
}
id! {
    /// A file that belongs to a draft, a ticket or a follow-up.
    AttachmentId
}
id! {
    /// A file on its way from window to agent, piece by piece.
    UploadId
}
id! {
    /// A picture of the screen that the agent holds until the user has chosen what to keep of it.
    CaptureId
}
id! {
    /// A device that has enrolled in a hub.
    DeviceId
}

/// A SHA-256 digest (FIPS 180-4) in lower-case hexadecimal, 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Sha256(String);

impl Sha256 {
    /// The digest as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("not a SHA-256 digest: expected 64 lower-case hexadecimal digits")]
pub struct NotADigest;

impl TryFrom<String> for Sha256 {
    type Error = NotADigest;
    fn try_from(text: String) -> Result<Self, NotADigest> {
        let good = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if good { Ok(Self(text)) } else { Err(NotADigest) }
    }
}

impl From<[u8; 32]> for Sha256 {
    fn from(bytes: [u8; 32]) -> Self {
        use std::fmt::Write as _;
        Self(bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.0
    }
}

impl std::fmt::Display for Sha256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_64_lower_case_digits_and_nothing_else() {
        assert_eq!(Sha256::from([0xab; 32]).as_str(), "ab".repeat(32));
        for bad in ["", "ab", &"AB".repeat(32), &"zz".repeat(32), &"ab".repeat(33)] {
            assert!(Sha256::try_from(bad.to_owned()).is_err(), "{bad} was taken for a digest");
        }
    }
}
