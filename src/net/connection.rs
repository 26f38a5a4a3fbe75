//! One connection on a lane: a task that reads, parses, answers pings and writes.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::unix::AsyncFd,
    time::{Instant, Sleep, sleep_until},
};

use super::{
    Batch, Kind, Link, Progress, SharedPayload, Wait,
    idle::{Idle, Rest},
    lane::{LaneState, READ_BYTES},
    socket,
};
use crate::{
    entropy::MaskSource,
    proto::{
        Chunk, Config, Event, Heartbeat, HeartbeatAction, HeartbeatConfig, Opcode, Payload,
        ProtocolError, Receiver, Role, SendOptions,
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
    /// What `pulse` is made of in the first poll, on the lane's thread.
    heartbeat: Option<HeartbeatConfig>,
    pulse: Option<Box<Pulse>>,
    /// Present if permessage-deflate was negotiated, from the first poll on.
    idle: Option<Idle>,
    deflates: bool,
    reading: bool,
    /// JS keeps the connection from being read, so that silence says nothing about the peer.
    held_up: bool,
    wait: Wait,
    /// Bytes read since JS has paused the connection.
    read_ahead: usize,
}

/// Heartbeat and the timer that drives it.
struct Pulse {
    heartbeat: Heartbeat,
    timer: Pin<Box<Sleep>>,
}

impl Pulse {
    fn start(config: HeartbeatConfig) -> Box<Self> {
        let heartbeat = Heartbeat::new(config, Instant::now().into_std());
        let timer = Box::pin(sleep_until(heartbeat.poll_timeout().into()));
        Box::new(Self { heartbeat, timer })
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
            heartbeat: config.heartbeat,
            pulse: None,
            idle: None,
            deflates: config.engine.deflate.is_some(),
            reading: true,
            held_up: false,
            wait: Wait::default(),
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
            self.pulse = self.heartbeat.take().map(Pulse::start);
            self.idle = self.deflates.then(Idle::new);
        }
        Ok(())
    }

    fn poll_read(&mut self, lane: &mut LaneState, context: &mut Context<'_>) {
        for _ in 0..READS_PER_POLL {
            self.held_up = self.must_wait() || lane.congested(&mut self.wait, context.waker());
            if self.held_up {
                return;
            }
            match self.read_once(lane, context) {
                Poll::Ready(Ok(0)) => {
                    self.reading = false;
                    lane.batch.push(self.link.number(), Kind::End, 0, 0);
                    return;
                }
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => {
                    self.reading = false;
                    self.report(lane, &error, READ);
                    return;
                }
                Poll::Pending => return,
            }
        }
        // There is more to read: let the other connections have their turn first.
        context.waker().wake_by_ref();
    }

    /// Whether JS has paused the connection and enough was read ahead. Like a paused stream, a
    /// paused connection fills its buffer (and so may notice the end).
    fn must_wait(&mut self) -> bool {
        let paused = self.link.is_paused();
        if !paused {
            self.read_ahead = 0;
        }
        paused && self.read_ahead >= READ_AHEAD_BYTES
    }

    /// Reads once and parses what came.
    fn read_once(
        &mut self,
        lane: &mut LaneState,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let Some(socket) = &self.socket else {
            return Poll::Pending;
        };
        let count = loop {
            let mut ready = ready!(socket.poll_read_ready(context))?;
            let (wanted, result) = match self.in_large_payload() {
                Some(missing) => {
                    let payload = self.receiver.large_payload_buffer();
                    // Memory grows with what arrived, not with what the peer announced.
                    if payload.capacity() < payload.len() + missing.min(payload.len()) {
                        lane.payloads().exchange(payload, payload.len() + missing);
                    }
                    let room = payload.capacity() - payload.len();
                    let wanted = missing.min(room.max(payload.len()));
                    (wanted, socket::read_onto(&self.link, payload, wanted))
                }
                None => {
                    let wanted = if self.deflates {
                        INFLATED_READ_BYTES
                    } else {
                        READ_BYTES
                    };
                    let buffer = &mut lane.buffer[..wanted];
                    (buffer.len(), socket::read(&self.link, buffer))
                }
            };
            match result {
                Ok(count) => {
                    // A short read has emptied the socket; the next edge will tell of more.
                    if count < wanted {
                        ready.clear_ready();
                    }
                    break count;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                Err(error) => return Poll::Ready(Err(error)),
            }
        };
        self.received(lane, count);
        Poll::Ready(Ok(count))
    }

    /// What is tapped has to be read to the lane's buffer first.
    fn in_large_payload(&self) -> Option<usize> {
        self.receiver
            .in_large_payload()
            .filter(|_| !self.link.is_tapped())
    }

    fn received(&mut self, lane: &mut LaneState, count: usize) {
        if count == 0 {
            return;
        }
        self.link.count_read(count);
        self.note_activity();
        self.read_ahead += count;
        if let Some(pulse) = &mut self.pulse {
            pulse.heartbeat.handle_activity(lane.now());
        }
        if self.in_large_payload().is_some() {
            match self.receiver.large_payload_appended(count) {
                Ok(Some(event)) => self.tell(&mut lane.batch, &event, &[]),
                Ok(None) => {}
                Err(error) => self.fail(&mut lane.batch, error),
            }
        } else {
            self.parse(&mut lane.batch, &mut lane.buffer[..count]);
        }
        lane.publish_if_large();
    }

    /// Parses bytes that were received; also those that came before a lane had the connection.
    pub fn parse(&mut self, batch: &mut Batch, bytes: &mut [u8]) {
        if self.link.is_tapped() {
            batch.push_payload(self.link.number(), Kind::Bytes, 0, bytes);
        }
        let mut chunk = Chunk::new(bytes);
        loop {
            match self.receiver.next_event(&mut chunk) {
                Ok(Some(event)) => self.tell(batch, &event, chunk.bytes()),
                Ok(None) => return,
                Err(error) => self.fail(batch, error),
            }
        }
    }

    fn fail(&self, batch: &mut Batch, error: ProtocolError) {
        batch.push(
            self.link.number(),
            Kind::ProtocolError,
            error.number(),
            error.detail(),
        );
    }

    /// Puts an event into the batch; answers a ping.
    fn tell(&mut self, batch: &mut Batch, event: &Event, chunk: &[u8]) {
        match event {
            Event::Message { binary, payload } => {
                let kind = if *binary { Kind::Binary } else { Kind::Text };
                self.tell_message(batch, kind, payload, chunk);
            }
            Event::Ping(payload) => {
                let answered = self.answer_ping(batch, payload, chunk);
                self.tell_payload(batch, Kind::Ping, u16::from(answered), payload, chunk);
            }
            Event::Pong(payload) => self.tell_payload(batch, Kind::Pong, 0, payload, chunk),
            Event::Close { code, reason } => {
                self.tell_payload(batch, Kind::Close, code.unwrap_or(NO_STATUS), reason, chunk);
            }
        }
    }

    fn tell_message(&mut self, batch: &mut Batch, kind: Kind, payload: &Payload, chunk: &[u8]) {
        match payload {
            Payload::Buffered if self.receiver.buffered().len() >= OWNED_BYTES => {
                let payload = self.receiver.take_buffered();
                batch.push_owned(self.link.number(), kind, payload);
            }
            payload => self.tell_payload(batch, kind, 0, payload, chunk),
        }
        let ends = self.receiver.fragment_ends();
        if !ends.is_empty() && kind == Kind::Binary {
            batch.note_fragments(ends);
        }
    }

    fn tell_payload(
        &self,
        batch: &mut Batch,
        kind: Kind,
        code: u16,
        payload: &Payload,
        chunk: &[u8],
    ) {
        let bytes = match payload {
            Payload::InChunk(range) => &chunk[range.clone()],
            Payload::Buffered => self.receiver.buffered(),
        };
        batch.push_payload(self.link.number(), kind, code, bytes);
    }

    /// Tells whether the JS thread has no answer to give any more.
    fn answer_ping(&self, batch: &mut Batch, payload: &Payload, chunk: &[u8]) -> bool {
        if !self.link.answers_pings() {
            return false;
        }
        let bytes = match payload {
            Payload::InChunk(range) => &chunk[range.clone()],
            Payload::Buffered => self.receiver.buffered(),
        };
        let mask = MaskSource::key_for(self.role);
        if !self
            .link
            .outbound()
            .append_pong(bytes, mask, self.max_pending_pongs)
        {
            batch.push(self.link.number(), Kind::PongOverflow, 0, 0);
        }
        true
    }

    /// Writes what waits: pongs, compressed messages, and what the JS thread could not write.
    fn poll_write(&mut self, lane: &mut LaneState, context: &mut Context<'_>) {
        if self.compress(lane) {
            self.note_activity();
        }
        let Some(socket) = &self.socket else { return };
        let mut outbound = self.link.outbound();
        let error = loop {
            if outbound.is_drained() {
                break None;
            }
            let mut ready = match socket.poll_write_ready(context) {
                Poll::Ready(Ok(ready)) => ready,
                Poll::Ready(Err(error)) => break Some(error),
                Poll::Pending => break None,
            };
            match outbound.write(&self.link) {
                Ok(Progress::Drained) => break None,
                Ok(Progress::Blocked) => ready.clear_ready(),
                Err(error) => break Some(error),
            }
        };
        if outbound.has_released() && error.is_none() && outbound.is_drained() {
            context.waker().wake_by_ref();
        }
        let sent = outbound.take_receipts();
        let peak = outbound.take_peak();
        let finished = outbound.finish_if_drained(&self.link);
        drop(outbound);
        if sent > 0 {
            lane.batch.push(self.link.number(), Kind::Sent, sent, 0);
        }
        if let Some(peak) = peak {
            let peak = u32::try_from(peak).unwrap_or(u32::MAX);
            lane.batch.push(self.link.number(), Kind::Drained, peak, 0);
        }
        if finished {
            lane.batch.push(self.link.number(), Kind::Finished, 0, 0);
        }
        if let Some(error) = error {
            self.report(lane, &error, WRITE);
        }
    }

    /// Frames what had to wait for this thread, as long as the socket keeps up. Returns whether
    /// there was anything.
    fn compress(&self, lane: &mut LaneState) -> bool {
        let mut found = false;
        let mut outbound = self.link.outbound();
        while outbound.queued() < COMPRESSED_AHEAD {
            let Some((mut sender, unframed)) = outbound.take_unframed() else {
                break;
            };
            found = true;
            // The JS thread must not wait for this.
            drop(outbound);
            lane.frame.clear();
            match unframed.options {
                Some(options) => sender.send(options, &unframed.payload, &mut lane.frame),
                None => lane.frame.extend_from_slice(&unframed.payload),
            }
            outbound = self.link.outbound();
            outbound.put_framed(sender, &unframed, &lane.frame);
        }
        found
    }

    /// Sends a ping when it is time, and gives up a peer that is silent.
    fn poll_pulse(&mut self, lane: &mut LaneState, context: &mut Context<'_>) {
        let Some(pulse) = &mut self.pulse else { return };
        while pulse.timer.as_mut().poll(context).is_ready() {
            match pulse.heartbeat.handle_timeout(lane.now()) {
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
                    pulse.heartbeat.handle_activity(lane.now());
                }
                HeartbeatAction::Dead => {
                    lane.batch
                        .push(self.link.number(), Kind::HeartbeatTimeout, 0, 0);
                    self.pulse = None;
                    return;
                }
            }
            pulse
                .timer
                .as_mut()
                .reset(pulse.heartbeat.poll_timeout().into());
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
                lane.batch.push(
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
                    .push(connection.link.number(), Kind::Closed, 0, 0);
            }
            polled
        });
        outcome.unwrap_or(Poll::Ready(()))
    }
}

/// What is read at once from a peer that may compress: every byte can become a thousand.
const INFLATED_READ_BYTES: usize = 64 * 1024;
/// Reads of one connection before the others get their turn.
const READS_PER_POLL: usize = 4;
/// What a paused connection still reads.
const READ_AHEAD_BYTES: usize = 64 * 1024;
/// A message that had to be assembled and is at least this long is not copied again.
const OWNED_BYTES: usize = 16 * 1024;
/// RFC 6455 section 7.4.1: what is reported when a close frame has no status code.
const NO_STATUS: u16 = 1005;
/// The number of `lib/errors.js` for a fault of our own.
const INTERNAL_ERROR: u32 = 15;
/// Bytes that are compressed before the socket has taken them.
const COMPRESSED_AHEAD: usize = 64 * 1024;
const READ: u32 = 0;
const WRITE: u32 = 1;
