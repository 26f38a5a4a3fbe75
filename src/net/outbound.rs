//! The sending half of a connection: frames what is sent and writes what the kernel takes.
//!
//! Shared by the JS thread, which appends messages and tries the first write itself, and the
//! lane, which appends pongs and writes whatever did not fit.

#[cfg(test)]
mod tests;
mod unframed;

use std::{
    io::{self, IoSlice},
    os::fd::AsFd,
    sync::Arc,
};

use self::unframed::UnframedQueue;
use super::{
    SharedPayload,
    ledger::{Ledger, Receipt},
    send_queue::SendQueue,
    shared_payload::StoredPayload,
    socket,
};
use crate::proto::{Config, HEADER_MAX, MaskingKey, Opcode, SendOptions, Sender};

/// What is to be sent.
#[derive(Clone, Copy, Debug)]
pub enum Frame {
    /// Bytes that are framed already.
    Raw,
    /// A frame or message fragment.
    Framed(SendOptions),
}

/// Outcome of a write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// Nothing is left to write.
    Drained,
    /// The kernel takes no more for now.
    Blocked,
}

/// See the module documentation.
pub struct Outbound {
    /// Away while the lane compresses a message, without holding the lock.
    sender: Option<Sender>,
    queue: SendQueue,
    /// What the lane has to compress, and everything behind it; there is one as soon as there was
    /// such a thing.
    unframed: Option<Box<UnframedQueue>>,
    /// The tick that sent the unframed messages is over: the lane may begin.
    released: bool,
    /// What is unframed stays so: there is nobody to compress for.
    given_up: bool,
    /// Sends of this tick; with the first one, JS puts the connection on its list of what to write
    /// at the end of the tick.
    sends: u32,
    /// The last tick that sent anything sent several messages.
    bursts: bool,
    /// The receipt of the message that is being compressed.
    away: Option<Receipt>,
    ledger: Ledger,
    /// The kernel's buffer was full: the lane writes from now on until everything is out.
    blocked: bool,
    /// The most that was outstanding since the kernel's buffer was full.
    peak: u64,
    finish: Finish,
    close_sent: bool,
    /// The system tells only once why a connection is broken.
    failure: Option<i32>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Finish {
    No,
    WhenDrained,
    Done,
}

impl Outbound {
    /// An empty outbound side.
    pub fn new(config: &Config) -> Self {
        Self {
            sender: Some(Sender::new(config)),
            queue: SendQueue::default(),
            unframed: None,
            released: false,
            given_up: false,
            sends: 0,
            bursts: false,
            away: None,
            ledger: Ledger::default(),
            blocked: false,
            peak: 0,
            finish: Finish::No,
            close_sent: false,
            failure: None,
        }
    }

    /// Appends a frame. `wants_receipt`: JS wants to know when it was written.
    pub fn append(
        &mut self,
        frame: Frame,
        payload: &[u8],
        wants_receipt: bool,
        shared: &mut SharedPayload,
    ) {
        let receipt = wants_receipt.then_some(Receipt::Callback);
        self.append_any(frame, payload, receipt, shared);
    }

    /// Appends a frame and writes it at once, without a copy of what the kernel takes; only if
    /// nothing else waits. Returns whether it did.
    ///
    /// # Errors
    ///
    /// The error of the failed write.
    pub fn write_through(
        &mut self,
        fd: impl AsFd,
        frame: Frame,
        payload: &[u8],
        wants_receipt: bool,
    ) -> io::Result<bool> {
        let Frame::Framed(options) = frame else {
            return Ok(false);
        };
        let is_alone = self.is_empty() && self.sends == 0 && !self.bursts;
        if !is_alone || options.mask.is_some() || self.has_to_wait(frame, payload.len()) {
            return Ok(false);
        }
        let Some(sender) = &mut self.sender else {
            return Ok(false);
        };
        let mut header = Vec::with_capacity(HEADER_MAX);
        sender.header(options, payload.len(), &mut header);
        let written = match socket::write(&fd, &[IoSlice::new(&header), IoSlice::new(payload)]) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => {
                self.failure = error.raw_os_error();
                return Err(error);
            }
        };
        let of_header = written.min(header.len());
        let rest = payload.get(written - of_header..).unwrap_or_default();
        self.queue.append_with(rest.len(), |run| {
            run.extend_from_slice(&header[of_header..]);
            run.extend_from_slice(rest);
        });
        let receipt = wants_receipt.then_some(Receipt::Callback);
        self.ledger.append(header.len() + payload.len(), receipt);
        self.ledger.write(written);
        if self.is_drained() {
            self.ledger.drain();
        }
        Ok(true)
    }

