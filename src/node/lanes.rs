//! Connections on lanes, as JS drives them.

mod batches;
mod connection;

use std::{
    collections::HashMap,
    sync::{Arc, MutexGuard},
};

use super::{
    Instance,
    doorbell::Doorbell,
    options::{ConnectionOptions, SendRecord, SendWord},
};
use crate::net::{
    self, Batch, Connection, ConnectionConfig, Frame, Inbox, Kind, Lane, Link, Outbound, Place,
    Progress, Record, SharedPayload,
};

/// The lanes of an instance and the connections on them, by the numbers JS gave them.
pub(super) struct Lanes {
    doorbell: Doorbell,
    inbox: Arc<Inbox>,
    lanes: Vec<Option<Lane>>,
    links: Vec<Option<Arc<Link>>>,
    /// How many connections JS has not been told the last of.
    connections: usize,
    /// Connections that were adopted and have not begun.
    starting: HashMap<u32, Starting>,
    /// What was received on connections before they began.
    early: Batch,
    /// Connections that something was sent on in this tick.
    unwritten: Vec<u32>,
    /// What of this tick's sends had to be stored.
    shared: SharedPayload,
    /// The batch that JS is being told, and how far it was told.
    current: Batch,
    told: usize,
    /// First record of the last call of `drain`.
    page: usize,
}

/// A connection on its way to a lane, and the bytes that were read from it before.
struct Starting {
    connection: Connection,
    head: Vec<u8>,
}

impl Lanes {
    fn new(count: usize, doorbell: Doorbell) -> Self {
        Self {
            inbox: Arc::new(Inbox::new(count, doorbell.button())),
            doorbell,
            lanes: std::iter::repeat_with(|| None).take(count).collect(),
            links: Vec::new(),
            connections: 0,
            starting: HashMap::new(),
            early: Batch::default(),
            unwritten: Vec::new(),
            shared: SharedPayload::default(),
            current: Batch::default(),
            told: 0,
            page: 0,
        }
    }

    /// Whether there are no connections.
    pub(super) fn is_idle(&self) -> bool {
        self.connections == 0
    }

    /// Takes over the connection `number`, but for reading.
    fn adopt(
        &mut self,
        number: u32,
        fd: i32,
        head: &[u8],
        options: &ConnectionOptions,
    ) -> std::io::Result<()> {
        self.start_lane(number)?;
        let config = ConnectionConfig {
            engine: options.engine(),
            max_pending_pongs: options.max_pending_auto_pongs,
            heartbeat: options.heartbeat(),
        };
        let link = Arc::new(Link::new(net::adopt(fd)?, number, &config.engine));
        link.set_auto_pong(options.auto_pong);
        let slot = number as usize;
        if self.links.len() <= slot {
            self.links.resize_with(slot + 1, || None);
        }
        self.links[slot] = Some(Arc::clone(&link));
        let (connection, head) = (Connection::new(link, config), head.to_vec());
        self.starting.insert(number, Starting { connection, head });
        self.connections += 1;
        Ok(())
    }

    /// The lane of a connection follows from its number, so that they spread evenly.
    fn start_lane(&mut self, number: u32) -> std::io::Result<&Lane> {
        let index = number as usize % self.lanes.len();
        match &mut self.lanes[index] {
            Some(lane) => Ok(lane),
            empty => Ok(empty.insert(Lane::start(index, Arc::clone(&self.inbox))?)),
        }
    }

    /// Parses what was read from the connection already, then lets its lane read.
    fn begin(&mut self, number: u32) {
        let Some(starting) = self.starting.remove(&number) else {
            return;
        };
        let Starting {
            mut connection,
            head,
        } = starting;
        if !head.is_empty() {
            connection.parse_head(&mut self.early, &head);
        }
        // The lane was started when the connection was adopted.
        if let Ok(lane) = self.start_lane(number) {
            lane.adopt(connection);
        }
    }

    /// Appends what JS has sent to its connections.
    fn append_all(&mut self, records: impl Iterator<Item = SendRecord>, slab: &[u8]) {
        for record in records {
            self.append(record.number, record.word, record.payload(slab));
        }
    }

    fn append(&mut self, number: u32, word: SendWord, mut payload: &[u8]) {
        // The connection may be gone; its callbacks get an error when JS hears of it.
        let Some(link) = slot(&self.links, number) else {
            return;
        };
        let frame = word.options(&mut payload).map_or(Frame::Raw, Frame::Framed);
        if word.goes_to_many() {
            self.shared.keep(payload);
        }
        let mut outbound = link.outbound();
        outbound.append(frame, payload, word.wants_receipt(), &mut self.shared);
        if outbound.count_send() {
            self.unwritten.push(number);
        }
        if outbound.is_full() {
            write_or_wake(link, &mut outbound);
        }
    }

