//! On Windows.

use deskside_protocol::facts::Locale;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<Locale, Failure> {
    Err(Failure::unavailable("not collected on Windows yet"))
}
