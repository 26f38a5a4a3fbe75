//! The sending half of a connection: frames what is sent and writes what the kernel takes.
//!
//! Shared by the JS thread, which appends messages and tries the first write itself, and the
//! lane, which appends pongs and writes whatever did not fit.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    os::fd::AsFd,
    sync::Arc,
};

use super::{send_queue::SendQueue, socket};
use crate::proto::{Config, MaskingKey, Opcode, SendOptions, Sender};

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
    sender: Sender,
    queue: SendQueue,
    /// Bytes appended to and removed from `queue` since the connection began.
    appended: u64,
    written: u64,
    receipts: VecDeque<(u64, Receipt)>,
    /// The kernel's buffer was full: the lane writes from now on until everything is out.
    blocked: bool,
    finish: Finish,
    close_sent: bool,
    pending_pongs: u32,
}

/// What to do when a position of the outgoing bytes was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Receipt {
    /// Tell JS, which has a callback waiting.
    Callback,
    /// Count one automatic pong less.
    Pong,
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
            sender: Sender::new(config),
            queue: SendQueue::default(),
            appended: 0,
            written: 0,
            receipts: VecDeque::new(),
            blocked: false,
            finish: Finish::No,
            close_sent: false,
            pending_pongs: 0,
        }
    }

    /// Appends a frame. `wants_receipt`: JS wants to know when it was written.
    pub fn append(&mut self, frame: Frame, payload: &[u8], wants_receipt: bool) {
        let before = self.queue.len();
        match frame {
            Frame::Raw => self.queue.append_with(|run| run.extend_from_slice(payload)),
            Frame::Framed(options) => {
                self.close_sent |= options.opcode == Opcode::Close;
                let sender = &mut self.sender;
                self.queue
                    .append_with(|run| sender.send(options, payload, run));
            }
        }
        self.appended += (self.queue.len() - before) as u64;
        self.want_receipt(wants_receipt);
    }

    fn want_receipt(&mut self, wanted: bool) {
        if wanted {
            self.receipts.push_back((self.appended, Receipt::Callback));
        }
    }

    /// Appends an unmasked, uncompressed frame whose payload is shared with other connections.
    pub fn append_shared(
        &mut self,
        options: SendOptions,
        payload: &Arc<[u8]>,
        wants_receipt: bool,
    ) {
        let before = self.queue.len();
        let sender = &mut self.sender;
        self.queue
            .append_with(|run| sender.header(options, payload.len(), run));
        self.queue.append_shared(Arc::clone(payload));
        self.appended += (self.queue.len() - before) as u64;
        self.want_receipt(wants_receipt);
    }

    /// Appends the answer to a ping, unless the closing handshake has begun. Returns false if
    /// `limit` (0: none) earlier answers still wait to be written.
    pub fn append_pong(&mut self, payload: &[u8], mask: Option<MaskingKey>, limit: u32) -> bool {
        if self.close_sent {
            return true;
        }
        if limit > 0 && self.pending_pongs >= limit {
            return false;
        }
        let options = SendOptions {
            opcode: Opcode::Pong,
            fin: true,
            compress: false,
            mask,
        };
        self.append(Frame::Framed(options), payload, false);
        self.pending_pongs += 1;
        self.receipts.push_back((self.appended, Receipt::Pong));
        true
    }

    /// Ends the sending direction once everything was written.
    pub fn finish(&mut self) {
        if self.finish == Finish::No {
            self.finish = Finish::WhenDrained;
        }
    }

    /// Whether the kernel refused bytes that are still here.
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Whether a close frame was appended.
    pub fn close_sent(&self) -> bool {
        self.close_sent
    }

    /// Bytes that the kernel has not taken.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether everything was taken by the kernel.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that the kernel took since the connection began.
    pub fn written(&self) -> u64 {
        self.written
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
            match socket::write(&fd, &slices[..used]) {
                Ok(written) => {
                    self.queue.advance(written);
                    self.written += written as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.blocked = true;
                    return Ok(Progress::Blocked);
                }
                Err(error) => return Err(error),
            }
        }
        self.blocked = false;
        Ok(Progress::Drained)
    }

    /// Shuts the sending direction down if that was asked for and everything is written. Returns
    /// whether it has just happened.
    pub fn finish_if_drained(&mut self, fd: impl AsFd) -> bool {
        if self.finish != Finish::WhenDrained || !self.is_empty() {
            return false;
        }
        self.finish = Finish::Done;
        // An error means that the connection is gone already; reading will tell.
        let _ = socket::finish(fd);
        true
    }

    /// Takes the receipts of everything written since the last call; returns how many of them JS
    /// waits for.
    pub fn take_receipts(&mut self) -> u32 {
        let mut callbacks = 0;
        while let Some(&(position, receipt)) = self.receipts.front() {
            if position > self.written {
                break;
            }
            self.receipts.pop_front();
            match receipt {
                Receipt::Callback => callbacks += 1,
                Receipt::Pong => self.pending_pongs -= 1,
            }
        }
        callbacks
    }
}

/// Runs handed to one system call.
const MAX_SLICES: usize = 16;
