//! From the socket to the engine.

use std::{
    io,
    task::{Context, Poll, ready},
};

use super::{
    super::{
        Kind, PAYLOADS,
        lane::{LaneState, READ_BYTES},
        socket,
    },
    Connection, READ,
};

impl Connection {
    pub(super) fn poll_read(&mut self, lane: &mut LaneState, context: &mut Context<'_>) {
        for _ in 0..READS_PER_POLL {
            self.held_up = self.must_wait() || lane.congested(&mut self.wait, context.waker());
            if self.held_up {
                return;
            }
            match self.read_once(lane, context) {
                Poll::Ready(Ok(0)) => {
                    self.reading = false;
                    self.end(lane);
                    return;
                }
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => {
                    self.reading = false;
                    self.tell_finished(lane);
                    self.report(lane, &error, READ);
                    return;
                }
                Poll::Pending => return,
            }
        }
        // There is more to read: let the other connections have their turn first.
        context.waker().wake_by_ref();
    }

    /// The peer will send nothing more.
    fn end(&self, lane: &mut LaneState) {
        // A connection that is paused does not notice the end yet.
        if !self.link.is_paused() {
            self.link.outbound().give_up_unframed();
        }
        self.tell_finished(lane);
        lane.batch
            .records_mut()
            .push(self.link.number(), Kind::End, 0, 0);
    }

    /// Our own end comes before what the peer answers to it.
    fn tell_finished(&self, lane: &mut LaneState) {
        let finished = self.link.outbound().finish_if_drained(&self.link);
        if finished {
            lane.batch
                .records_mut()
                .push(self.link.number(), Kind::Finished, 0, 0);
        }
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
                        PAYLOADS.exchange(payload, payload.len() + missing);
                    }
                    let room = payload.capacity() - payload.len();
                    let wanted = missing.min(room.max(payload.len()));
                    (wanted, socket::read_onto(&self.link, payload, wanted))
                }
                None => {
                    let room = lane.batch.room(self.read_bytes());
                    (room.len(), socket::read(&self.link, room))
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

    fn read_bytes(&self) -> usize {
        match (self.after_large, self.deflates) {
            (true, _) => READ_BYTES_AFTER_LARGE,
            (false, true) => INFLATED_READ_BYTES,
            (false, false) => READ_BYTES,
        }
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
        self.after_large = self.in_large_payload().is_some();
        if self.after_large {
            match self.receiver.large_payload_appended(count) {
                Ok(Some(event)) => self.tell(lane.batch.records_mut(), &event, &[]),
                Ok(None) => {}
                Err(error) => self.fail(lane.batch.records_mut(), error),
            }
        } else {
            self.parse(&mut lane.batch, count);
        }
        lane.publish_if_large();
    }
}

/// What is read at once from a peer that may compress: every byte can become a thousand.
const INFLATED_READ_BYTES: usize = 64 * 1024;
/// What is read at once after a large payload.
const READ_BYTES_AFTER_LARGE: usize = 16 * 1024;
/// Reads of one connection before the others get their turn.
const READS_PER_POLL: usize = 4;
/// What a paused connection still reads.
const READ_AHEAD_BYTES: usize = 64 * 1024;
