//! What is sent, but not framed yet: messages that the lane has to compress, and all that is behind
//! them.

use std::{collections::VecDeque, sync::Arc};

use super::{Frame, Outbound, Receipt, StoredPayload};
use crate::proto::{SendOptions, Sender};

/// What waits, oldest first.
#[derive(Default)]
pub(super) struct UnframedQueue {
    payloads: VecDeque<Unframed>,
    /// Bytes of these, and of the one that is being compressed.
    bytes: usize,
}

/// Something to send that is not in the queue yet.
pub(in crate::net) struct Unframed {
    pub(in crate::net) options: Option<SendOptions>,
    pub(in crate::net) payload: Arc<StoredPayload>,
    receipt: Option<Receipt>,
}

impl Outbound {
    /// Compressing is the lane's work, and nothing overtakes what waits for it.
    pub(super) fn has_to_wait(&self, frame: Frame, payload_len: usize) -> bool {
        match (&self.sender, frame) {
            (None, _) => true,
            _ if self.has_unframed() => true,
            (Some(sender), Frame::Framed(options)) => sender.compresses(&options, payload_len),
            (Some(_), Frame::Raw) => false,
        }
    }

    /// Takes the next message to compress, and the sender to do it with.
    pub(in crate::net) fn take_unframed(&mut self) -> Option<(Sender, Unframed)> {
        if !self.released {
            return None;
        }
        let next = self.unframed.as_mut()?.payloads.pop_front()?;
        self.released = self.has_unframed();
        self.away = next.receipt;
        Some((self.sender.take()?, next))
    }

    /// Gives back the sender and what it has made of the message.
    pub(in crate::net) fn put_framed(&mut self, sender: Sender, unframed: &Unframed, frame: &[u8]) {
        self.sender = Some(sender);
        self.away = None;
        if let Some(waiting) = &mut self.unframed {
            waiting.bytes -= unframed.payload.len();
        }
        self.append_framed(frame.len(), unframed.receipt, |_, run| {
            run.extend_from_slice(frame);
        });
    }

    /// Appends something that has to wait.
    pub(super) fn append_unframed(
        &mut self,
        options: Option<SendOptions>,
        payload: Arc<StoredPayload>,
        receipt: Option<Receipt>,
    ) {
        let unframed = self.unframed.get_or_insert_default();
        unframed.bytes += payload.len();
        unframed.payloads.push_back(Unframed {
            options,
            payload,
            receipt,
        });
    }

    /// Lets the lane frame what waits for it. Returns whether there is such a thing.
    pub(super) fn release_unframed(&mut self) -> bool {
        self.released = self.has_unframed() && !self.given_up;
        self.released
    }

    /// The peer has ended: like ws, which finds the socket closed when it has compressed a
    /// message, sends nothing more of what waits for that.
    pub(in crate::net) fn give_up_unframed(&mut self) {
        self.given_up = true;
        self.released = false;
    }

    pub(super) fn has_unframed(&self) -> bool {
        let mut waiting = self.unframed.iter();
        waiting.any(|unframed| !unframed.payloads.is_empty())
    }

    pub(super) fn unframed_bytes(&self) -> usize {
        self.unframed.as_ref().map_or(0, |unframed| unframed.bytes)
    }

    /// Whether the lane has more to frame.
    pub(in crate::net) fn has_released(&self) -> bool {
        self.released
    }

    /// How many of the sends that are not framed JS wants to know of.
    pub(super) fn unframed_callbacks(&self) -> u32 {
        let waiting = self.unframed.iter().flat_map(|queue| &queue.payloads);
        let receipts = waiting.map(|unframed| unframed.receipt).chain([self.away]);
        let wanted = receipts.filter(|receipt| *receipt == Some(Receipt::Callback));
        wanted.count() as u32
    }
}
