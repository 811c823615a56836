//! `nearside-edge`: an OpenAI-compatible gateway around the embedded edge model.
//!
//! In reading order: a request comes in through [`app`] and [`chat`], in the shape of [`api`]; as a
//! [`job`] it waits in the [`line`], which the [`scheduler`] orders; the [`compute`] thread takes it
//! to the engine that the [`prefix_cache`] picks, and learns its [`rates`] on the way. A request for
//! keys and values of the device's model, which are [`handoff`]'s to give, comes in through [`kv`]
//! and becomes a [`transfer`].

mod api;
mod app;
mod body;
mod chat;
mod cli;
mod compute;
mod failure;
mod gateway;
mod handoff;
mod job;
mod kv;
mod line;
mod panics;
mod prefix_cache;
mod probe;
mod rates;
mod scheduler;
mod site;
mod transfer;

use std::future::Future;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use clap::Parser;
use nearside::engine::{FileSource, Kernels, Model};
use nearside::{Error, Result};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::app::Access;
use crate::cli::Args;
use crate::gateway::Gateway;
use crate::handoff::Handoff;
use crate::line::Line;
use crate::prefix_cache::PrefixCache;
use crate::rates::Rates;
use crate::scheduler::Limits;
use crate::site::Site;
use crate::transfer::Transfers;

