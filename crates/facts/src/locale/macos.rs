//! On macOS: the user's settings.

use deskside_protocol::facts::Locale;

use crate::{
    Context, Failure, blocking,
    macos::{locale, plists},
};

pub(crate) async fn collect(ctx: &Context) -> Result<Locale, Failure> {
    let settings = ctx.home.join("Library/Preferences");
    blocking(move || {
        let global = plists::read(&settings.join(".GlobalPreferences.plist"))?;
        let input = plists::read(&settings.join("com.apple.HIToolbox.plist")).ok();
        Ok(locale::locale(&global, input.as_ref()))
    })
    .await
}