    /// Appends the answer to a ping, unless the closing handshake has begun. Returns false if
    /// `limit` (0: none) earlier answers still wait to be written.
    pub fn append_pong(&mut self, payload: &[u8], mask: Option<MaskingKey>, limit: u32) -> bool {
        if self.close_sent {
            return true;
        }
        if limit > 0 && self.ledger.pending_pongs() >= limit {
            return false;
        }
        let options = SendOptions {
            opcode: Opcode::Pong,
            fin: true,
            compress: false,
            mask,
        };
        self.ledger.count_pong();
        let frame = Frame::Framed(options);
        let shared = &mut SharedPayload::default();
        self.append_any(frame, payload, Some(Receipt::Pong), shared);
        true
    }

    fn append_any(
        &mut self,
        frame: Frame,
        payload: &[u8],
        receipt: Option<Receipt>,
        shared: &mut SharedPayload,
    ) {
        let options = match frame {
            Frame::Raw => None,
            Frame::Framed(options) => Some(options),
        };
        self.close_sent |= options.is_some_and(|options| options.opcode == Opcode::Close);
        if self.has_to_wait(frame, payload.len()) {
            self.append_unframed(options, shared.store(payload), receipt);
            return;
        }
        let mask = options.and_then(|options| options.mask);
        let stored = match mask {
            None => shared.share(payload, self.blocked),
            Some(_) => None,
        };
        if let Some(stored) = stored {
            self.append_stored(options, stored, receipt);
            return;
        }
        let bytes = HEADER_MAX + payload.len();
        self.append_framed(bytes, receipt, |sender, run| match (options, sender) {
            (Some(options), Some(sender)) => sender.send(options, payload, run),
            _ => run.extend_from_slice(payload),
        });
    }

    /// Appends a frame whose payload is stored, for this receiver or for many.
    fn append_stored(
        &mut self,
        options: Option<SendOptions>,
        payload: Arc<StoredPayload>,
        receipt: Option<Receipt>,
    ) {
        let before = self.queue.len();
        let mut header = Vec::new();
        if let (Some(options), Some(sender)) = (options, &mut self.sender) {
            header.reserve(HEADER_MAX);
            sender.header(options, payload.len(), &mut header);
        }
        self.queue.append_shared(header, payload);
        self.ledger.append(self.queue.len() - before, receipt);
        self.note_peak();
    }

    fn append_framed(
        &mut self,
        bytes: usize,
        receipt: Option<Receipt>,
        write: impl FnOnce(&mut Option<Sender>, &mut Vec<u8>),
    ) {
        let before = self.queue.len();
        let sender = &mut self.sender;
        self.queue.append_with(bytes, |run| write(sender, run));
        self.ledger.append(self.queue.len() - before, receipt);
        self.note_peak();
    }

    fn note_peak(&mut self) {
        if self.blocked {
            self.peak = self.peak.max(self.ledger.outstanding());
        }
    }

    /// The most that was outstanding since the kernel's buffer was full; 0 if it is not.
    pub fn peak(&self) -> u64 {
        self.peak
    }

    /// The same, once, when the kernel has taken everything.
    pub(super) fn take_peak(&mut self) -> Option<u64> {
        if self.blocked || self.peak == 0 {
            return None;
        }
        Some(std::mem::take(&mut self.peak))
    }

    /// Counts a send of this tick. Returns whether it is the first: then JS has to see to it that
    /// [`release`](Self::release) is called when the tick is over.
    pub fn count_send(&mut self) -> bool {
        self.sends += 1;
        self.sends == 1
    }