/// Beyond the grace for answers: for their last bytes to leave, and for stuck connections.
const CLOSING_TIME: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match serve(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(code = error.code(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: &Args) -> Result<()> {
    let access = Access {
        token: args.token_env.as_deref().map(read_token).transpose()?,
        allowed_origins: args.allow_origin.clone(),
        site: args.site.as_ref().map(|folder| Site {
            folder: folder.clone(),
            manifest: args.manifest.clone(),
            edge_model: args.model.clone(),
        }),
    };
    let (gateway, cache, transfers) = load(args)?;
    let line = Arc::clone(&gateway.line);
    let (compute, compute_ended) = start_compute(line, cache, transfers, args)?;
    let app = app::app(Arc::clone(&gateway), &access);
    let runtime = tokio::runtime::Runtime::new().map_err(system_error("start the runtime"))?;
    let grace = Duration::from_secs(args.grace_s);
    runtime.block_on(listen(args.listen, app, Arc::clone(&gateway.line), grace, compute_ended))?;
    runtime.shutdown_timeout(CLOSING_TIME);
    compute.join().map_err(|_| Error::ComputeFailed("the compute thread panicked".into()))
}

fn read_token(name: &str) -> Result<String> {
    let token = std::env::var(name).ok().filter(|token| !token.is_empty());
    token.ok_or_else(|| Error::InvalidConfig(format!("the environment variable {name} is not set")))
}

/// Loads and measures the models, and sizes what depends on them.
fn load(args: &Args) -> Result<(Arc<Gateway>, PrefixCache, Option<Transfers>)> {
    let kernels = Arc::new(Kernels::with_threads(args.threads.get()));
    let model = Model::load_with(&FileSource::open(&args.model)?, Arc::clone(&kernels))?;
    let model = Arc::new(model);
    warn_of(&model);
    let trained = model.info().n_ctx;
    let n_ctx = args.context.map_or(trained, |n_ctx| n_ctx.get().min(trained));
    let rates = compute::warm_up(&model, n_ctx)?;
    let bounds = args.cache_bounds(n_ctx * model.info().kv_bytes_per_token as usize);
    let limits = Limits {
        max_running: args.max_concurrent.get().min(bounds.n_dialogues()),
        max_waiting: args.max_queue,
    };
    tracing::info!(
        model = args.served_name(),
        n_ctx,
        full_dialogues = bounds.n_dialogues(),
        prefill_tps = rates.prefill_tps().round(),
        decode_tps = rates.decode_tps().round(),
        "loaded"
    );
    let cache = PrefixCache::new(Arc::clone(&model), n_ctx, bounds);
    let (handoff, transfers, transfer_rates) = match &args.device_model {
        None => (None, None, None),
        Some(path) => {
            let (handoff, transfers, rates) =
                load_device_model(path, kernels, limits.max_running, args)?;
            (Some(handoff), Some(transfers), Some(rates))
        }
    };
    let sampling = model.info().sampling;
    let gateway = Gateway {
        model,
        model_name: args.served_name(),
        n_ctx,
        max_tokens: args.max_tokens.get(),
        sampling: args.sampling.unwrap_or_default().or(sampling),
        line: Arc::new(Line::new(limits, rates, transfer_rates)),
        handoff,
        noise: probe::incompressible(),
        started_unix_s: gateway::unix_s(),
        n_completions: AtomicU64::new(0),
        beginnings: Mutex::default(),
    };
    Ok((Arc::new(gateway), cache, transfers))
}

/// Says what a person should know of a model before they trust its answers.
fn warn_of(model: &Model) {
    for warning in &model.info().warnings {
        tracing::warn!(code = warning.code, model = model.info().name, "{}", warning.message);
    }
}

/// The devices' model, for prompts that are read here and answered there.
fn load_device_model(
    path: &Path,
    kernels: Arc<Kernels>,
    max_running: usize,
    args: &Args,
) -> Result<(Handoff, Transfers, Rates)> {
    let model = Arc::new(Model::load_with(&FileSource::open(path)?, kernels)?);
    warn_of(&model);
    let n_ctx = model.info().n_ctx;
    let rates = compute::warm_up(&model, n_ctx)?;
    let bounds = args.device_cache_bounds(n_ctx * model.info().kv_bytes_per_token as usize);
    let max_bytes = u64::from(args.max_transfer_mb) << 20;
    let handoff = Handoff::new(&model, n_ctx, max_bytes, args.max_transfers(max_running));
    tracing::info!(
        model = %path.display(),
        digest = model.info().digest,
        prefill_tps = rates.prefill_tps().round(),
        "hands over keys and values"
    );
    Ok((handoff, Transfers::new(PrefixCache::new(model, n_ctx, bounds)), rates))
}

/// The receiver resolves when the thread ends, for whatever reason.
fn start_compute(
    line: Arc<Line>,
    cache: PrefixCache,
    transfers: Option<Transfers>,
    args: &Args,
) -> Result<(JoinHandle<()>, oneshot::Receiver<()>)> {
    let step_delay = Duration::from_millis(args.step_delay_ms);
    let (ended, has_ended) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new().name("compute".into()).spawn(move || {
        let _dropped_at_the_end = ended;
        compute::run(&line, cache, transfers, step_delay);
    });
    Ok((thread.map_err(system_error("start the compute thread"))?, has_ended))
}

/// Serves until a signal or the end of the compute thread, and until the last answer has left.
async fn listen(
    address: SocketAddr,
    app: Router,
    line: Arc<Line>,
    grace: Duration,
    compute_ended: oneshot::Receiver<()>,
) -> Result<()> {
    let listener = TcpListener::bind(address).await.map_err(system_error("listen"))?;
    let bound = listener.local_addr().map_err(system_error("listen"))?;
    let stop_signal = stop_signal().map_err(system_error("listen for signals"))?;
    // Each token is a small packet of its own and must not wait for the next one.
    let listener = listener.tap_io(|tcp| {
        let _ = tcp.set_nodelay(true);
    });
    let (closing, is_closing) = oneshot::channel::<()>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async {
        let _ = is_closing.await;
    });
    let server = tokio::spawn(server.into_future());
    announce(bound)?;
    tokio::select! {
        () = stop_signal => {}
        _ = compute_ended => {}
    }
    tracing::info!("stopping");
    line.close(grace);
    drop(closing);
    match tokio::time::timeout(grace + CLOSING_TIME, server).await {
        Ok(Ok(served)) => served.map_err(system_error("serve")),
        Ok(Err(panicked)) => Err(Error::ComputeFailed(panicked.to_string())),
        Err(_) => Ok(()),
    }
}

/// Whoever started the gateway waits for this line.
fn announce(address: SocketAddr) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "listening on http://{address}/")
        .and_then(|()| stdout.flush())
        .map_err(system_error("write to stdout"))
}

/// Takes the signals over at once, so that one that arrives before the wait is not lost.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn system_error(what: &'static str) -> impl Fn(std::io::Error) -> Error {
    move |error| Error::InvalidConfig(format!("could not {what}: {error}"))
}
