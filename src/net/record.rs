//! What a lane tells JS, event by event.

use std::ops::Range;

/// What a [`Record`] says. The numbers are shared with `lib/native.js`; those of frames are
/// their opcodes (RFC 6455 section 5.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum Kind {
    /// A text message.
    Text = 1,
    /// A binary message.
    Binary = 2,
    /// A close frame; `code` is its status code or 1005, the payload its reason.
    Close = 8,
    /// A ping.
    Ping = 9,
    /// A pong.
    Pong = 10,
    /// Bytes as they came from the socket, of a connection that is tapped.
    Bytes = 15,
    /// The peer broke the protocol: `value` is the error number, `length` its detail.
    ProtocolError = 16,
    /// The peer will send no more bytes.
    End = 17,
    /// A system call failed: `value` is errno, `length` is 0 for a read and 1 for a write.
    SocketError = 18,
    /// The connection is over and its descriptor closed. Always the last record of a connection.
    Closed = 19,
    /// `value` sends that asked for it were handed to the kernel.
    Sent = 20,
    /// Too many automatic pongs wait to be written.
    PongOverflow = 21,
    /// The peer gave no sign of life in time.
    HeartbeatTimeout = 22,
    /// Everything queued was written and the sending direction was shut down.
    Finished = 23,
    /// The kernel did not take everything and now has; at most `value` bytes were outstanding.
    Drained = 24,
    /// Like `ProtocolError`, and several compressed messages came in the same chunk before.
    LateProtocolError = 26,
}

impl Kind {
    /// Whether `value` and `length` of a record place a payload.
    pub fn has_payload(self) -> bool {
        (self as u32) < Self::ProtocolError as u32
    }
}

/// One event of one connection.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// The number JS knows the connection by.
    pub connection: u32,
    /// What happened.
    pub kind: Kind,
    /// Where the payload is.
    pub place: Place,
    /// Status code of a close frame, otherwise 0.
    pub code: u16,
    /// A number that depends on `kind`; for payloads, their offset or the index of their own
    /// buffer.
    pub value: u32,
    /// Payload length, or a second number that depends on `kind`.
    pub length: u32,
}

/// Where a batch has the payload of a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// Where it was read to from the socket.
    Received,
    /// Among those that had to be assembled.
    Copied,
    /// In a buffer of its own.
    Owned,
}

/// Records in the order in which things happened, with the payloads that are not left where they
/// were received.
#[derive(Debug, Default)]
pub struct Records {
    pub(super) list: Vec<Record>,
    pub(super) copied: Vec<u8>,
    pub(super) owned: Vec<Vec<u8>>,
    /// Ends of the fragments of messages that came in several frames, by record index.
    pub(super) fragments: Vec<(usize, Vec<u32>)>,
    /// Where the chunk begins that is being parsed, and where the last payload ends that was left
    /// in place.
    pub(super) chunk_start: usize,
    pub(super) received: usize,
    pub(super) weight: usize,
}

impl Records {
    /// Adds a record without a payload.
    pub fn push(&mut self, connection: u32, kind: Kind, value: u32, length: u32) {
        self.add(connection, kind, 0, Place::Received, value, length);
    }

    /// Adds a record whose payload stays in `range` of the chunk that is being parsed.
    pub fn push_in_chunk(&mut self, connection: u32, kind: Kind, code: u16, range: &Range<usize>) {
        let (start, end) = (self.chunk_start + range.start, self.chunk_start + range.end);
        // With what stands before it, which is not of use any more.
        self.weight += end.saturating_sub(self.received);
        self.received = end;
        let length = range.len() as u32;
        self.add(
            connection,
            kind,
            code,
            Place::Received,
            start as u32,
            length,
        );
    }

    /// Adds a record with a copy of `payload`.
    pub fn push_copy(&mut self, connection: u32, kind: Kind, code: u16, payload: &[u8]) {
        let (start, length) = (self.copied.len() as u32, payload.len() as u32);
        self.copied.extend_from_slice(payload);
        self.weight += payload.len();
        self.add(connection, kind, code, Place::Copied, start, length);
    }

    /// Adds a record and takes over the memory of its payload.
    pub fn push_owned(&mut self, connection: u32, kind: Kind, payload: Vec<u8>) {
        let (index, length) = (self.owned.len() as u32, payload.len() as u32);
        self.weight += payload.len();
        self.owned.push(payload);
        self.add(connection, kind, 0, Place::Owned, index, length);
    }

    /// Notes where the fragments of the last record's message end.
    pub fn note_fragments(&mut self, ends: Vec<u32>) {
        self.weight += size_of_val(&*ends);
        self.fragments.push((self.list.len() - 1, ends));
    }

    fn add(
        &mut self,
        connection: u32,
        kind: Kind,
        code: u16,
        place: Place,
        value: u32,
        length: u32,
    ) {
        self.weight += size_of::<Record>();
        self.list.push(Record {
            connection,
            kind,
            place,
            code,
            value,
            length,
        });
    }
}
