//! Connections whose bytes JS reads and writes: TLS, any Duplex, systems without lanes.

use std::time::Instant;

use napi::{
    Env,
    bindgen_prelude::{BufferSlice, Uint32ArraySlice},
};
use napi_derive::napi;

use super::{
    Instance,
    bytes::{bytes, elements},
    options::{ConnectionOptions, SendWord, send_records},
    stream_event::StreamEvent,
    stream_task::LONG_BYTES,
};
use crate::{
    entropy::MaskSource,
    proto::{HEADER_MAX, Heartbeat, HeartbeatAction, Opcode, Receiver, Role, SendOptions, Sender},
};

/// The stream connections of an instance, by the numbers JS gave them.
#[derive(Default)]
pub(super) struct Streams {
    streams: Vec<Option<Stream>>,
    opened: u64,
    /// Bytes of messages that were not finished, freed since the allocator was told to return them.
    abandoned: usize,
    /// The frames of one call of `encodeAll`: no more than JS stages. Their memory is used again.
    frames: Vec<u8>,
}

pub(super) struct Stream {
    /// No other one of the instance ever had this serial number.
    serial: u64,
    role: Role,
    /// `None` while another thread has it.
    receiver: Option<Receiver>,
    pub(super) sender: Sender,
    heartbeat: Option<Heartbeat>,
    /// Events of the last chunk and how many of them JS was told.
    events: Vec<StreamEvent>,
    told: usize,
    /// First event of the last page.
    page: usize,
    /// The last chunk, if another thread has parsed it.
    parsed: Vec<u8>,
}

impl Streams {
    fn get(&mut self, number: u32) -> Option<&mut Stream> {
        self.streams.get_mut(number as usize)?.as_mut()
    }

    fn remove(&mut self, number: u32) {
        let Some(stream) = self.streams.get_mut(number as usize).and_then(Option::take) else {
            return;
        };
        self.abandoned += stream.receiver.as_ref().map_or(0, Receiver::unfinished);
        drop(stream);
        if self.abandoned >= TRIM_BYTES {
            self.abandoned = 0;
            #[cfg(unix)]
            crate::net::trim();
        }
    }
}

impl Stream {
    fn new(serial: u64, options: &ConnectionOptions) -> Self {
        let config = options.engine();
        Self {
            serial,
            role: config.role,
            receiver: Some(Receiver::new(&config)),
            sender: Sender::new(&config),
            heartbeat: options
                .heartbeat()
                .map(|heartbeat| Heartbeat::new(heartbeat, Instant::now())),
            events: Vec::new(),
            told: 0,
            page: 0,
            parsed: Vec::new(),
        }
    }

    /// Frames a payload.
    fn frame(&mut self, word: u32, mut payload: &[u8]) -> Vec<u8> {
        let mut frame = Vec::with_capacity(payload.len() + HEADER_MAX);
        if let Some(options) = SendWord::new(word).options(&mut payload) {
            self.sender.send(options, payload, &mut frame);
        }
        frame
    }

    /// Whether a payload of this length has to be compressed.
    fn compresses(&self, word: u32, length: usize) -> bool {
        SendWord::new(word)
            .options(&mut &[][..])
            .is_some_and(|options| self.sender.compresses(&options, length))
    }

    /// Parses a chunk; its events are told page by page. Says `false` if another thread should
    /// do it.
    fn receive(&mut self, bytes: &mut [u8]) -> bool {
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.handle_activity(Instant::now());
        }
        self.events.clear();
        self.told = 0;
        let Some(receiver) = &mut self.receiver else {
            return true;
        };
        if receiver.inflatable(bytes.len()) >= LONG_BYTES as u64 {
            return false;
        }
        self.events = StreamEvent::parse(receiver, bytes);
        true
    }

    /// Lends the receiver, so that another thread can parse the next chunk with it.
    pub(super) fn lend_receiver(&mut self) -> Option<Receiver> {
        self.receiver.take()
    }

    /// Takes the receiver back, and what it has said of a chunk.
    pub(super) fn end_receiving(
        &mut self,
        receiver: Option<Receiver>,
        chunk: Vec<u8>,
        events: Vec<StreamEvent>,
    ) {
        self.receiver = receiver;
        self.parsed = chunk;
        self.events = events;
        self.told = 0;
    }

    /// Fills `page` with the next events; returns their number.
    fn tell(&mut self, page: &mut [u32]) -> u32 {
        self.page = self.told;
        let mut count = 0;
        for (event, words) in self.events[self.told..]
            .iter()
            .zip(page.chunks_exact_mut(4))
        {
            words.copy_from_slice(&[0, event.word, event.value, event.length]);
            count += 1;
        }
        self.told += count;
        count as u32
    }
}

