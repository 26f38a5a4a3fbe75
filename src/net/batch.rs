//! What a lane tells JS: a list of records and one run of payload bytes.

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

/// One event of one connection.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// The number JS knows the connection by.
    pub connection: u32,
    /// What happened.
    pub kind: Kind,
    /// Status code of a close frame, otherwise 0.
    pub code: u16,
    /// A number that depends on `kind`; for payloads, their offset in the batch's bytes or the
    /// index of their own buffer.
    pub value: u32,
    /// Payload length, or a second number that depends on `kind`.
    pub length: u32,
    /// The payload is in a buffer of its own.
    pub owned: bool,
}

/// Records in the order in which things happened, with their payloads.
#[derive(Debug, Default)]
pub struct Batch {
    records: Vec<Record>,
    bytes: Vec<u8>,
    owned: Vec<Vec<u8>>,
    /// Ends of the fragments of messages that came in several frames, by record index.
    fragments: Vec<(usize, Vec<u32>)>,
    weight: usize,
}

impl Batch {
    /// Adds a record without a payload.
    pub fn push(&mut self, connection: u32, kind: Kind, value: u32, length: u32) {
        self.weight += size_of::<Record>();
        self.records.push(Record {
            connection,
            kind,
            code: 0,
            value,
            length,
            owned: false,
        });
    }

    /// Adds a record with a copy of `payload`.
    pub fn push_payload(&mut self, connection: u32, kind: Kind, code: u16, payload: &[u8]) {
        let (value, length) = (self.bytes.len() as u32, payload.len() as u32);
        self.bytes.extend_from_slice(payload);
        self.weight += size_of::<Record>() + payload.len();
        self.records.push(Record {
            connection,
            kind,
            code,
            value,
            length,
            owned: false,
        });
    }

    /// Adds a record and takes over the memory of its payload.
    pub fn push_owned(&mut self, connection: u32, kind: Kind, payload: Vec<u8>) {
        let (value, length) = (self.owned.len() as u32, payload.len() as u32);
        self.weight += size_of::<Record>() + payload.len();
        self.owned.push(payload);
        self.records.push(Record {
            connection,
            kind,
            code: 0,
            value,
            length,
            owned: true,
        });
    }

    /// Notes where the fragments of the last record's message end.
    pub fn note_fragments(&mut self, ends: Vec<u32>) {
        self.weight += size_of_val(&*ends);
        self.fragments.push((self.records.len() - 1, ends));
    }

    /// The records.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The payload of a record of this batch.
    pub fn payload(&self, record: &Record) -> &[u8] {
        let start = record.value as usize;
        if record.owned {
            &self.owned[start]
        } else {
            &self.bytes[start..start + record.length as usize]
        }
    }

    /// Where the fragments of a record's message end; `None` if it came in one frame.
    pub fn fragment_ends(&self, index: usize) -> Option<&[u32]> {
        let found = self
            .fragments
            .binary_search_by_key(&index, |(record, _)| *record)
            .ok()?;
        Some(&self.fragments[found].1)
    }

    /// Bytes of memory that the batch stands for; what flow control counts.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// The memory of a payload that has its own, moved out.
    pub fn take_owned(&mut self, index: usize) -> Option<Vec<u8>> {
        let record = self.records.get(index).filter(|record| record.owned)?;
        self.owned
            .get_mut(record.value as usize)
            .map(std::mem::take)
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Empties the batch; keeps a moderate amount of memory for the next one.
    pub(super) fn clear(&mut self) {
        self.records.clear();
        self.bytes.clear();
        self.bytes.shrink_to(KEEP_BYTES);
        self.owned.clear();
        self.fragments.clear();
        self.weight = 0;
    }
}

impl Kind {
    /// Whether `value` and `length` of a record place a payload.
    pub fn has_payload(self) -> bool {
        (self as u32) < Self::ProtocolError as u32
    }
}

const KEEP_BYTES: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_found_again() {
        let mut batch = Batch::default();
        batch.push_payload(1, Kind::Text, 0, b"one");
        batch.push(2, Kind::End, 0, 0);
        batch.push_owned(3, Kind::Binary, b"owned".to_vec());
        batch.push_payload(4, Kind::Close, 1000, b"four");
        let payloads: Vec<&[u8]> = batch
            .records()
            .iter()
            .filter(|record| record.kind.has_payload())
            .map(|record| batch.payload(record))
            .collect();
        assert_eq!(payloads, [&b"one"[..], b"owned", b"four"]);
        assert_eq!(batch.take_owned(2), Some(b"owned".to_vec()));
        assert_eq!(batch.take_owned(3), None);
        assert_eq!(batch.take_owned(4), None);
    }

    #[test]
    fn fragments_belong_to_the_last_record() {
        let mut batch = Batch::default();
        for number in 0..4 {
            batch.push_payload(number, Kind::Binary, 0, b"payload");
            if number % 2 == 1 {
                batch.note_fragments(vec![number, 7]);
            }
        }
        let ends: Vec<_> = (0..5).map(|index| batch.fragment_ends(index)).collect();
        let [first, third] = [&[1, 7][..], &[3, 7]];
        assert_eq!(ends, [None, Some(first), None, Some(third), None]);
    }

    #[test]
    fn its_weight_is_the_memory_it_stands_for() {
        let mut batch = Batch::default();
        batch.push_payload(1, Kind::Binary, 0, &[0; 100]);
        batch.note_fragments(vec![50, 100]);
        batch.push_owned(1, Kind::Binary, vec![0; 1000]);
        batch.push(1, Kind::End, 0, 0);
        assert_eq!(batch.weight(), 3 * size_of::<Record>() + 100 + 8 + 1000);
        batch.clear();
        assert!(batch.is_empty());
        assert_eq!(batch.weight(), 0);
        assert_eq!(batch.fragment_ends(0), None);
    }
}
