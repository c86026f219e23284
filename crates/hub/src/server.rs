//! The listening end: connections, TLS, time-outs, and an end in good order.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use deskside_protocol::Timestamp;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::auth::passwords::{HashError, Passwords};
use crate::config::{Config, Patience};
use crate::events::Events;
use crate::files::Files;
use crate::gateway::{self, Gateway};
use crate::metrics::Metrics;
use crate::rate::Rates;
use crate::sign_in::SignIn;
use crate::slow::{Steady, Watch};
use crate::state::{AppState, FirstSignIn, PersonError, first_sign_in};
use crate::store::{FolderError, Store, StoreError};
use crate::tls::Certificate;
use crate::{api, limits, retention};

/// Why the hub did not start, in words that say what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody else listens there.
    #[error("{0} is taken: another program listens there. Stop it, or choose another address with --listen")]
    AddressTaken(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address as asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The data folder cannot be used.
    #[error("the data folder {} cannot be used: {source}", folder.display())]
    Data {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another hub runs on the same data folder.
    #[error("another hub runs on the data folder {}; a second one needs a folder of its own, or PostgreSQL", .0.display())]
    Running(PathBuf),
    /// The certificate or its key cannot be used.
    #[error("the TLS files cannot be used: {0}")]
    Tls(String),
    /// The helpdesk to which it shall be the gateway.
    #[error("the helpdesk cannot be used: {0}")]
    Gateway(deskside_helpdesk::HelpdeskError),
    /// The provider with whom employees sign in.
    #[error("the sign-in's provider cannot be used: {0}")]
    SignIn(deskside_helpdesk::HelpdeskError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder is not the one of the database's files.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The first administrator could not be made.
    #[error(transparent)]
    Person(#[from] PersonError),
    /// Passwords cannot be checked.
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// A hub that runs until it is told to stop.
#[derive(Debug)]
pub struct RunningHub {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where figures are served, if they are.
    pub metrics: Option<SocketAddr>,
    /// The administrator that was made because there was nobody; `None` at every later start.
    pub first_sign_in: Option<FirstSignIn>,
    certificate: Option<Certificate>,
    stopping: CancellationToken,
    running: JoinHandle<()>,
}

impl RunningHub {
    /// The address that a program on this machine can use, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", if self.certificate.is_some() { "https" } else { "http" }, self.address)
    }

    /// Reads the certificate's files again, now; gives whether they were other ones. Without TLS there is nothing to do.
    ///
    /// # Errors
    /// They cannot be used; the certificate that there was goes on.
    pub fn reload_certificate(&self) -> Result<bool, StartError> {
        self.certificate.as_ref().map_or(Ok(false), Certificate::reload)
    }

    /// Stops: no new connection, requests under way get [a while](crate::limits), streams end at once.
    pub async fn shutdown(self) {
        self.stopping.cancel();
        if let Err(error) = self.running.await {
            tracing::error!(%error, "the hub did not end in good order");
        }
    }
}

/// Starts a hub.
///
/// # Errors
/// See [`StartError`]; each says what to do.
pub async fn serve(config: Config) -> Result<RunningHub, StartError> {
    let data_error = |source| StartError::Data { folder: config.data.clone(), source };
    prepare_folder(&config.data).map_err(data_error)?;
    let lock = lock_folder(&config)?;
    let tls = config.tls.clone().map(Certificate::open).transpose()?;
    // The address before the database: whoever starts a second hub by mistake hears of it without side effects.
    let listener = listen(config.listen).await?;
    let address = listener.local_addr().map_err(|source| StartError::Listen { address: config.listen, source })?;
    let watched = match config.metrics {
        Some(wanted) => Some(listen(wanted).await?),
        None => None,
    };
    let metrics = watched.as_ref().and_then(|listener| listener.local_addr().ok());
    let store = Store::open(&config.data, config.database.as_deref()).await?;
    let files = Files::open(&config.data).await.map_err(data_error)?;
    if config.database.is_some() {
        store.claim_folder(&config.data).await?;
    }
    let gateway = config.gateway.as_ref().map(Gateway::new).transpose().map_err(StartError::Gateway)?.map(Arc::new);
    let sign_in = config.sign_in.as_ref().map(SignIn::new).transpose().map_err(StartError::SignIn)?;
    // Last of what can be refused: it is shown once.
    let first_sign_in = first_sign_in(&store).await?;
    let stopping = CancellationToken::new();
    let (secure, certificate) = (tls.is_some(), tls.clone());
    let state = Arc::new(AppState {
        config,
        store,
        files,
        events: Events::new(),
        rates: Rates::new(),
        passwords: Passwords::new()?,
        metrics: Metrics::new(),
        gateway,
        sign_in,
        stopping: stopping.clone(),
    });
    let router = api::router(Arc::clone(&state));
    let running = tokio::spawn(async move {
        let housekeeping = tokio::spawn(keep_house(Arc::clone(&state)));
        let relay = tokio::spawn(crate::store::relay_changes(Arc::clone(&state)));
        let retention = tokio::spawn(retention::keep(Arc::clone(&state)));
        let gateway = tokio::spawn(gateway::run(Arc::clone(&state)));
        let renewal = tls.clone().map(|tls| tokio::spawn(tls.watch(state.config.patience.certificate)));
        let figures = watched.map(|listener| {
            let (router, state) = (crate::metrics::router(Arc::clone(&state)), Arc::clone(&state));
            tokio::spawn(async move { accept(listener, None, router, &state).await })
        });
        accept(listener, tls, router, &state).await;
        if let Some(figures) = figures {
            figures.abort();
        }
        if let Some(renewal) = renewal {
            renewal.abort();
        }
        housekeeping.abort();
        relay.abort();
        retention.abort();
        gateway.abort();
        gateway::end(&state).await;
        state.store.close().await;
        drop(lock);
    });
    tracing::info!(%address, secure, "listening");
    Ok(RunningHub { address, metrics, first_sign_in, certificate, stopping, running })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| {
        if source.kind() == io::ErrorKind::AddrInUse {
            StartError::AddressTaken(address)
        } else {
            StartError::Listen { address, source }
        }
    })
}

fn prepare_folder(folder: &std::path::Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Two hubs on one SQLite would not hear of each other's changes. With PostgreSQL they do, and may share the folder.
fn lock_folder(config: &Config) -> Result<Option<std::fs::File>, StartError> {
    if config.database.is_some() {
        return Ok(None);
    }
    let data_error = |source| StartError::Data { folder: config.data.clone(), source };
    let file = std::fs::File::create(config.data.join("hub.lock")).map_err(data_error)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(StartError::Running(config.data.clone())),
        Err(std::fs::TryLockError::Error(source)) => Err(data_error(source)),
    }
}

async fn keep_house(state: Arc<AppState>) {
    let mut every = tokio::time::interval(Duration::from_secs(60));
    loop {
        every.tick().await;
        state.rates.forget();
        if let Err(error) = state.store.unstage_old(&state.files).await {
            tracing::warn!(%error, "files that no answer took could not be forgotten");
        }
        if state.sign_in.is_some()
            && let Err(error) = state.store.forget_sign_ins(Timestamp::now()).await
        {
            tracing::warn!(%error, "sign-ins that are over could not be forgotten");
        }
    }
}

async fn accept(listener: TcpListener, tls: Option<Certificate>, router: Router, state: &AppState) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(limits::CONNECTIONS));
    let patience = state.config.patience;
    let stopping = &state.stopping;
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience.head).max_headers(64);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::STREAMS_PER_CONNECTION)
        .max_header_list_size(32 * 1024)
        .keep_alive_interval(limits::KEEP_ALIVE)
        .keep_alive_timeout(limits::REQUEST_HEAD);
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { break };
        let (stream, peer) = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(connection) => connection,
                Err(error) => {
                    // Out of file descriptors, mostly: a pause lets others end.
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        let stream = Steady::new(stream, patience.answer_stalled);
        let (builder, router, tls, watcher) = (builder.clone(), router.clone(), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _permit = permit;
            // Which HTTP it is, TLS says (ALPN). Without TLS it is HTTP/1: to wait for the first bytes in order to tell
            // would be to wait for whoever never sends any.
            match tls {
                None => serve_connection(builder.http1_only(), stream, peer, router, watcher, patience).await,
                Some(tls) => {
                    let Some(stream) = shake_hands(&tls.acceptor(), stream).await else { return };
                    let is_2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    let builder = if is_2 { builder.http2_only() } else { builder.http1_only() };
                    serve_connection(builder, stream, peer, router, watcher, patience).await;
                }
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(limits::SHUTDOWN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(tls: &TlsAcceptor, stream: S) -> Option<TlsStream<S>> {
    match tokio::time::timeout(limits::TLS_HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%error, "no TLS");
            None
        }
        Err(_too_long) => None,
    }
}

async fn serve_connection(
    builder: Builder<TokioExecutor>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
    patience: Patience,
) {
    let watch = Watch::new(patience);
    let answers = watch.clone();
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        let under_way = answers.begin();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let answer = router.oneshot(request).await.unwrap_or_else(|never| match never {});
            Ok::<_, Infallible>(under_way.answer(answer))
        }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    tokio::select! {
        ended = watcher.watch(connection) => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
        }
        // Dropped as it is: whoever takes nothing would not take a farewell either.
        why = watch.over() => tracing::debug!(%peer, why, "a connection was cut"),
    }
}
