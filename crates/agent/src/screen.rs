//! Pictures of the whole screen, taken when the user asks for one, with the windows that can be cut out of it.
//!
//! X11 is asked directly. On Wayland the desktop's portal takes the picture and may ask the user. Windows and macOS go
//! through `xcap`. None of it runs on the agent's own thread, and none of it needs a library of the system.

use std::time::Duration;

use async_trait::async_trait;
use deskside_protocol::{ErrorCode, ErrorReport, limits};

use crate::ports::{Picture, ScreenPort};

pub mod encode;
#[cfg(all(unix, not(target_os = "macos")))]
pub mod pixels;

#[cfg(any(windows, target_os = "macos"))]
#[path = "screen/native.rs"]
mod platform;
#[cfg(all(unix, not(target_os = "macos")))]
mod portal;
#[cfg(all(unix, not(target_os = "macos")))]
pub mod x11;

/// Longest wait for a display to give its pixels.
const TAKE: Duration = Duration::from_secs(15);
/// Longest wait for the user's answer to the portal's question.
#[cfg(all(unix, not(target_os = "macos")))]
const ASK: Duration = Duration::from_secs(120);
/// Windows named beside a picture, at most.
pub const WINDOWS: usize = 64;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// There is no display here, or it gives no picture.
    #[error("no picture of the screen can be taken: {0}")]
    Unavailable(String),
    /// The user said no to the system's question.
    #[error("the user refused the picture of the screen")]
    Refused,
    /// The screen is larger than [`limits::CAPTURE_PIXELS`].
    #[error("the screen is too large: {width_px} × {height_px} pixels")]
    TooLarge {
        /// Width in pixels.
        width_px: u32,
        /// Height in pixels.
        height_px: u32,
    },
    /// It took too long.
    #[error("the display did not give its picture in time")]
    TimedOut,
}

impl ScreenError {
    fn unavailable(error: impl std::fmt::Display) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<ScreenError> for ErrorReport {
    fn from(error: ScreenError) -> Self {
        let code = match &error {
            ScreenError::Refused => ErrorCode::ScreenRefused,
            ScreenError::Unavailable(_) | ScreenError::TooLarge { .. } | ScreenError::TimedOut => {
                ErrorCode::ScreenUnavailable
            }
        };
        Self::new(code, error.to_string())
    }
}

/// Holds a picture's size to the limit.
///
/// # Errors
/// [`ScreenError::TooLarge`], or [`ScreenError::Unavailable`] for a screen of no size.
pub fn check_size(width_px: u32, height_px: u32) -> Result<(), ScreenError> {
    match u64::from(width_px) * u64::from(height_px) {
        0 => Err(ScreenError::Unavailable("the screen has no size".to_owned())),
        1..=limits::CAPTURE_PIXELS => Ok(()),
        _ => Err(ScreenError::TooLarge { width_px, height_px }),
    }
}

/// The real [`ScreenPort`].
#[derive(Debug, Clone)]
pub struct Screen {
    #[cfg(all(unix, not(target_os = "macos")))]
    display: Display,
}

/// What shows the session's screen.
#[cfg(all(unix, not(target_os = "macos")))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Display {
    /// A Wayland compositor. What X11 clients see of it is black where other windows are.
    Wayland,
    /// An X server, by the value of `DISPLAY`.
    X11(String),
    /// None: a session over SSH, or a service.
    None,
}

#[cfg(all(unix, not(target_os = "macos")))]
impl Display {
    /// From the session's environment.
    #[must_use]
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        match (set("WAYLAND_DISPLAY"), set("DISPLAY")) {
            (Some(_), _) => Self::Wayland,
            (None, Some(_)) if set("XDG_SESSION_TYPE").as_deref() == Some("wayland") => Self::Wayland,
            (None, Some(display)) => Self::X11(display),
            (None, None) => Self::None,
        }
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
impl Screen {
    /// The screen of this session.
    #[must_use]
    pub fn of_session() -> Self {
        Self::new(Display::from_lookup(&|name| std::env::var(name).ok()))
    }

