//! On Windows.

use deskside_protocol::facts::User;

use crate::{Context, Failure};

pub(crate) async fn collect(_ctx: &Context) -> Result<User, Failure> {
    Err(Failure::unavailable("not collected on Windows yet"))
}
