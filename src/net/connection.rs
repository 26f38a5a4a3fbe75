//! One connection on a lane: a task that reads, parses, answers pings and writes.

mod reading;
mod telling;
mod writing;

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::unix::AsyncFd,
    time::{Instant, Sleep, sleep_until},
};

use super::{
    Kind, Link, SharedPayload,
    idle::{Idle, Rest},
    lane::{LaneState, Wait},
};
use crate::{
    entropy::MaskSource,
    proto::{
        Config, Heartbeat, HeartbeatAction, HeartbeatConfig, Opcode, Receiver, Role, SendOptions,
    },
};

/// How a connection behaves.
#[derive(Clone, Debug)]
pub struct ConnectionConfig {
    /// The protocol engine's part.
    pub engine: Config,
    /// Automatic pongs that may wait to be written; 0 means any number.
    pub max_pending_pongs: u32,
    /// Whether and how often to look for signs of life.
    pub heartbeat: Option<HeartbeatConfig>,
}

/// The lane's side of a connection.
pub struct Connection {
    link: Arc<Link>,
    socket: Option<AsyncFd<Descriptor>>,
    receiver: Receiver,
    role: Role,
    max_pending_pongs: u32,
    pulse: Option<Box<Pulse>>,
    /// Present if permessage-deflate was negotiated, from the first poll on.
    idle: Option<Box<Idle>>,
    deflates: bool,
    reading: bool,
    /// JS keeps the connection from being read, so that silence says nothing about the peer.
    held_up: bool,
    wait: Wait,
    /// The last read was of a large payload. The next message may have one, too, which is better
    /// read to its own memory from the start.
    after_large: bool,
    /// Bytes read since JS has paused the connection.
    read_ahead: usize,
}

/// Heartbeat and the timer that drives it.
struct Pulse {
    heartbeat: Heartbeat,
    /// There is one from the first poll on: it is the lane's.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Pulse {
    fn new(config: HeartbeatConfig) -> Box<Self> {
        let heartbeat = Heartbeat::new(config, Instant::now().into_std());
        let timer = None;
        Box::new(Self { heartbeat, timer })
    }

    fn start(&mut self) {
        self.heartbeat.handle_activity(Instant::now().into_std());
        let timer = sleep_until(self.heartbeat.poll_timeout().into());
        self.timer = Some(Box::pin(timer));
    }
}

/// Lets `AsyncFd` watch the descriptor without owning it.
struct Descriptor(Arc<Link>);

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Registers the socket with the runtime of this thread.
fn watch(link: &Arc<Link>) -> io::Result<AsyncFd<Descriptor>> {
    // SAFETY: the descriptor is owned by the link, which the `Descriptor` keeps alive, and its
    // number never changes.
    let watched = unsafe { AsyncFd::register(Descriptor(Arc::clone(link))) };
    Ok(watched?)
}

impl Connection {
    /// A connection that no lane has yet.
    pub fn new(link: Arc<Link>, config: ConnectionConfig) -> Self {
        Self {
            link,
            socket: None,
            receiver: Receiver::new(&config.engine),
            role: config.engine.role,
            max_pending_pongs: config.max_pending_pongs,
            pulse: config.heartbeat.map(Pulse::new),
            idle: None,
            deflates: config.engine.deflate.is_some(),
            reading: true,
            held_up: false,
            wait: Wait::default(),
            after_large: false,
            read_ahead: 0,
        }
    }

    /// Does what can be done without waiting. Ready when the connection is over.
    fn drive(&mut self, lane: &mut LaneState, context: &mut Context<'_>) -> Poll<()> {
        if self.link.is_closed() {
            return Poll::Ready(());
        }
        if let Err(error) = self.start(context) {
            self.report(lane, &error, READ);
            return self.wait_for_close();
        }
        if self.reading {
            self.poll_read(lane, context);
        }
        self.poll_pulse(lane, context);
        self.poll_write(lane, context);
        self.poll_idle(lane, context);
        self.wait_for_close()
    }