/// Creates the connection `number`.
#[napi(catch_unwind)]
pub fn open_stream(instance: u32, number: u32, options: ConnectionOptions) {
    Instance::with(instance, |instance| {
        instance.streams.opened += 1;
        let serial = instance.streams.opened;
        let streams = &mut instance.streams.streams;
        let slot = number as usize;
        if streams.len() <= slot {
            streams.resize_with(slot + 1, || None);
        }
        streams[slot] = Some(Stream::new(serial, &options));
    });
}

/// Forgets the connection.
#[napi(catch_unwind)]
pub fn close_stream(instance: u32, number: u32) {
    Instance::with(instance, |instance| {
        instance.streams.remove(number);
    });
}

/// Parses a chunk, unmasking it in place, and tells its first events. The words of a record are
/// those of `drain`, without the connection; offsets count from the start of the chunk.
#[napi(catch_unwind)]
pub fn receive(
    instance: u32,
    number: u32,
    mut chunk: BufferSlice<'_>,
    mut page: Uint32ArraySlice<'_>,
) -> u32 {
    with_stream(instance, number, |stream| {
        if stream.receive(bytes(&mut chunk)) {
            stream.tell(elements(&mut page))
        } else {
            LATER
        }
    })
}

/// Unmasks a chunk that `receiveLater` has parsed, and tells its first events as `receive` does.
#[napi(catch_unwind)]
pub fn receive_inflated(
    instance: u32,
    number: u32,
    mut chunk: BufferSlice<'_>,
    mut page: Uint32ArraySlice<'_>,
) -> u32 {
    with_stream(instance, number, |stream| {
        let parsed = std::mem::take(&mut stream.parsed);
        for (byte, parsed) in bytes(&mut chunk).iter_mut().zip(parsed) {
            *byte = parsed;
        }
        stream.tell(elements(&mut page))
    })
}

/// Tells the next events of the last chunk.
#[napi(catch_unwind)]
pub fn receive_more(instance: u32, number: u32, mut page: Uint32ArraySlice<'_>) -> u32 {
    with_stream(instance, number, |stream| stream.tell(elements(&mut page)))
}

/// Copies the payload of event `index` of the last page, which is not in the chunk, to `target`.
#[napi(catch_unwind)]
pub fn take_stream_payload(instance: u32, number: u32, index: u32, mut target: BufferSlice<'_>) {
    with_stream(instance, number, |stream| {
        if let Some(event) = stream.events.get_mut(stream.page + index as usize) {
            bytes(&mut target).copy_from_slice(&std::mem::take(&mut event.payload));
        }
    });
}

/// Where the fragments of the message of event `index` of the last page end; empty if it came in
/// one frame.
#[napi(catch_unwind)]
pub fn stream_fragment_ends(instance: u32, number: u32, index: u32) -> Vec<u32> {
    with_stream(instance, number, |stream| {
        let event = stream.events.get(stream.page + index as usize);
        event
            .map(|event| event.fragment_ends.clone())
            .unwrap_or_default()
    })
}

/// Writes the frame of `payload` to `target`, which has room for the payload and 14 bytes more.
/// Returns the length of the frame; 0 if the payload has to be compressed, because the first
/// fragment of its message was.
#[napi(catch_unwind)]
pub fn encode(
    instance: u32,
    number: u32,
    word: u32,
    payload: &[u8],
    mut target: BufferSlice<'_>,
) -> u32 {
    with_stream(instance, number, |stream| {
        if stream.compresses(word, payload.len()) {
            return 0;
        }
        let frame = stream.frame(word, payload);
        bytes(&mut target)[..frame.len()].copy_from_slice(&frame);
        frame.len() as u32
    })
}

