//! What can go wrong with one request, at every instant of it.

use std::time::Duration;

/// What happens to the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it is answered.
    None,
    /// The connection closes before anything of it is read.
    BeforeRead,
    /// The connection closes after so many bytes of it; the server does nothing.
    MidRequest(usize),
    /// The server does what was asked, and the connection closes without a word.
    AfterActing,
    /// The server does what was asked, and the connection closes after so many bytes of the answer.
    MidAnswer(usize),
    /// The server does what was asked, and something in between answers with bytes that are no HTTP.
    Garbage,
    /// The server does what was asked, and something in between answers with a page of its own and this status.
    Page(u16),
    /// Something in between answers with a page of its own and this status; the server never hears of it.
    PageInstead(u16),
    /// The server does what was asked, and something in between redirects to a sign-in page.
    Redirect,
    /// It is answered, but so much later.
    Slow(Duration),
}
