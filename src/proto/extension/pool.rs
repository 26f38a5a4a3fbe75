//! Spare contexts of the current thread.
//!
//! A context is needed only while a message is being worked on, unless it compresses with context
//! takeover. So the connections of one thread take turns with a few of them instead of holding one
//! each.

use std::cell::RefCell;

use flate2::Decompress;

use super::{deflate::Encoder, encoder::Symbols};

/// Spare contexts kept of each sort. More than one is in use only while fragmented messages are
/// under way.
const MAX_SPARE: usize = 4;

thread_local! {
    static INFLATERS: RefCell<Vec<Decompress>> = const { RefCell::new(Vec::new()) };
    static ENCODERS: RefCell<Vec<Encoder>> = const { RefCell::new(Vec::new()) };
    static SYMBOLS: RefCell<Symbols> = RefCell::default();
}

/// An inflater for raw deflate data with an empty window of the largest size.
pub(super) fn take_inflater() -> Decompress {
    match INFLATERS.with_borrow_mut(Vec::pop) {
        Some(mut inflater) => {
            inflater.reset(false);
            inflater
        }
        None => Decompress::new(false),
    }
}

/// Gives an inflater back, in whatever state it is.
pub(super) fn put_inflater(inflater: Decompress) {
    INFLATERS.with_borrow_mut(|spare| {
        if spare.len() < MAX_SPARE {
            spare.push(inflater);
        }
    });
}

/// A spare encoder without history for which `fits` holds, if there is one.
pub(super) fn take_encoder(fits: impl Fn(&Encoder) -> bool) -> Option<Encoder> {
    ENCODERS.with_borrow_mut(|spare| {
        let index = spare.iter().position(fits)?;
        let mut encoder = spare.swap_remove(index);
        encoder.reset();
        Some(encoder)
    })
}

/// Gives an encoder back; the one unused for longest makes room for it.
pub(super) fn put_encoder(encoder: Encoder) {
    ENCODERS.with_borrow_mut(|spare| {
        if spare.len() == MAX_SPARE {
            spare.remove(0);
        }
        spare.push(encoder);
    });
}

/// Runs `task` with scratch memory.
pub(super) fn with_symbols(task: impl FnOnce(&mut Symbols)) {
    SYMBOLS.with_borrow_mut(task);
}