    /// Sends a payload without a copy, if nothing is in front of it.
    fn send_apart(&mut self, number: u32, word: SendWord, mut payload: &[u8]) {
        let Some(link) = slot(&self.links, number) else {
            return;
        };
        let whole = payload;
        let frame = word.options(&mut payload).map_or(Frame::Raw, Frame::Framed);
        let mut outbound = link.outbound();
        let written = outbound.write_through(link, frame, payload, word.wants_receipt());
        if matches!(written, Ok(true)) {
            outbound.count_send();
            drop(outbound);
            self.unwritten.push(number);
        } else {
            // The lane will meet the same error, if it was one, and report it.
            drop(outbound);
            self.append(number, word, whole);
        }
    }

    /// Writes every connection that something was sent on, once. Fills `receipts` with pairs of a
    /// connection and the number of its sends that were written and want to be known of; returns
    /// the number of pairs. If they are full, there is more to write.
    fn write_all(&mut self, receipts: &mut [u32]) -> usize {
        self.shared.clear();
        let mut tried = 0;
        let mut count = 0;
        let (receipts, _) = receipts.as_chunks_mut::<2>();
        for &number in &self.unwritten {
            let Some(receipt) = receipts.get_mut(count) else {
                break;
            };
            tried += 1;
            let sent = slot(&self.links, number).map_or(0, write);
            if sent > 0 {
                *receipt = [number, sent];
                count += 1;
            }
        }
        self.unwritten.drain(..tried);
        count
    }

    /// Leaves the writing of everything that was sent to the lanes.
    fn hand_over(&mut self) {
        self.shared.clear();
        for number in self.unwritten.drain(..) {
            if let Some(link) = slot(&self.links, number) {
                link.outbound().release();
                link.wake();
            }
        }
    }

    /// Writes what the lanes have not written yet: they are about to end.
    fn write_rest(&self) {
        for link in self.links.iter().flatten() {
            drop(write_framed(link));
        }
    }

    /// Tells JS the next events; see [`drain`].
    fn drain(&mut self, page: &mut [u32], chunk: &mut [u8], mut offset: usize) -> usize {
        if self.told == self.current.records().len() && !self.next_batch() {
            return 0;
        }
        self.page = self.told;
        let inline_bytes = chunk.len() / PAYLOADS_PER_CHUNK;
        let mut count = 0;
        for (record, words) in self.current.records()[self.told..]
            .iter()
            .zip(page.chunks_exact_mut(RECORD_WORDS))
        {
            let length = record.length as usize;
            let (mut flags, mut value) = (0, record.value);
            if record.kind.has_payload() && length > 0 {
                if record.place == Place::Owned || length > inline_bytes {
                    flags = APART;
                } else {
                    let Some(target) = chunk.get_mut(offset..offset + length) else {
                        break;
                    };
                    target.copy_from_slice(self.current.payload(record));
                    value = offset as u32;
                    offset += length;
                }
            }
            words.copy_from_slice(&[record.connection, word(record, flags), value, record.length]);
            count += 1;
            if record.kind == Kind::Closed {
                self.connections -= 1;
            }
        }
        self.told += count;
        count
    }

    fn next_batch(&mut self) -> bool {
        self.told = 0;
        if !self.early.is_empty() {
            self.current = std::mem::take(&mut self.early);
            return true;
        }
        self.inbox.take(&mut self.current)
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.write_rest();
    }
}

fn slot(links: &[Option<Arc<Link>>], number: u32) -> Option<&Arc<Link>> {
    links.get(number as usize)?.as_ref()
}

/// Tries to write from this thread: that saves a wake-up of the lane, and most often the kernel
/// takes everything. Returns the number of sends that were written and want to be known of.
fn write(link: &Arc<Link>) -> u32 {
    let mut outbound = link.outbound();
    let needs_lane = outbound.release();
    if outbound.is_blocked() {
        return outbound.take_receipts();
    }
    write_or_wake(link, &mut outbound);
    if needs_lane {
        link.wake();
    }
    outbound.take_receipts()
}

/// Tries to write what needs no compression before it can be, so that what is said of the
/// connection is what it would be if every send had been written at once.
fn write_framed(link: &Arc<Link>) -> MutexGuard<'_, Outbound> {
    let mut outbound = link.outbound();
    if !outbound.is_blocked() {
        write_or_wake(link, &mut outbound);
    }
    outbound
}

/// The lane goes on when the socket is writable, and reports a failure.
fn write_or_wake(link: &Link, outbound: &mut Outbound) {
    if !matches!(outbound.write(link), Ok(Progress::Drained)) {
        link.wake();
    }
}

fn word(record: &Record, flags: u32) -> u32 {
    record.kind as u32 | flags | u32::from(record.code) << 16
}

fn with_lanes<T>(instance: u32, task: impl FnOnce(&mut Lanes) -> T) -> Option<T> {
    Instance::with(instance, |instance| instance.lanes.as_mut().map(task)).flatten()
}

/// Words of a record that JS reads.
const RECORD_WORDS: usize = 4;
/// Payloads that are longer than this part of a chunk are left apart, so that a kept message does
/// not pin much more than itself.
const PAYLOADS_PER_CHUNK: usize = 4;
/// Flag of a record: the payload has to be fetched with `takePayload`.
const APART: u32 = 0x100;
