//! Connections on lanes, as JS drives them: adopt, drain, flush, close.

use std::sync::Arc;

use napi::bindgen_prelude::{BufferSlice, Uint32ArraySlice};
use napi_derive::napi;

use super::{
    Environment,
    bytes::{bytes, elements},
    doorbell::Doorbell,
    options::{ConnectionOptions, SendWord},
};
use crate::net::{self, Batch, ConnectionConfig, Frame, Inbox, Lane, Link, Progress, Record};

/// The lanes of an environment and the connections on them, by the numbers JS gave them.
pub(super) struct Lanes {
    inbox: Arc<Inbox>,
    lanes: Vec<Option<Lane>>,
    links: Vec<Option<Arc<Link>>>,
    /// Connections with bytes that no one has tried to write yet.
    unwritten: Vec<u32>,
    /// The batch that JS is being told, and how far it was told.
    current: Batch,
    told: usize,
    /// First record of the last call of `drain`.
    page: usize,
}

impl Lanes {
    pub(super) fn new(count: usize, doorbell: Doorbell) -> Self {
        Self {
            inbox: Arc::new(Inbox::new(count, Box::new(doorbell))),
            lanes: std::iter::repeat_with(|| None).take(count).collect(),
            links: Vec::new(),
            unwritten: Vec::new(),
            current: Batch::default(),
            told: 0,
            page: 0,
        }
    }

    fn link(&self, number: u32) -> Option<&Arc<Link>> {
        self.links.get(number as usize)?.as_ref()
    }

    /// Gives the connection `number` to a lane. The lane follows from the number, so that
    /// connections spread evenly.
    fn adopt(
        &mut self,
        number: u32,
        fd: i32,
        head: &[u8],
        options: &ConnectionOptions,
    ) -> std::io::Result<()> {
        let index = number as usize % self.lanes.len();
        let lane = match &mut self.lanes[index] {
            Some(lane) => lane,
            empty => empty.insert(Lane::start(index, Arc::clone(&self.inbox))?),
        };
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
        lane.adopt(link, config, head.to_vec());
        Ok(())
    }

    /// Appends what one tick sent to its connections, then writes each connection once. Replaces
    /// the records by receipts: pairs of a connection and the number of its sends that were
    /// written and want to be known of. Returns the number of pairs.
    fn flush(&mut self, records: &mut [u32], slab: &[u8]) -> usize {
        for record in records.chunks_exact(SEND_WORDS) {
            let &[number, word, offset, length] = record else {
                continue;
            };
            let (start, end) = (offset as usize, offset as usize + length as usize);
            self.append(number, SendWord::new(word), &slab[start..end]);
        }
        let mut unwritten = std::mem::take(&mut self.unwritten);
        let mut receipts = records.chunks_exact_mut(2);
        let mut count = 0;
        for number in unwritten.drain(..) {
            let sent = self.link(number).map_or(0, write);
            if sent > 0
                && let Some(receipt) = receipts.next()
            {
                receipt.copy_from_slice(&[number, sent]);
                count += 1;
            }
        }
        self.unwritten = unwritten;
        count
    }

    fn append(&mut self, number: u32, word: SendWord, mut payload: &[u8]) {
        // The connection may be gone; its callbacks get an error when JS hears of it.
        let Some(link) = self.links.get(number as usize).and_then(Option::as_ref) else {
            return;
        };
        let frame = word.options(&mut payload).map_or(Frame::Raw, Frame::Framed);
        let mut outbound = link.outbound();
        let was_empty = outbound.is_empty();
        outbound.append(frame, payload, word.wants_receipt());
        if was_empty && self.unwritten.last() != Some(&number) {
            self.unwritten.push(number);
        }
    }

