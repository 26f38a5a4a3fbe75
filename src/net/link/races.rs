//! The link under every order in which the JS thread and the lane can come.
//!
//! Found of the faults that were planted: a close or a resumption that wakes nobody, or wakes
//! before it is said; a waker that is forgotten, or used up by its first call; a command that
//! overwrites others. Not found: weaker orderings, which do no harm, since the waker's lock orders
//! what matters, and what would happen inside that lock, where loom does not switch threads.

use std::{fs::File, sync::Arc};

use loom::{
    model,
    thread::{self, JoinHandle},
};

use super::*;
use crate::{
    net::{Frame, SharedPayload, signal::Alarm},
    proto::{Limits, Role},
};

/// A connection whose descriptor nobody reads or writes.
fn link() -> Arc<Link> {
    let config = Config {
        role: Role::Server,
        limits: Limits {
            max_payload: 0,
            max_fragments: 0,
            max_buffered_chunks: 0,
        },
        skip_utf8_validation: false,
        deflate: None,
    };
    let file = File::open("/dev/null").expect("a descriptor");
    Arc::new(Link::new(file.into(), 0, &config))
}

/// A lane that begins with the connection and looks at it, whenever it is woken, until `sees` holds.
fn lane(link: &Arc<Link>, sees: impl Fn(&Link) -> bool + 'static) -> JoinHandle<()> {
    let link = Arc::clone(link);
    thread::spawn(move || {
        let alarm = Arc::<Alarm>::default();
        link.set_waker(&Arc::clone(&alarm).into());
        while !sees(&link) {
            alarm.wait();
        }
    })
}

#[test]
fn a_close_reaches_a_lane_that_begins_or_sleeps() {
    model(|| {
        let link = link();
        let lane = lane(&link, Link::is_closed);
        link.close(false);
        assert!(lane.join().is_ok());
    });
}

#[test]
fn a_lane_that_is_resumed_goes_on() {
    model(|| {
        let link = link();
        link.set_paused(true);
        let lane = lane(&link, |link| !link.is_paused());
        link.set_paused(false);
        assert!(lane.join().is_ok());
    });
}

#[test]
fn what_js_could_not_write_is_found() {
    model(|| {
        let link = link();
        let lane = lane(&link, |link| !link.outbound().is_drained());
        let shared = &mut SharedPayload::default();
        link.outbound().append(Frame::Raw, b"rest", false, shared);
        link.wake();
        assert!(lane.join().is_ok());
    });
}

/// In each order, another command is the last one.
#[test]
fn commands_do_not_undo_one_another() {
    let commands: [fn(&Link); 3] = [
        Link::tap,
        |link| link.set_auto_pong(false),
        |link| {
            link.set_paused(true);
        },
    ];
    for first in 0..commands.len() {
        model(move || {
            let link = link();
            let lane = lane(&link, |link| {
                // The close is the last of all: who sees it sees those before it.
                link.is_closed() && {
                    assert!(link.is_tapped() && !link.answers_pings() && !link.is_paused());
                    true
                }
            });
            for command in commands.iter().cycle().skip(first).take(commands.len()) {
                command(&link);
            }
            link.set_paused(false);
            link.close(false);
            assert!(lane.join().is_ok());
        });
    }
}
