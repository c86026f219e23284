//! Which helpdesk it is, for the question whether it is another one than before.

use crate::ports::HelpdeskAddress;
use crate::store::columns::word;

/// In the store: the helpdesk that requests and the cursor belong to.
pub const HELPDESK: &str = "helpdesk";

/// A helpdesk, as the store names it.
#[must_use]
pub fn of(address: &HelpdeskAddress) -> String {
    // An address that only lost or gained its last slash is the same.
    let path = address.url.path().trim_end_matches('/');
    format!("{} {}{path}", word(&address.kind), address.url.origin().ascii_serialization())
}
