//! The window's process: started when it is asked for and none is there, reaped when it ends, and never started again by
//! itself: somebody who closed it, or whose screen it upset, has the say.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deskside_protocol::local::Route;
use url::Url;

use crate::notify::Notifier;
use crate::ports::WindowPort;
use crate::programs;

/// A window that has not connected by then is taken for hung; the next wish starts another.
const CONNECT: Duration = Duration::from_secs(30);
/// A window that goes so soon after it was sent somewhere had already been on its way out.
const CROSSED: Duration = Duration::from_millis(300);

/// The real [`WindowPort`]. Cheap to clone; all clones are the same window.
#[derive(Clone)]
pub struct Window {
    inner: Arc<Inner>,
}

struct Inner {
    program: Option<PathBuf>,
    socket: PathBuf,
    notifier: Notifier,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Windows connected to the socket.
    connected: u32,
    /// The process that was started and is not connected yet.
    starting: Option<Instant>,
    /// Where to go once it is connected, if that changed since it was started.
    pending: Option<Route>,
    /// Where a connected window was sent last, and when.
    sent: Option<(Instant, Route)>,
    /// Our child, while it runs.
    child: Option<u32>,
    /// Ends our child where the system has no signal that asks it to.
    #[cfg(not(unix))]
    kill: Option<tokio::sync::oneshot::Sender<()>>,
    /// The agent ends: nothing is started any more.
    ending: bool,
}