    /// Tells JS the next events; see [`drain`].
    fn drain(&mut self, page: &mut [u32], chunk: &mut [u8], mut offset: usize) -> usize {
        if self.told == self.current.records().len() && !self.next_batch() {
            return 0;
        }
        self.page = self.told;
        let mut count = 0;
        for (record, words) in self.current.records()[self.told..]
            .iter()
            .zip(page.chunks_exact_mut(RECORD_WORDS))
        {
            let length = record.length as usize;
            let (mut flags, mut value) = (0, record.value);
            if record.kind.has_payload() && length > 0 {
                if record.owned || length > INLINE_BYTES {
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
        }
        self.told += count;
        count
    }

    fn next_batch(&mut self) -> bool {
        self.current.clear();
        self.told = 0;
        self.inbox.take(&mut self.current)
    }
}

/// Tries to write from this thread: that saves a wake-up of the lane, and most often the kernel
/// takes everything. Returns the number of sends that were written and want to be known of.
fn write(link: &Arc<Link>) -> u32 {
    let mut outbound = link.outbound();
    if outbound.is_blocked() {
        return 0;
    }
    let result = outbound.write(link);
    let sent = outbound.take_receipts();
    drop(outbound);
    // The lane goes on when the socket is writable, and reports a failure.
    if !matches!(result, Ok(Progress::Drained)) {
        link.wake();
    }
    sent
}

fn word(record: &Record, flags: u32) -> u32 {
    record.kind as u32 | flags | u32::from(record.code) << 16
}

/// Moves a connected socket to a lane. `number` is what both sides call the connection, `fd` the
/// socket's descriptor, which is duplicated, and `head` what was read from it already. Returns 0
/// or the error number of the system.
#[napi(catch_unwind)]
pub fn adopt(number: u32, fd: i32, head: &[u8], options: ConnectionOptions) -> i32 {
    let result =
        Environment::with(|environment| environment.lanes.adopt(number, fd, head, &options));
    match result {
        Some(Ok(())) => 0,
        Some(Err(error)) => error.raw_os_error().unwrap_or(-1),
        None => -1,
    }
}

/// Tells JS what happened: fills `page` with records of four words (connection; kind, flags and
/// status code; value; length) and `chunk`, from `offset`, with their small payloads. Returns the
/// number of records; with 0, the doorbell will ring when there is more.
#[napi(catch_unwind)]
pub fn drain(mut page: Uint32ArraySlice<'_>, mut chunk: BufferSlice<'_>, offset: u32) -> u32 {
    let drained = Environment::with(|environment| {
        environment
            .lanes
            .drain(elements(&mut page), bytes(&mut chunk), offset as usize)
    });
    drained.unwrap_or_default() as u32
}

/// Copies the payload of record `index` of the last page, which `drain` left apart, to `target`.
#[napi(catch_unwind)]
pub fn take_payload(index: u32, mut target: BufferSlice<'_>) {
    Environment::with(|environment| {
        let lanes = &environment.lanes;
        if let Some(record) = lanes.current.records().get(lanes.page + index as usize) {
            bytes(&mut target).copy_from_slice(lanes.current.payload(record));
        }
    });
}

/// Where the fragments of the message of record `index` of the last page end; empty if it came in
/// one frame.
#[napi(catch_unwind)]
pub fn fragment_ends(index: u32) -> Vec<u32> {
    let ends = Environment::with(|environment| {
        let lanes = &environment.lanes;
        lanes
            .current
            .fragment_ends(lanes.page + index as usize)
            .map(<[u32]>::to_vec)
    });
    ends.flatten().unwrap_or_default()
}

/// Leaves the rest of the inbox for a later turn of the event loop.
#[napi(catch_unwind)]
pub fn postpone() {
    Environment::with(|environment| environment.lanes.inbox.postpone());
}

/// Frames and writes what one tick sent: `count` records of four words (connection; send word;
/// offset; length) whose payloads are in `slab`. Puts receipts in their place: pairs of a
/// connection and the number of its sends that were written. Returns the number of pairs.
#[napi(catch_unwind)]
pub fn flush(mut records: Uint32ArraySlice<'_>, count: u32, slab: &[u8]) -> u32 {
    let receipts = Environment::with(|environment| {
        let records = &mut elements(&mut records)[..count as usize * SEND_WORDS];
        environment.lanes.flush(records, slab)
    });
    receipts.unwrap_or_default() as u32
}

/// Sends one payload that is too large for the slab. What was sent before it has to be flushed.
/// Returns the number of sends that were written and want to be known of.
#[napi(catch_unwind)]
pub fn send_apart(number: u32, word: u32, payload: &[u8]) -> u32 {
    Environment::with(|environment| {
        let lanes = &mut environment.lanes;
        lanes.append(number, SendWord::new(word), payload);
        lanes.unwritten.clear();
        lanes.link(number).map_or(0, write)
    })
    .unwrap_or_default()
}

/// Bytes of the connection that the kernel has not taken.
#[napi(catch_unwind)]
pub fn buffered_amount(number: u32) -> f64 {
    with_link(number, |link| link.outbound().len() as f64)
}

/// Bytes that were received on the connection.
#[napi(catch_unwind)]
pub fn bytes_read(number: u32) -> f64 {
    with_link(number, |link| link.bytes_read() as f64)
}

/// Bytes of the connection that the kernel has taken.
#[napi(catch_unwind)]
pub fn bytes_written(number: u32) -> f64 {
    with_link(number, |link| link.outbound().written() as f64)
}

/// Stops or goes on reading.
#[napi(catch_unwind)]
pub fn set_paused(number: u32, paused: bool) {
    with_link(number, |link| link.set_paused(paused));
}

/// Chooses whether the lane answers pings.
#[napi(catch_unwind)]
pub fn set_auto_pong(number: u32, answer: bool) {
    with_link(number, |link| link.set_auto_pong(answer));
}

/// Ends the sending direction once everything was written.
#[napi(catch_unwind)]
pub fn finish(number: u32) {
    with_link(number, |link| {
        link.outbound().finish();
        link.wake();
    });
}

/// Closes the connection at once; with `reset`, by RST. Its last record will be `Closed`.
#[napi(catch_unwind)]
pub fn close(number: u32, reset: bool) {
    Environment::with(|environment| {
        let slot = environment.lanes.links.get_mut(number as usize);
        if let Some(link) = slot.and_then(Option::take) {
            link.close(reset);
        }
    });
}

/// Sets an option of the socket: `TCP_NODELAY`, or keep-alive probes after `delay` seconds.
#[napi(catch_unwind)]
pub fn set_no_delay(number: u32, enable: bool) {
    with_link(number, |link| net::set_no_delay(link, enable));
}

/// Turns keep-alive probes on or off; the first after `delay` seconds (0: the system's default).
#[napi(catch_unwind)]
pub fn set_keep_alive(number: u32, enable: bool, delay: u32) {
    with_link(number, |link| net::set_keep_alive(link, enable, delay));
}

fn with_link<T: Default>(number: u32, task: impl FnOnce(&Arc<Link>) -> T) -> T {
    Environment::with(|environment| environment.lanes.link(number).map(task))
        .flatten()
        .unwrap_or_default()
}

/// Words of a record that JS writes, and of one that JS reads.
const SEND_WORDS: usize = 4;
const RECORD_WORDS: usize = 4;
/// Longer payloads get a Buffer of their own, so that a kept message pins nothing but itself.
const INLINE_BYTES: usize = 4096;
/// Flag of a record: the payload has to be fetched with `takePayload`.
const APART: u32 = 0x100;