/// Writes the frames of `count` small payloads, none of which has to be compressed, to `target`,
/// which has room for them and 14 bytes more each. The records are those of `append`. Returns the
/// length of the frames.
#[napi(catch_unwind)]
pub fn encode_all(
    instance: u32,
    number: u32,
    records: &[u32],
    count: u32,
    slab: &[u8],
    mut target: BufferSlice<'_>,
) -> u32 {
    with_streams(instance, |streams| {
        let mut frames = std::mem::take(&mut streams.frames);
        frames.clear();
        if let Some(stream) = streams.get(number) {
            for record in send_records(records, count) {
                let mut payload = record.payload(slab);
                if let Some(options) = record.word.options(&mut payload) {
                    stream.sender.send(options, payload, &mut frames);
                }
            }
        }
        bytes(&mut target)[..frames.len()].copy_from_slice(&frames);
        streams.frames = frames;
        streams.frames.len() as u32
    })
}

/// The frame of `payload`, compressed if that is worth it.
#[napi(catch_unwind)]
pub fn encode_compressed(
    env: Env,
    instance: u32,
    number: u32,
    word: u32,
    payload: &[u8],
) -> napi::Result<BufferSlice<'_>> {
    let frame = with_stream(instance, number, |stream| stream.frame(word, payload));
    BufferSlice::copy_from(&env, frame)
}

/// Writes the header of an unmasked frame of `length` bytes to `target`. Returns its length; 0 if
/// the payload has to be compressed, because the first fragment of its message was.
#[napi(catch_unwind)]
pub fn encode_header(
    instance: u32,
    number: u32,
    word: u32,
    length: f64,
    mut target: BufferSlice<'_>,
) -> u32 {
    with_stream(instance, number, |stream| {
        if stream.compresses(word, length as usize) {
            return 0;
        }
        let Some(options) = SendWord::new(word).options(&mut &[][..]) else {
            return 0;
        };
        let mut header = Vec::with_capacity(HEADER_MAX);
        stream.sender.header(options, length as usize, &mut header);
        bytes(&mut target)[..header.len()].copy_from_slice(&header);
        header.len() as u32
    })
}

/// Looks after the heartbeat of a connection. Returns the milliseconds until the next look; -1 if
/// the peer is dead. Writes a ping to send to `target`, whose first byte is 0 otherwise. While JS
/// does not listen, the peer is not silent.
#[napi(catch_unwind)]
pub fn beat_stream(
    instance: u32,
    number: u32,
    listening: bool,
    mut target: BufferSlice<'_>,
) -> f64 {
    with_stream(instance, number, |stream| {
        let target = bytes(&mut target);
        target[0] = 0;
        let Some(heartbeat) = &mut stream.heartbeat else {
            return -1.0;
        };
        let now = Instant::now();
        if !listening {
            heartbeat.handle_activity(now);
        }
        match heartbeat.handle_timeout(now) {
            HeartbeatAction::Wait => {}
            HeartbeatAction::Dead => return -1.0,
            HeartbeatAction::SendPing => {
                let mask = MaskSource::key_for(stream.role);
                let options = SendOptions {
                    opcode: Opcode::Ping,
                    fin: true,
                    compress: false,
                    mask,
                };
                let mut frame = Vec::with_capacity(HEADER_MAX);
                stream.sender.send(options, &[], &mut frame);
                target[..frame.len()].copy_from_slice(&frame);
            }
        }
        heartbeat
            .poll_timeout()
            .saturating_duration_since(now)
            .as_secs_f64()
            * 1000.0
    })
}

/// A connection that may end before it is needed again.
pub(super) struct StreamId {
    instance: u32,
    number: u32,
    serial: u64,
}

impl StreamId {
    /// The connection that has this number now.
    pub(super) fn find(instance: u32, number: u32) -> Self {
        Self {
            instance,
            number,
            serial: with_stream(instance, number, |stream| stream.serial),
        }
    }

    /// Runs a task with the connection, if it still is there.
    pub(super) fn with<T>(&self, task: impl FnOnce(&mut Stream) -> T) -> Option<T> {
        with_stream(self.instance, self.number, |stream| {
            (stream.serial == self.serial).then(|| task(stream))
        })
    }
}

fn with_stream<T: Default>(instance: u32, number: u32, task: impl FnOnce(&mut Stream) -> T) -> T {
    with_streams(instance, |streams| {
        streams.get(number).map(task).unwrap_or_default()
    })
}

fn with_streams<T: Default>(instance: u32, task: impl FnOnce(&mut Streams) -> T) -> T {
    Instance::with(instance, |instance| task(&mut instance.streams)).unwrap_or_default()
}

/// So much is worth the time that returning it to the system takes.
const TRIM_BYTES: usize = 4 << 20;

/// What `receive` says of a chunk that is left to `receiveLater`.
const LATER: u32 = u32::MAX;
