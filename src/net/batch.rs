//! A lane's news for JS: what was read, and the records of what it means.

use super::{
    Record,
    record::{Place, Records},
};

/// Records in the order in which things happened, with their payloads.
#[derive(Debug, Default)]
pub struct Batch {
    /// What sockets were read into. Payloads that came in one piece stay there; what lies between
    /// them is of no use any more.
    received: Vec<u8>,
    records: Records,
}

impl Batch {
    /// Memory to read at most `count` bytes into, behind the payloads that are there.
    pub(super) fn room(&mut self, count: usize) -> &mut [u8] {
        let start = self.records.received;
        let end = start + count;
        if self.received.is_empty() {
            // Unlike `resize`, this leaves it to the kernel to make the pages that are needed.
            self.received = vec![0; end];
        } else if self.received.len() < end {
            self.received.resize(end, 0);
        }
        &mut self.received[start..end]
    }

    /// The first `count` bytes of [`Batch::room`], which were read, and where to tell what they
    /// mean.
    pub(super) fn chunk(&mut self, count: usize) -> (&mut [u8], &mut Records) {
        let start = self.records.received;
        self.records.chunk_start = start;
        (&mut self.received[start..start + count], &mut self.records)
    }

    /// Where to tell what happened.
    pub fn records_mut(&mut self) -> &mut Records {
        &mut self.records
    }

    /// The records.
    pub fn records(&self) -> &[Record] {
        &self.records.list
    }

    /// The payload of a record of this batch.
    pub fn payload(&self, record: &Record) -> &[u8] {
        let start = record.value as usize;
        let end = start + record.length as usize;
        match record.place {
            Place::Received => &self.received[start..end],
            Place::Copied => &self.records.copied[start..end],
            Place::Owned => &self.records.owned[start],
        }
    }

    /// Where the fragments of a record's message end; `None` if it came in one frame.
    pub fn fragment_ends(&self, index: usize) -> Option<&[u32]> {
        let fragments = &self.records.fragments;
        let found = fragments
            .binary_search_by_key(&index, |(record, _)| *record)
            .ok()?;
        Some(&fragments[found].1)
    }

    /// Bytes of memory that the batch stands for; what flow control counts.
    pub fn weight(&self) -> usize {
        self.records.weight
    }

    /// The memory of a payload that has its own, moved out.
    pub fn take_owned(&mut self, index: usize) -> Option<Vec<u8>> {
        let record = self.records.list.get(index)?;
        if record.place != Place::Owned {
            return None;
        }
        let payload = self.records.owned.get_mut(record.value as usize);
        payload.map(std::mem::take)
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.records.list.is_empty()
    }

    /// Empties the batch; keeps a moderate amount of memory for the next one.
    pub(super) fn clear(&mut self) {
        let records = &mut self.records;
        if self.received.len() > KEEP_RECEIVED {
            self.received = Vec::new();
        }
        records.list.clear();
        records.copied.clear();
        records.copied.shrink_to(KEEP_COPIED);
        records.owned.clear();
        records.fragments.clear();
        (records.chunk_start, records.received, records.weight) = (0, 0, 0);
    }
}

/// What a lane reads before it hands a batch over, and another read.
const KEEP_RECEIVED: usize = 512 * 1024;
const KEEP_COPIED: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Kind;

    fn read(batch: &mut Batch, bytes: &[u8]) {
        batch.room(100)[..bytes.len()].copy_from_slice(bytes);
    }

    #[test]
    fn payloads_are_found_again() {
        let mut batch = Batch::default();
        read(&mut batch, b"..one.two.");
        let (bytes, records) = batch.chunk(10);
        assert_eq!(bytes, b"..one.two.");
        records.push_in_chunk(1, Kind::Text, 0, &(2..5));
        records.push_copy(2, Kind::Close, 1000, b"copied");
        records.push_in_chunk(1, Kind::Text, 0, &(6..9));
        records.push(2, Kind::End, 0, 0);
        records.push_owned(3, Kind::Binary, b"owned".to_vec());
        read(&mut batch, b"three");
        batch.chunk(5).1.push_in_chunk(4, Kind::Pong, 0, &(0..5));
        let payloads: Vec<&[u8]> = batch
            .records()
            .iter()
            .filter(|record| record.kind.has_payload())
            .map(|record| batch.payload(record))
            .collect();
        assert_eq!(
            payloads,
            [&b"one"[..], b"copied", b"two", b"owned", b"three"]
        );
        assert_eq!(batch.take_owned(4), Some(b"owned".to_vec()));
        assert_eq!(batch.take_owned(5), None);
        assert_eq!(batch.take_owned(6), None);
    }

    #[test]
    fn what_is_no_payload_is_overwritten_by_the_next_read() {
        let mut batch = Batch::default();
        for _ in 0..3 {
            read(&mut batch, b"payload, and then something else");
            batch.chunk(32).1.push_in_chunk(1, Kind::Text, 0, &(0..7));
            read(&mut batch, b"a part of a frame");
            batch.chunk(17);
        }
        assert_eq!(batch.received.len(), 3 * 7 + 100);
        assert_eq!(&batch.received[..21], b"payload".repeat(3));
    }

    #[test]
    fn fragments_belong_to_the_last_record() {
        let mut batch = Batch::default();
        for number in 0..4 {
            let records = batch.records_mut();
            records.push_copy(number, Kind::Binary, 0, b"payload");
            if number % 2 == 1 {
                records.note_fragments(vec![number, 7]);
            }
        }
        let ends: Vec<_> = (0..5).map(|index| batch.fragment_ends(index)).collect();
        let [first, third] = [&[1, 7][..], &[3, 7]];
        assert_eq!(ends, [None, Some(first), None, Some(third), None]);
    }

    #[test]
    fn its_weight_is_the_memory_it_stands_for() {
        let mut batch = Batch::default();
        batch.room(100);
        let records = batch.chunk(90).1;
        records.push_in_chunk(1, Kind::Binary, 0, &(10..20));
        records.push_in_chunk(1, Kind::Binary, 0, &(22..50));
        records.push_copy(1, Kind::Binary, 0, &[0; 30]);
        records.note_fragments(vec![50, 100]);
        records.push_owned(1, Kind::Binary, vec![0; 1000]);
        records.push(1, Kind::End, 0, 0);
        assert_eq!(batch.weight(), 5 * size_of::<Record>() + 50 + 30 + 8 + 1000);
        batch.clear();
        assert!(batch.is_empty());
        assert_eq!(batch.weight(), 0);
        assert_eq!(batch.fragment_ends(0), None);
    }

    #[test]
    fn an_empty_batch_has_no_more_memory_than_a_lane_needs() {
        let mut batch = Batch::default();
        for (size, kept) in [(KEEP_RECEIVED, KEEP_RECEIVED), (KEEP_RECEIVED + 1, 0)] {
            batch.room(size);
            batch.clear();
            assert_eq!(batch.received.len(), kept);
        }
    }
}
