//! Connections on lanes, as JS drives them: adopt, drain, flush, close.

use std::{
    collections::HashMap,
    sync::{Arc, MutexGuard},
};

use napi::{
    Env,
    bindgen_prelude::{BufferSlice, Function, Uint32ArraySlice},
};
use napi_derive::napi;

use super::{
    Instance,
    bytes::{bytes, elements, share},
    doorbell::Doorbell,
    options::{ConnectionOptions, SendWord},
};
use crate::net::{
    self, Batch, Connection, ConnectionConfig, Frame, Inbox, Kind, Lane, Link, Outbound, Progress,
    Record, SharedPayload,
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
            inbox: Arc::new(Inbox::new(count, Box::new(doorbell.clone()))),
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
        let Some(mut starting) = self.starting.remove(&number) else {
            return;
        };
        if !starting.head.is_empty() {
            starting
                .connection
                .parse(&mut self.early, &mut starting.head);
        }
        // The lane was started when the connection was adopted.
        if let Ok(lane) = self.start_lane(number) {
            lane.adopt(starting.connection);
        }
    }

    /// Appends what JS has sent to its connections.
    fn append_all(&mut self, records: &[u32], slab: &[u8]) {
        for record in records.chunks_exact(SEND_WORDS) {
            let &[number, word, offset, length] = record else {
                continue;
            };
            let (start, end) = (offset as usize, offset as usize + length as usize);
            self.append(number, SendWord::new(word), &slab[start..end]);
        }
    }

    fn append(&mut self, number: u32, word: SendWord, mut payload: &[u8]) {
        // The connection may be gone; its callbacks get an error when JS hears of it.
        let Some(link) = slot(&self.links, number) else {
            return;
        };
        let frame = word.options(&mut payload).map_or(Frame::Raw, Frame::Framed);
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
                if record.owned || length > inline_bytes {
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

fn slot(links: &[Option<Arc<Link>>], number: u32) -> Option<&Arc<Link>> {
    links.get(number as usize)?.as_ref()
}

/// Tries to write from this thread: that saves a wake-up of the lane, and most often the kernel
/// takes everything. Returns the number of sends that were written and want to be known of.
fn write(link: &Arc<Link>) -> u32 {
    let mut outbound = link.outbound();
    let needs_lane = outbound.release();
    if outbound.is_blocked() {
        return 0;
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

/// Whether an instance has lanes, so that it can adopt connections.
#[napi(catch_unwind)]
pub fn has_lanes(instance: u32) -> bool {
    with_lanes(instance, |_| ()).is_some()
}

/// Gives an instance lanes. `listener` is called when the inbox has something for JS; `count` is
/// the number of I/O threads, started when they are first needed.
#[napi(catch_unwind)]
pub fn start_lanes(instance: u32, listener: Function<'_, (), ()>, count: u32) -> napi::Result<()> {
    let lanes = Lanes::new(count as usize, Doorbell::new(&listener)?);
    Instance::end_idle_lanes(instance);
    Instance::with(instance, |instance| instance.lanes = Some(lanes));
    Ok(())
}

/// Chooses whether open connections keep the event loop alive.
#[napi(catch_unwind)]
pub fn hold_event_loop(env: Env, instance: u32, hold: bool) {
    with_lanes(instance, |lanes| lanes.doorbell.hold_event_loop(&env, hold));
}

/// Moves a connected socket to a lane. `number` is what both sides call the connection, `fd` the
/// socket's descriptor, which is duplicated, and `head` what was read from it already. Returns 0
/// or the error number of the system.
#[napi(catch_unwind)]
pub fn adopt(instance: u32, number: u32, fd: i32, head: &[u8], options: ConnectionOptions) -> i32 {
    let result = with_lanes(instance, |lanes| lanes.adopt(number, fd, head, &options));
    match result {
        Some(Ok(())) => 0,
        Some(Err(error)) => error.raw_os_error().unwrap_or(-1),
        None => -1,
    }
}

/// Lets the lane read a connection that it was given. What was read before is told first: JS has
/// to drain.
#[napi(catch_unwind)]
pub fn begin(instance: u32, number: u32) {
    with_lanes(instance, |lanes| lanes.begin(number));
}

/// Tells JS what happened: fills `page` with records of four words (connection; kind, flags and
/// status code; value; length) and `chunk`, from `offset`, with their small payloads. Returns the
/// number of records; with 0, the doorbell will ring when there is more.
#[napi(catch_unwind)]
pub fn drain(
    instance: u32,
    mut page: Uint32ArraySlice<'_>,
    mut chunk: BufferSlice<'_>,
    offset: u32,
) -> u32 {
    let drained = with_lanes(instance, |lanes| {
        lanes.drain(elements(&mut page), bytes(&mut chunk), offset as usize)
    });
    drained.unwrap_or_default() as u32
}

/// Copies the payload of record `index` of the last page, which `drain` left apart, to `target`.
#[napi(catch_unwind)]
pub fn take_payload(instance: u32, index: u32, mut target: BufferSlice<'_>) {
    with_lanes(instance, |lanes| {
        if let Some(record) = lanes.current.records().get(lanes.page + index as usize) {
            bytes(&mut target).copy_from_slice(lanes.current.payload(record));
        }
    });
}

/// The payload of record `index` of the last page, which `drain` left apart, as a Buffer over its
/// own memory; `undefined` if it has none.
#[napi(catch_unwind)]
pub fn share_payload(
    env: Env,
    instance: u32,
    index: u32,
) -> napi::Result<Option<BufferSlice<'static>>> {
    let shared = with_lanes(instance, |lanes| {
        let payload = lanes.current.take_owned(lanes.page + index as usize)?;
        Some(share(&env, payload, &lanes.inbox.payloads))
    });
    shared.flatten().transpose()
}

/// Where the fragments of the message of record `index` of the last page end; empty if it came in
/// one frame.
#[napi(catch_unwind)]
pub fn fragment_ends(instance: u32, index: u32) -> Vec<u32> {
    let ends = with_lanes(instance, |lanes| {
        lanes
            .current
            .fragment_ends(lanes.page + index as usize)
            .map(<[u32]>::to_vec)
    });
    ends.flatten().unwrap_or_default()
}

/// Leaves the rest of the inbox for a later turn of the event loop.
#[napi(catch_unwind)]
pub fn postpone(instance: u32) {
    with_lanes(instance, |lanes| lanes.inbox.postpone());
}

/// Frames what JS has sent: `count` records of four words (connection; send word; offset; length)
/// whose payloads are in `slab`.
#[napi(catch_unwind)]
pub fn append(instance: u32, records: &[u32], count: u32, slab: &[u8]) {
    with_lanes(instance, |lanes| {
        lanes.append_all(&records[..count as usize * SEND_WORDS], slab);
    });
}

/// Sends one payload that is too large for the slab, after what was appended before.
#[napi(catch_unwind)]
pub fn send_apart(instance: u32, number: u32, word: u32, payload: &[u8]) {
    with_lanes(instance, |lanes| {
        lanes.send_apart(number, SendWord::new(word), payload);
    });
}

/// Hands everything that was sent to the kernel, as far as it takes it. Fills `receipts` with
/// pairs of a connection and the number of its sends that were written and want to be known of.
/// Returns the number of pairs; if they fill the array, it has to be called again.
#[napi(catch_unwind)]
pub fn write_all(instance: u32, mut receipts: Uint32ArraySlice<'_>) -> u32 {
    let count = with_lanes(instance, |lanes| lanes.write_all(elements(&mut receipts)));
    count.unwrap_or_default() as u32
}

/// Bytes of the connection that the kernel does not take now.
#[napi(catch_unwind)]
pub fn buffered_amount(instance: u32, number: u32) -> f64 {
    with_link(instance, number, |link| {
        write_framed(link).outstanding() as f64
    })
}

/// The most that was outstanding since the kernel did not take everything; 0 if it does.
#[napi(catch_unwind)]
pub fn peak_buffered(instance: u32, number: u32) -> f64 {
    with_link(instance, number, |link| write_framed(link).peak() as f64)
}

/// Bytes that were received on the connection.
#[napi(catch_unwind)]
pub fn bytes_read(instance: u32, number: u32) -> f64 {
    with_link(instance, number, |link| link.bytes_read() as f64)
}

/// Bytes of the connection that the kernel has taken.
#[napi(catch_unwind)]
pub fn bytes_written(instance: u32, number: u32) -> f64 {
    with_link(instance, number, |link| write_framed(link).written() as f64)
}

/// Stops or goes on reading.
#[napi(catch_unwind)]
pub fn set_paused(instance: u32, number: u32, paused: bool) {
    with_link(instance, number, |link| link.set_paused(paused));
}

/// Chooses whether the lane answers pings.
#[napi(catch_unwind)]
pub fn set_auto_pong(instance: u32, number: u32, answer: bool) {
    with_link(instance, number, |link| link.set_auto_pong(answer));
}

/// Ends the sending direction once everything was written.
#[napi(catch_unwind)]
pub fn finish(instance: u32, number: u32) {
    with_link(instance, number, |link| {
        link.outbound().finish();
        link.wake();
    });
}

/// Closes the connection; with `reset`, by RST. What was sent before goes out as far as the kernel
/// takes it at once, but for what would have to be compressed. Returns how many sends that want to
/// be known of are done, are stuck half-way, are lost behind such, and were not compressed; and the
/// bytes of all that were not. The connection's last record will be `Closed`.
#[napi(catch_unwind)]
pub fn close(instance: u32, number: u32, reset: bool) -> Vec<u32> {
    let link = with_lanes(instance, |lanes| {
        lanes.links.get_mut(number as usize).and_then(Option::take)
    });
    let Some(link) = link.flatten() else {
        return Vec::new();
    };
    let sends = write_framed(&link).close();
    link.close(reset);
    sends.to_vec()
}

/// Hands every byte that is received on the connection to JS as well.
#[napi(catch_unwind)]
pub fn tap(instance: u32, number: u32) {
    with_link(instance, number, |link| link.tap());
}

/// Sets an option of the socket: `TCP_NODELAY`, or keep-alive probes after `delay` seconds.
#[napi(catch_unwind)]
pub fn set_no_delay(instance: u32, number: u32, enable: bool) {
    with_link(instance, number, |link| net::set_no_delay(link, enable));
}

/// Turns keep-alive probes on or off; the first after `delay` seconds (0: the system's default).
#[napi(catch_unwind)]
pub fn set_keep_alive(instance: u32, number: u32, enable: bool, delay: u32) {
    with_link(instance, number, |link| {
        net::set_keep_alive(link, enable, delay)
    });
}

fn with_lanes<T>(instance: u32, task: impl FnOnce(&mut Lanes) -> T) -> Option<T> {
    Instance::with(instance, |instance| instance.lanes.as_mut().map(task)).flatten()
}

fn with_link<T: Default>(instance: u32, number: u32, task: impl FnOnce(&Arc<Link>) -> T) -> T {
    with_lanes(instance, |lanes| slot(&lanes.links, number).map(task))
        .flatten()
        .unwrap_or_default()
}

/// Words of a record that JS writes, and of one that JS reads.
const SEND_WORDS: usize = 4;
const RECORD_WORDS: usize = 4;
/// Payloads that are longer than this part of a chunk are left apart, so that a kept message does
/// not pin much more than itself.
const PAYLOADS_PER_CHUNK: usize = 4;
/// Flag of a record: the payload has to be fetched with `takePayload`.
const APART: u32 = 0x100;
