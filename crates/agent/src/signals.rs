//! What ends the agent from outside: the session, the system, a terminal.

/// What the session, the system or a terminal ends us with.
#[cfg(unix)]
pub(crate) struct Signals {
    each: Vec<(&'static str, tokio::signal::unix::Signal)>,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            ("SIGTERM", SignalKind::terminate()),
            ("SIGINT", SignalKind::interrupt()),
            ("SIGHUP", SignalKind::hangup()),
        ];
        // A signal that cannot be heard ends us as the system sees fit; the store survives that too.
        Self { each: kinds.into_iter().filter_map(|(name, kind)| Some((name, signal(kind).ok()?))).collect() }
    }

    /// The name of the first that comes.
    pub(crate) async fn next(&mut self) -> &'static str {
        std::future::poll_fn(|context| {
            for (name, signal) in &mut self.each {
                if signal.poll_recv(context).is_ready() {
                    return std::task::Poll::Ready(*name);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }
}

/// What a console and the session's end say (`HandlerRoutine`, Windows Console). Without a console nobody says anything,
/// and the session ends us as it sees fit: the store survives that too.
#[cfg(windows)]
pub(crate) struct Signals {
    interrupt: Option<tokio::signal::windows::CtrlC>,
    stop: Option<tokio::signal::windows::CtrlBreak>,
    close: Option<tokio::signal::windows::CtrlClose>,
    sign_out: Option<tokio::signal::windows::CtrlLogoff>,
    shut_down: Option<tokio::signal::windows::CtrlShutdown>,
}

#[cfg(windows)]
impl Signals {
    pub(crate) fn listen() -> Self {
        use tokio::signal::windows;
        Self {
            interrupt: windows::ctrl_c().ok(),
            stop: windows::ctrl_break().ok(),
            close: windows::ctrl_close().ok(),
            sign_out: windows::ctrl_logoff().ok(),
            shut_down: windows::ctrl_shutdown().ok(),
        }
    }

    /// The name of the first that comes.
    pub(crate) async fn next(&mut self) -> &'static str {
        let Self { interrupt, stop, close, sign_out, shut_down } = self;
        std::future::poll_fn(|context| {
            let came = |ready: Option<std::task::Poll<Option<()>>>| ready.is_some_and(|ready| ready.is_ready());
            let said = [
                ("Ctrl-C", came(interrupt.as_mut().map(|signal| signal.poll_recv(context)))),
                ("Ctrl-Break", came(stop.as_mut().map(|signal| signal.poll_recv(context)))),
                ("the console was closed", came(close.as_mut().map(|signal| signal.poll_recv(context)))),
                ("sign-out", came(sign_out.as_mut().map(|signal| signal.poll_recv(context)))),
                ("shutdown", came(shut_down.as_mut().map(|signal| signal.poll_recv(context)))),
            ];
            match said.into_iter().find(|(_, came)| *came) {
                Some((name, _)) => std::task::Poll::Ready(name),
                None => std::task::Poll::Pending,
            }
        })
        .await
    }
}