    /// JS decides when a connection is over, whatever happened to it.
    fn wait_for_close(&self) -> Poll<()> {
        if self.link.is_closed() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// First poll: registers the socket with this lane's runtime.
    fn start(&mut self, context: &Context<'_>) -> io::Result<()> {
        if self.socket.is_none() {
            self.link.set_waker(context.waker());
            self.socket = Some(watch(&self.link)?);
            if let Some(pulse) = &mut self.pulse {
                pulse.start();
            }
            self.idle = self.deflates.then(|| Box::new(Idle::new()));
        }
        Ok(())
    }

    /// Sends a ping when it is time, and gives up a peer that is silent.
    fn poll_pulse(&mut self, lane: &mut LaneState, context: &mut Context<'_>) {
        let Some(Pulse {
            heartbeat,
            timer: Some(timer),
        }) = self.pulse.as_deref_mut()
        else {
            return;
        };
        while timer.as_mut().poll(context).is_ready() {
            match heartbeat.handle_timeout(lane.now()) {
                HeartbeatAction::Wait => {}
                HeartbeatAction::SendPing => {
                    let mask = MaskSource::key_for(self.role);
                    let options = SendOptions {
                        opcode: Opcode::Ping,
                        fin: true,
                        compress: false,
                        mask,
                    };
                    let mut outbound = self.link.outbound();
                    if !outbound.close_sent() {
                        let shared = &mut SharedPayload::default();
                        outbound.append(super::Frame::Framed(options), &[], false, shared);
                    }
                }
                HeartbeatAction::Dead if self.held_up => {
                    heartbeat.handle_activity(lane.now());
                }
                HeartbeatAction::Dead => {
                    lane.batch
                        .records_mut()
                        .push(self.link.number(), Kind::HeartbeatTimeout, 0, 0);
                    self.pulse = None;
                    return;
                }
            }
            timer.as_mut().reset(heartbeat.poll_timeout().into());
        }
    }

    /// Gives memory back when there was no traffic for a while.
    fn poll_idle(&mut self, lane: &mut LaneState, context: &mut Context<'_>) {
        let rest = self.idle.as_mut().and_then(|idle| idle.poll(context));
        match rest {
            None => {}
            Some(Rest::Hibernate) => {
                self.receiver.hibernate();
                self.link.outbound().hibernate();
                lane.note_hibernation();
                // Registers for the next step.
                context.waker().wake_by_ref();
            }
            Some(Rest::Trim) => lane.trim(),
        }
    }

    fn note_activity(&mut self) {
        if let Some(idle) = &mut self.idle {
            idle.note_activity();
        }
    }

    fn report(&self, lane: &mut LaneState, error: &io::Error, call: u32) {
        let errno = error.raw_os_error().unwrap_or_default();
        lane.batch
            .records_mut()
            .push(self.link.number(), Kind::SocketError, errno as u32, call);
    }
}

impl Future for Connection {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let connection = &mut *self;
        let outcome = LaneState::with(|lane| {
            // A panic may cost this connection, not its neighbours. What it leaves half done is
            // not looked at again, but for the batch, in which every push is one step.
            let polled = catch_unwind(AssertUnwindSafe(|| connection.drive(lane, context)));
            let polled = polled.unwrap_or_else(|_| {
                connection.reading = false;
                lane.batch.records_mut().push(
                    connection.link.number(),
                    Kind::ProtocolError,
                    INTERNAL_ERROR,
                    0,
                );
                connection.wait_for_close()
            });
            if polled.is_ready() {
                connection.socket = None;
                lane.batch
                    .records_mut()
                    .push(connection.link.number(), Kind::Closed, 0, 0);
            }
            polled
        });
        outcome.unwrap_or(Poll::Ready(()))
    }
}

/// The number of `lib/errors.js` for a fault of our own.
const INTERNAL_ERROR: u32 = 15;
const READ: u32 = 0;
const WRITE: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    /// With more, the allocator takes the next multiple of 128 bytes for the task.
    #[test]
    fn an_idle_connection_is_small() {
        assert!(size_of::<Connection>() <= 280);
        assert!(size_of::<Link>() <= 232);
    }
}
