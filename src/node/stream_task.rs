//! Compression that takes long enough to be noticed, on the threads of libuv's pool.
//!
//! A task takes the half of the connection that it needs with it and brings it back. Meanwhile JS
//! keeps what comes after it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use napi::{
    Env, Task,
    bindgen_prelude::{AsyncTask, Buffer},
};
use napi_derive::napi;

use super::{
    options::SendWord,
    stream::{Stream, StreamId},
    stream_event::StreamEvent,
};
use crate::proto::{Receiver, SendOptions, extension::deflate::Compressor};

/// From this number of bytes on, compressing or decompressing them takes longer than handing them
/// to another thread and back.
pub(super) const LONG_BYTES: usize = 32 * 1024;

/// Parses a chunk with much compressed data.
pub struct ReceiveTask {
    id: StreamId,
    receiver: Option<Receiver>,
    chunk: Vec<u8>,
}

impl Task for ReceiveTask {
    type Output = Vec<StreamEvent>;
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<Self::Output> {
        let Some(mut receiver) = self.receiver.take() else {
            return Ok(Vec::new());
        };
        let parsed = catch_unwind(AssertUnwindSafe(|| {
            let events = StreamEvent::parse(&mut receiver, &mut self.chunk);
            (receiver, events)
        }));
        match parsed {
            Ok((receiver, events)) => {
                self.receiver = Some(receiver);
                Ok(events)
            }
            // Without its receiver, the connection hears nothing more.
            Err(_) => Ok(vec![StreamEvent::internal_error()]),
        }
    }

    fn resolve(&mut self, _: Env, events: Self::Output) -> napi::Result<()> {
        let (receiver, chunk) = (self.receiver.take(), std::mem::take(&mut self.chunk));
        self.id
            .with(|stream| stream.end_receiving(receiver, chunk, events));
        Ok(())
    }
}

/// Parses a chunk on another thread. When the promise is fulfilled, `receiveInflated` tells its
/// events.
#[napi(catch_unwind)]
pub fn receive_later(instance: u32, number: u32, chunk: &[u8]) -> AsyncTask<ReceiveTask> {
    let id = StreamId::find(instance, number);
    AsyncTask::new(ReceiveTask {
        receiver: id.with(Stream::lend_receiver).flatten(),
        id,
        chunk: chunk.to_vec(),
    })
}

/// Compresses a long payload.
pub struct CompressTask {
    id: StreamId,
    options: Option<SendOptions>,
    compressor: Option<Compressor>,
    payload: Vec<u8>,
}

impl Task for CompressTask {
    type Output = Vec<u8>;
    type JsValue = Buffer;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        let mut compressed = Vec::new();
        if let (Some(options), Some(mut compressor)) = (self.options, self.compressor.take()) {
            let compressor = catch_unwind(AssertUnwindSafe(|| {
                compressor.compress(&self.payload, options.fin, &mut compressed);
                compressor
            }));
            let failed = |_| napi::Error::from_reason("The message could not be compressed");
            self.compressor = Some(compressor.map_err(failed)?);
        }
        Ok(compressed)
    }

    fn resolve(&mut self, _: Env, compressed: Self::Output) -> napi::Result<Buffer> {
        let mut frame = Vec::new();
        if let (Some(options), Some(compressor)) = (self.options, self.compressor.take()) {
            self.id.with(|stream| {
                stream
                    .sender
                    .send_compressed(options, compressor, &compressed, &mut frame);
            });
        }
        Ok(frame.into())
    }
}

/// Frames a payload, which is compressed on another thread. Until the promise is fulfilled nothing
/// else may be sent on the connection. Without it, the frame is empty.
#[napi(catch_unwind)]
pub fn encode_later(
    instance: u32,
    number: u32,
    word: u32,
    mut payload: &[u8],
) -> AsyncTask<CompressTask> {
    let id = StreamId::find(instance, number);
    AsyncTask::new(CompressTask {
        options: SendWord::new(word).options(&mut payload),
        compressor: id.with(|stream| stream.sender.lend_compressor()).flatten(),
        payload: payload.to_vec(),
        id,
    })
}