    /// The tick is over: lets the lane frame what waits for it. Returns whether there is such a
    /// thing.
    pub fn release(&mut self) -> bool {
        self.bursts = self.sends > 1;
        self.sends = 0;
        self.release_unframed()
    }

    /// Whether JS has sent something in this tick; it takes the receipts at the tick's end.
    pub(super) fn in_tick(&self) -> bool {
        self.sends > 0
    }

    /// Ends the sending direction once everything was written. Returns whether that was done.
    pub fn finish(&mut self, fd: impl AsFd) -> bool {
        if self.finish == Finish::No {
            self.finish = Finish::WhenDrained;
        }
        self.finish_if_drained(fd)
    }

    /// Whether the kernel refused bytes that are still here.
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Gives memory back that an idle connection can do without.
    pub(super) fn hibernate(&mut self) {
        if let Some(sender) = &mut self.sender {
            sender.hibernate();
        }
    }

    /// Whether a close frame was appended.
    pub fn close_sent(&self) -> bool {
        self.close_sent
    }

    /// Bytes of sends that are not done; see [`Ledger`].
    pub fn outstanding(&self) -> u64 {
        self.ledger.outstanding() + self.unframed_bytes() as u64
    }

    /// Whether so much is ready that it should be written before the tick is over.
    pub fn is_full(&self) -> bool {
        self.queue.len() >= WRITE_BYTES && !self.blocked
    }

    /// Bytes that are ready to be written.
    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Whether everything that is ready was taken by the kernel.
    pub(super) fn is_drained(&self) -> bool {
        self.queue.len() == 0
    }

    /// Whether everything was taken by the kernel.
    pub fn is_empty(&self) -> bool {
        self.is_drained() && self.sender.is_some() && !self.has_unframed()
    }

    /// Bytes that the kernel took since the connection began.
    pub fn written(&self) -> u64 {
        self.ledger.written()
    }

    /// Writes until nothing is left or the kernel takes no more.
    ///
    /// # Errors
    ///
    /// The error of the failed write; what was not written stays queued.
    pub fn write(&mut self, fd: impl AsFd) -> io::Result<Progress> {
        while self.queue.len() > 0 {
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let used = self.queue.slices(&mut slices);
            let result = match self.failure {
                Some(errno) => Err(io::Error::from_raw_os_error(errno)),
                None => socket::write(&fd, &slices[..used]),
            };
            match result {
                Ok(written) => {
                    self.queue.advance(written);
                    self.ledger.write(written);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.blocked = true;
                    self.ledger.block();
                    self.queue.settle();
                    self.note_peak();
                    return Ok(Progress::Blocked);
                }
                Err(error) => {
                    self.failure = error.raw_os_error();
                    return Err(error);
                }
            }
        }
        self.blocked = false;
        self.ledger.drain();
        Ok(Progress::Drained)
    }

    /// Shuts the sending direction down if it is time. Returns whether it did.
    pub fn finish_if_drained(&mut self, fd: impl AsFd) -> bool {
        let is_complete = self.is_empty() || self.given_up && self.is_drained();
        let is_time = self.finish == Finish::WhenDrained && is_complete;
        if is_time {
            self.finish = Finish::Done;
            // An error means that the connection is gone already; reading will tell.
            let _ = socket::finish(fd);
        }
        is_time
    }

    /// The connection ends. Returns how many sends that JS wants to know of are done, are stuck
    /// half-way, are lost behind such, and were not even framed; and the bytes of all that was not.
    pub fn close(&mut self) -> [u32; 5] {
        let [done, stuck, lost] = self.ledger.close();
        let bytes = u32::try_from(self.unframed_bytes()).unwrap_or(u32::MAX);
        [done, stuck, lost, self.unframed_callbacks(), bytes]
    }

    /// Takes the receipts of everything written since the last call; returns how many of them JS
    /// waits for.
    pub fn take_receipts(&mut self) -> u32 {
        self.ledger.take_receipts()
    }
}

/// Runs handed to one system call.
const MAX_SLICES: usize = 32;
/// What the kernel handles well in one write.
const WRITE_BYTES: usize = 64 * 1024;
