//! The greeting: who is there, and in which version to speak.

use std::time::Duration;

use deskside_protocol::limits;
use deskside_protocol::local::{Hello, PROTOCOL, PROTOCOL_OLDEST, PeerRole};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::IpcError;
use crate::frame::{self, Reader};

/// Our greeting.
pub(crate) fn ours(role: PeerRole) -> Hello {
    Hello { protocol: PROTOCOL, oldest: PROTOCOL_OLDEST, program: env!("CARGO_PKG_VERSION").to_owned(), role }
}

/// The version to speak: the lower of the two newest, if both still speak it. Both ends come to the same answer.
pub(crate) fn agree(ours: &Hello, theirs: &Hello) -> Result<u32, IpcError> {
    let version = ours.protocol.min(theirs.protocol);
    if version >= ours.oldest.max(theirs.oldest) {
        Ok(version)
    } else {
        Err(IpcError::Version {
            ours: ours.protocol,
            our_oldest: ours.oldest,
            theirs: theirs.protocol,
            their_oldest: theirs.oldest,
            program: theirs.program.clone(),
        })
    }
}

/// Greets and is greeted. Both ends send first and read then, so that after a mismatch both know why.
pub(crate) async fn exchange<R, W>(
    reader: &mut Reader<R>,
    writer: &mut W,
    ours: &Hello,
    within: Duration,
) -> Result<(Hello, u32), IpcError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let greeting = async {
        let frame = frame::encode(ours, limits::HELLO_BYTES)?;
        frame::write(writer, &frame, within).await?;
        let Some(frame) = reader.next().await? else {
            return Err(IpcError::HungUp);
        };
        let theirs: Hello =
            serde_json::from_slice(&frame).map_err(|error| IpcError::Nonsense(format!("the greeting: {error}")))?;
        let version = agree(ours, &theirs)?;
        // A server answers as the agent, everyone else does not: two clients or two agents have nothing to say.
        if (ours.role == PeerRole::Agent) == (theirs.role == PeerRole::Agent) {
            return Err(IpcError::Nonsense(format!("the greeting: a {:?} speaks to a {:?}", theirs.role, ours.role)));
        }
        Ok((theirs, version))
    };
    let done = tokio::time::timeout(within, greeting).await.map_err(|_| IpcError::TimedOut)??;
    reader.set_limit(limits::FRAME_BYTES);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hello(oldest: u32, newest: u32) -> Hello {
        Hello { protocol: newest, oldest, program: "test".to_owned(), role: PeerRole::Window }
    }

    proptest! {
        #[test]
        fn both_ends_agree_on_the_newest_common_version_or_on_none(a in 1u32..20, b in 0u32..5, c in 1u32..20, d in 0u32..5) {
            let (one, other) = (hello(a, a + b), hello(c, c + d));
            let common = (one.oldest..=one.protocol).filter(|v| (other.oldest..=other.protocol).contains(v)).max();
            prop_assert_eq!(agree(&one, &other).ok(), common);
            prop_assert_eq!(agree(&other, &one).ok(), common);
        }
    }
}
