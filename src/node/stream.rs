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
    options::{ConnectionOptions, SendWord},
};
use crate::{
    entropy::MaskSource,
    proto::{
        Chunk, Event, HEADER_MAX, Heartbeat, HeartbeatAction, Opcode, Payload, Receiver, Role,
        SendOptions, Sender,
    },
};

/// The stream connections of an instance, by the numbers JS gave them.
#[derive(Default)]
pub(super) struct Streams {
    streams: Vec<Option<Stream>>,
    /// Bytes of messages that were not finished, freed since the allocator was told to return them.
    abandoned: usize,
}

struct Stream {
    role: Role,
    receiver: Receiver,
    sender: Sender,
    heartbeat: Option<Heartbeat>,
    /// Events of the last chunk and how many of them JS was told.
    events: Vec<StreamEvent>,
    told: usize,
    /// First event of the last page.
    page: usize,
}

struct StreamEvent {
    word: u32,
    value: u32,
    length: u32,
    /// A payload that is not in the chunk.
    payload: Vec<u8>,
    fragment_ends: Vec<u32>,
}

impl Streams {
    fn get(&mut self, number: u32) -> Option<&mut Stream> {
        self.streams.get_mut(number as usize)?.as_mut()
    }

    fn remove(&mut self, number: u32) {
        let Some(stream) = self.streams.get_mut(number as usize).and_then(Option::take) else {
            return;
        };
        self.abandoned += stream.receiver.unfinished();
        drop(stream);
        if self.abandoned >= TRIM_BYTES {
            self.abandoned = 0;
            #[cfg(unix)]
            crate::net::trim();
        }
    }
}

impl Stream {
    fn new(options: &ConnectionOptions) -> Self {
        let config = options.engine();
        Self {
            role: config.role,
            receiver: Receiver::new(&config),
            sender: Sender::new(&config),
            heartbeat: options
                .heartbeat()
                .map(|heartbeat| Heartbeat::new(heartbeat, Instant::now())),
            events: Vec::new(),
            told: 0,
            page: 0,
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

    /// Parses a chunk; its events are told page by page.
    fn receive(&mut self, bytes: &mut [u8]) {
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.handle_activity(Instant::now());
        }
        self.events.clear();
        self.told = 0;
        let mut chunk = Chunk::new(bytes);
        loop {
            match self.receiver.next_event(&mut chunk) {
                Ok(Some(event)) => self.note(event),
                Ok(None) => return,
                Err(error) => self.events.push(StreamEvent {
                    word: PROTOCOL_ERROR,
                    value: error.number(),
                    length: error.detail(),
                    payload: Vec::new(),
                    fragment_ends: Vec::new(),
                }),
            }
        }
    }

    fn note(&mut self, event: Event) {
        let (word, payload) = match event {
            Event::Message { binary, payload } => (if binary { 2 } else { 1 }, payload),
            Event::Ping(payload) => (9, payload),
            Event::Pong(payload) => (10, payload),
            Event::Close { code, reason } => {
                (8 | u32::from(code.unwrap_or(NO_STATUS)) << 16, reason)
            }
        };
        let fragment_ends = if word == 2 {
            self.receiver.fragment_ends()
        } else {
            Vec::new()
        };
        self.events.push(match payload {
            Payload::InChunk(range) => StreamEvent {
                word,
                value: range.start as u32,
                length: range.len() as u32,
                payload: Vec::new(),
                fragment_ends,
            },
            Payload::Buffered => {
                let payload = self.receiver.take_buffered();
                let word = if payload.is_empty() {
                    word
                } else {
                    word | APART
                };
                StreamEvent {
                    word,
                    value: 0,
                    length: payload.len() as u32,
                    payload,
                    fragment_ends,
                }
            }
        });
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
        let streams = &mut instance.streams.streams;
        let slot = number as usize;
        if streams.len() <= slot {
            streams.resize_with(slot + 1, || None);
        }
        streams[slot] = Some(Stream::new(&options));
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
        stream.receive(bytes(&mut chunk));
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

fn with_stream<T: Default>(instance: u32, number: u32, task: impl FnOnce(&mut Stream) -> T) -> T {
    Instance::with(instance, |instance| instance.streams.get(number).map(task))
        .flatten()
        .unwrap_or_default()
}

/// Flag of a record: the payload has to be fetched with `takeStreamPayload`.
const APART: u32 = 0x100;
const PROTOCOL_ERROR: u32 = 16;
/// So much is worth the time that returning it to the system takes.
const TRIM_BYTES: usize = 4 << 20;
const NO_STATUS: u16 = 1005;
