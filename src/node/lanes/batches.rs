//! What JS calls for all connections at once: start, adopt, drain, append, flush.

use napi::{
    Env,
    bindgen_prelude::{BufferSlice, Function, Uint32ArraySlice},
};
use napi_derive::napi;

use super::{
    super::{
        Instance,
        bytes::{bytes, elements, share},
        doorbell::Doorbell,
        options::{ConnectionOptions, SendWord, send_records},
    },
    Lanes, with_lanes,
};

/// Whether an instance has lanes, so that it can adopt connections.
#[napi(catch_unwind)]
pub fn has_lanes(instance: u32) -> bool {
    with_lanes(instance, |_| ()).is_some()
}

/// Gives an instance lanes. `listener` is called when the inbox has something for JS; `count` is
/// the number of I/O threads, started when they are first needed. Returns whether this runtime's
/// event loop can be woken by them.
#[napi(catch_unwind)]
pub fn start_lanes(env: Env, instance: u32, listener: Function<'_, (), ()>, count: u32) -> bool {
    let Ok(doorbell) = Doorbell::new(env, &listener) else {
        return false;
    };
    let lanes = Lanes::new(count as usize, doorbell);
    Instance::end_idle_lanes(instance);
    Instance::with(instance, |instance| instance.lanes = Some(lanes));
    true
}

/// Chooses whether open connections keep the event loop alive.
#[napi(catch_unwind)]
pub fn hold_event_loop(instance: u32, hold: bool) {
    with_lanes(instance, |lanes| lanes.doorbell.hold_event_loop(hold));
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
        Some(share(&env, payload))
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
        lanes.append_all(send_records(records, count), slab);
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

/// Leaves the writing of everything that was sent to the lanes: this thread has enough to do.
#[napi(catch_unwind)]
pub fn hand_over(instance: u32) {
    with_lanes(instance, Lanes::hand_over);
}

/// Writes what was left to the lanes, as far as the kernel takes it: the process is about to end.
#[napi(catch_unwind)]
pub fn write_rest(instance: u32) {
    with_lanes(instance, |lanes| lanes.write_rest());
}