impl Window {
    /// Starts `program`, or the one beside this executable, with this socket.
    #[must_use]
    pub fn new(program: Option<PathBuf>, socket: PathBuf, notifier: Notifier) -> Self {
        Self { inner: Arc::new(Inner { program, socket, notifier, state: Mutex::default() }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A window has connected. Where it must go now, if that is not where it was started for.
    #[must_use]
    pub fn connected(&self) -> Option<Route> {
        let mut state = self.state();
        state.connected += 1;
        state.starting = None;
        state.pending.take()
    }

    /// Whether a window is connected, so that it may be on the screen.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state().connected > 0
    }

    /// A window is gone.
    pub fn disconnected(&self) {
        let again = {
            let mut state = self.state();
            state.connected = state.connected.saturating_sub(1);
            match state.sent.take() {
                Some((at, route)) if state.connected == 0 && at.elapsed() < CROSSED => Some(route),
                _ => None,
            }
        };
        if let Some(route) = again {
            // It was closing while it was called: the wish stands, the window does not.
            self.show(route);
        }
    }

    /// Ends our window with the agent. What it had not kept yet, it had typed within the last moment.
    pub fn end(&self) {
        let mut state = self.state();
        state.ending = true;
        #[cfg(unix)]
        if let Some(pid) = state.child.and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            // Not reaped yet, so the number is still its own. An error means that it ends already.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        #[cfg(not(unix))]
        if let Some(kill) = state.kill.take() {
            // An error means that it has ended.
            let _ = kill.send(());
        }
    }

    fn start(&self, state: &mut State, route: &Route) {
        let program = programs::window_program(self.inner.program.as_deref());
        let started = program.and_then(|program| programs::start_window(&program, &self.inner.socket, route));
        match started {
            Ok(child) => {
                state.starting = Some(Instant::now());
                state.pending = None;
                state.child = child.id();
                #[cfg(unix)]
                tokio::spawn(self.clone().reap(child));
                #[cfg(not(unix))]
                {
                    let (kill, killed) = tokio::sync::oneshot::channel();
                    state.kill = Some(kill);
                    tokio::spawn(self.clone().reap(child, killed));
                }
            }
            Err(error) => {
                tracing::error!(%error, "the window could not be started");
                self.inner.notifier.window_failed();
            }
        }
    }

    async fn reap(
        self,
        mut child: tokio::process::Child,
        #[cfg(not(unix))] killed: tokio::sync::oneshot::Receiver<()>,
    ) {
        let id = child.id();
        #[cfg(unix)]
        let ended = child.wait().await;
        #[cfg(not(unix))]
        let ended = tokio::select! {
            ended = child.wait() => ended,
            // A sender that is gone is a window that was started since.
            Ok(()) = killed => child.kill().await.map(|()| std::process::ExitStatus::default()),
        };
        let (never_came, ending) = {
            let mut state = self.state();
            if state.child == id {
                state.child = None;
            }
            (state.starting.take().is_some(), state.ending)
        };
        match ended {
            Ok(status) if status.success() => {}
            Ok(status) if ending => tracing::debug!(%status, "the window ended with us"),
            Ok(status) => {
                tracing::error!(%status, never_came, "the window crashed");
                if never_came {
                    self.inner.notifier.window_failed();
                }
            }
            Err(error) => tracing::error!(%error, "the window's end could not be seen"),
        }
    }
}

impl WindowPort for Window {
    fn browse(&self, page: &Url) -> io::Result<()> {
        programs::browse(page)
    }

    fn show(&self, route: Route) {
        let mut state = self.state();
        if state.ending {
            return;
        }
        if state.connected > 0 {
            state.sent = Some((Instant::now(), route));
        } else if state.starting.is_some_and(|since| since.elapsed() < CONNECT) {
            state.pending = Some(route);
        } else {
            self.start(&mut state, &route);
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    /// A program that writes down how it was started, and goes on for `seconds`.
    fn program(folder: &Path, seconds: &str, code: u8) -> PathBuf {
        let file = folder.join("window");
        let script = format!(
            "#!/bin/sh\nprintf '%s|%s|%s\\n' \"$2\" \"$DESKSIDE_SOCKET\" \"$WEBKIT_DISABLE_DMABUF_RENDERER\" >> {}\n\
             [ {code} = 0 ] && exec sleep {seconds}\nsleep {seconds}; exit {code}\n",
            folder.join("started").display()
        );
        std::fs::write(&file, script).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        file
    }

    fn lines(folder: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(folder.join("started")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// What was started, once it is so many.
    async fn started(folder: &Path, count: usize) -> Vec<String> {
        for _ in 0..3000 {
            if lines(folder).len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        lines(folder)
    }

    /// What was started, after long enough for one more.
    async fn started_in_all(folder: &Path) -> Vec<String> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        lines(folder)
    }

    fn window(folder: &Path, program: PathBuf) -> Window {
        let (actions, _) = tokio::sync::mpsc::unbounded_channel();
        let notifier = Notifier::new(Arc::new(deskside_texts::Texts::for_language("en")), actions);
        Window::new(Some(program), folder.join("agent.sock"), notifier)
    }

    #[tokio::test]
    async fn one_process_however_often_it_is_asked_for_and_the_last_wish_holds() {
        let folder = tempfile::tempdir().unwrap();
        let window = window(folder.path(), program(folder.path(), "60", 0));
        window.show(Route::Home);
        window.show(Route::Settings);
        window.show(Route::Requests);
        let lines = started(folder.path(), 1).await;
        let socket = folder.path().join("agent.sock");
        assert_eq!(lines, [format!("{{\"screen\":\"home\"}}|{}|1", socket.display())]);
        assert_eq!(window.connected(), Some(Route::Requests));
        window.show(Route::Privacy);
        tokio::time::sleep(CROSSED * 2).await;
        window.disconnected();
        assert_eq!(started_in_all(folder.path()).await.len(), 1, "a window that was closed stays closed");
        window.end();
    }

    #[tokio::test]
    async fn a_wish_that_crosses_a_closing_window_starts_another() {
        let folder = tempfile::tempdir().unwrap();
        let window = window(folder.path(), program(folder.path(), "0", 0));
        window.show(Route::Home);
        started(folder.path(), 1).await;
        assert_eq!(window.connected(), None);
        window.show(Route::Privacy);
        window.disconnected();
        let lines = started(folder.path(), 2).await;
        assert!(lines.get(1).is_some_and(|line| line.starts_with("{\"screen\":\"privacy\"}")), "{lines:?}");
    }

    #[tokio::test]
    async fn a_crashed_window_is_not_started_again_by_itself_but_by_the_next_wish() {
        let folder = tempfile::tempdir().unwrap();
        let window = window(folder.path(), program(folder.path(), "0", 3));
        window.show(Route::Home);
        started(folder.path(), 1).await;
        for _ in 0..3000 {
            if window.state().starting.is_none() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(started_in_all(folder.path()).await.len(), 1);
        window.show(Route::Home);
        assert_eq!(started(folder.path(), 2).await.len(), 2);
    }
}
