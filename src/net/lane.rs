//! A thread that owns the sockets of many connections.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::pin,
    sync::Arc,
    task::Waker,
    thread::{self, JoinHandle},
    time::Instant,
};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::oneshot,
};

use super::{Batch, Connection, Inbox, memory};

/// Handle of a lane. Dropping it ends the thread and closes all its connections.
pub struct Lane {
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Lane {
    /// Starts lane `number` of the environment that reads `inbox`.
    ///
    /// # Errors
    ///
    /// Fails if the system has no thread or descriptors for it.
    pub fn start(number: usize, inbox: Arc<Inbox>) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .on_thread_park(LaneState::publish_current)
            .build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name(format!("oxws-lane-{number}"))
            .spawn(move || run(runtime, LaneState::new(number, inbox), stopped))?;
        Ok(Self {
            runtime: handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Gives a connection to the lane.
    pub fn adopt(&self, connection: Connection) {
        self.runtime.spawn(connection);
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A lane that panicked has already let go of its connections.
            let _ = thread.join();
        }
    }
}

fn run(runtime: Runtime, state: LaneState, stopped: oneshot::Receiver<()>) {
    let_js_go_first();
    LANE.set(Some(state));
    let mut stopped = pin!(stopped);
    // The sender is only ever dropped, so the result says nothing.
    let _ = runtime.block_on(poll_fn(|context| {
        LaneState::with(|lane| lane.end_congestion(context.waker()));
        stopped.as_mut().poll(context)
    }));
    drop(runtime);
    LANE.set(None);
}

/// Threads that need less than their share of a core interrupt those that need more. A lane would do
/// so at every message while JS is at work on the last ones, and both would work through smaller
/// batches: with a smaller share it does not. It still interrupts strangers (docs/architecture.md).
fn let_js_go_first() {
    // On Linux this is about the calling thread. Elsewhere it would be about the process.
    #[cfg(target_os = "linux")]
    // A sandbox may forbid it; then it stays as it is.
    let _ = rustix::process::nice(LANE_NICENESS);
}

/// When a connection began to wait for JS.
#[derive(Debug, Default)]
pub(super) struct Wait {
    /// The lane's round, counted from 1; 0 if it did not begin.
    round: u64,
}

/// What the connections of a lane share; lives on the lane's thread.
pub(super) struct LaneState {
    number: usize,
    inbox: Arc<Inbox>,
    /// Events that were not published yet.
    pub(super) batch: Batch,
    /// Wakes the lane itself; there is one as soon as it runs.
    waker: Option<Waker>,
    /// Connections that stopped reading until JS has caught up.
    held_up: Vec<Waker>,
    /// How often they were woken.
    round: u64,
    /// Connections that gave memory back since that was returned to the system.
    hibernated: usize,
    /// Where compressed frames are made.
    pub(super) frame: Vec<u8>,
}

impl LaneState {
    fn new(number: usize, inbox: Arc<Inbox>) -> Self {
        Self {
            number,
            inbox,
            batch: Batch::default(),
            waker: None,
            held_up: Vec::new(),
            round: 1,
            hibernated: 0,
            frame: Vec::new(),
        }
    }

    /// Runs `task` with the state of the lane that this thread is.
    pub(super) fn with<T>(task: impl FnOnce(&mut Self) -> T) -> Option<T> {
        LANE.with(|lane| lane.borrow_mut().as_mut().map(task))
    }

    /// Leaves the events for JS: when the lane has nothing more to do.
    fn publish_current() {
        Self::with(Self::publish);
    }

    fn publish(&mut self) {
        if !self.batch.is_empty() {
            self.inbox.publish(self.number, &mut self.batch);
        }
    }

    /// Leaves the events for JS early if there are many.
    pub(super) fn publish_if_large(&mut self) {
        if self.batch.weight() >= PUBLISH_WEIGHT {
            self.publish();
        }
    }

    /// A connection gave memory back.
    pub(super) fn note_hibernation(&mut self) {
        self.hibernated += 1;
    }

    /// Returns to the system what connections gave back.
    pub(super) fn trim(&mut self) {
        if std::mem::take(&mut self.hibernated) > 0 {
            memory::trim();
        }
    }

    /// Whether JS is too far behind to read more; `waker` is woken when that has changed, once
    /// however often its connection asks.
    pub(super) fn congested(&mut self, wait: &mut Wait, waker: &Waker) -> bool {
        let Some(own) = &self.waker else {
            return false;
        };
        if !self.inbox.congested(self.number, own) {
            return false;
        }
        if wait.round != self.round {
            wait.round = self.round;
            self.held_up.push(waker.clone());
        }
        true
    }

    /// Lets the connections read that wait for JS, if it has caught up. They are woken by their
    /// own thread, because each wake-up by another one is a system call.
    fn end_congestion(&mut self, own: &Waker) {
        let own = self.waker.get_or_insert_with(|| own.clone());
        if !self.held_up.is_empty() && !self.inbox.congested(self.number, own) {
            self.round += 1;
            self.held_up.drain(..).for_each(Waker::wake);
        }
    }

    /// The time, for heartbeats.
    pub(super) fn now(&self) -> Instant {
        Instant::now()
    }
}

thread_local! {
    static LANE: RefCell<Option<LaneState>> = const { RefCell::new(None) };
}

/// How much nicer a lane is than JS: of a core that both want, a tenth is its share.
#[cfg(target_os = "linux")]
const LANE_NICENESS: i32 = 10;
/// Size of the largest read.
pub(super) const READ_BYTES: usize = 256 * 1024;
/// A batch of this weight is handed over although the lane has more to do.
const PUBLISH_WEIGHT: usize = 256 * 1024;
