//! The Windows event log, newest first.

use super::{Record, event_xml};
use crate::Failure;
use ::windows::{
    Win32::System::EventLog::{
        EVT_HANDLE, EvtClose, EvtNext, EvtQuery, EvtQueryChannelPath, EvtQueryReverseDirection, EvtRender,
        EvtRenderEventXml,
    },
    core::HSTRING,
};

/// An event's XML is cut off beyond this; ordinary ones have two kilobytes.
const EVENT_BYTES: u32 = 64 * 1024;
/// Longest wait for the next event, in milliseconds.
const WAIT_MS: u32 = 500;

struct Handle(EVT_HANDLE);

impl Drop for Handle {
    #[expect(unsafe_code, reason = "the event log is only there through the Windows API")]
    fn drop(&mut self) {
        // SAFETY: the handle is ours and is closed once.
        let _ = unsafe { EvtClose(self.0) };
    }
}

/// At most `limit` events of a channel that answer the query, and how many more there were (at most as many again).
#[expect(unsafe_code, reason = "the event log is only there through the Windows API")]
pub(crate) fn read(channel: &str, query: &str, limit: usize) -> Result<(Vec<Record>, u32), Failure> {
    let flags = EvtQueryChannelPath.0 | EvtQueryReverseDirection.0;
    // SAFETY: both strings live through the call.
    let results = unsafe { EvtQuery(None, &HSTRING::from(channel), &HSTRING::from(query), flags) }
        .map(Handle)
        .map_err(|error| Failure::broken(format!("{channel}: {error}")))?;
    let mut records = Vec::new();
    let mut more = 0;
    for _ in 0..limit.saturating_mul(2) {
        let mut event = [0_isize];
        let mut returned = 0;
        // SAFETY: the slice carries its length; `returned` lives through the call.
        if unsafe { EvtNext(results.0, &mut event, WAIT_MS, 0, &raw mut returned) }.is_err() || returned == 0 {
            break;
        }
        let event = Handle(EVT_HANDLE(event[0]));
        if records.len() == limit {
            more += 1;
        } else if let Some(record) = render(&event).as_deref().and_then(event_xml::parse) {
            records.push(record);
        }
    }
    Ok((records, more))
}

#[expect(unsafe_code, reason = "the event log is only there through the Windows API")]
fn render(event: &Handle) -> Option<String> {
    let mut buffer = vec![0_u16; (EVENT_BYTES / 2) as usize];
    let (mut used, mut properties) = (0, 0);
    // SAFETY: the buffer has the size that is said; the two counters live through the call.
    unsafe {
        EvtRender(
            None,
            event.0,
            EvtRenderEventXml.0,
            EVENT_BYTES,
            Some(buffer.as_mut_ptr().cast()),
            &raw mut used,
            &raw mut properties,
        )
    }
    .ok()?;
    Some(super::text_of(&buffer))
}