    /// The screen of this display.
    #[must_use]
    pub fn new(display: Display) -> Self {
        Self { display }
    }

    /// Whether pictures can be taken, without taking one, for the doctor.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self) -> Result<String, ScreenError> {
        match self.display.clone() {
            Display::None => Err(no_display()),
            Display::Wayland => portal::check().await.map(|()| "the desktop's portal takes pictures".to_owned()),
            Display::X11(name) => {
                let (width, height) = blocking(move || x11::size(&name)).await?;
                Ok(format!("X11, {width} × {height} pixels"))
            }
        }
    }

    async fn take(&self) -> Result<Picture, ScreenError> {
        match self.display.clone() {
            Display::None => Err(no_display()),
            Display::Wayland => tokio::time::timeout(ASK, portal::take()).await.unwrap_or(Err(ScreenError::TimedOut)),
            Display::X11(name) => blocking(move || x11::take(&name)).await,
        }
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn no_display() -> ScreenError {
    ScreenError::Unavailable("this session has no display (neither WAYLAND_DISPLAY nor DISPLAY is set)".to_owned())
}

#[cfg(any(windows, target_os = "macos"))]
impl Screen {
    /// The screen of this session.
    #[must_use]
    pub fn of_session() -> Self {
        Self {}
    }

    /// Whether pictures can be taken, without taking one, for the doctor.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self) -> Result<String, ScreenError> {
        let (width, height) = blocking(platform::size).await?;
        Ok(format!("{width} × {height} pixels"))
    }

    async fn take(&self) -> Result<Picture, ScreenError> {
        blocking(platform::take).await
    }
}

/// Runs on a thread for work that blocks, and waits no longer than [`TAKE`].
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ScreenError> + Send + 'static,
) -> Result<T, ScreenError> {
    match tokio::time::timeout(TAKE, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(done)) => done,
        Ok(Err(error)) => Err(ScreenError::unavailable(error)),
        Err(_) => Err(ScreenError::TimedOut),
    }
}

#[async_trait]
impl ScreenPort for Screen {
    async fn capture(&self) -> Result<Picture, ErrorReport> {
        let began = std::time::Instant::now();
        let picture = self.take().await.inspect_err(|error| tracing::warn!(%error, "no picture of the screen"))?;
        tracing::info!(
            width = picture.width_px,
            height = picture.height_px,
            bytes = picture.png.len(),
            ms = began.elapsed().as_millis(),
            "took a picture of the screen"
        );
        Ok(picture)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_has_a_size_within_the_limit() {
        assert!(check_size(7680, 4320).is_ok());
        assert!(matches!(check_size(0, 100), Err(ScreenError::Unavailable(_))));
        assert!(matches!(check_size(u32::MAX, u32::MAX), Err(ScreenError::TooLarge { .. })));
    }

    #[test]
    #[cfg(all(unix, not(target_os = "macos")))]
    fn wayland_wins_over_its_x_server() {
        let of = |variables: &[(&str, &str)]| {
            Display::from_lookup(&|name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("WAYLAND_DISPLAY", "wayland-0"), ("DISPLAY", ":0")]), Display::Wayland);
        assert_eq!(of(&[("XDG_SESSION_TYPE", "wayland"), ("DISPLAY", ":0")]), Display::Wayland);
        assert_eq!(of(&[("WAYLAND_DISPLAY", ""), ("DISPLAY", ":1")]), Display::X11(":1".to_owned()));
        assert_eq!(of(&[]), Display::None);
    }

    #[tokio::test]
    #[cfg(all(unix, not(target_os = "macos")))]
    async fn without_a_display_it_says_so() {
        let error = Screen::new(Display::None).capture().await.unwrap_err();
        assert_eq!(error.code, ErrorCode::ScreenUnavailable);
        let error = Screen::new(Display::X11(":4095".to_owned())).capture().await.unwrap_err();
        assert_eq!(error.code, ErrorCode::ScreenUnavailable);
    }
}
