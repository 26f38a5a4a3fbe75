//! epoll, level-triggered.

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::fd::{AsFd, OwnedFd};
use std::io;
use std::time::Duration;

/// A set of sockets, each known by the number it was added with.
pub struct Poller {
    epoll: OwnedFd,
    events: Vec<Event>,
}

/// Why a socket needs attention.
#[derive(Clone, Copy)]
pub struct Ready {
    /// The number it was added with.
    pub token: usize,
    /// It has bytes, its end or an error to read.
    pub readable: bool,
    /// It takes bytes again.
    pub writable: bool,
}

fn interest(read: bool, write: bool) -> EventFlags {
    let mut flags = EventFlags::empty();
    flags.set(EventFlags::IN, read);
    flags.set(EventFlags::OUT, write);
    flags
}

impl Poller {
    /// An empty set.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            events: Vec::with_capacity(1024),
        })
    }

    /// Adds a socket that is to be read.
    pub fn add(&self, socket: impl AsFd, token: usize) -> io::Result<()> {
        let data = EventData::new_u64(token as u64);
        Ok(epoll::add(
            &self.epoll,
            socket,
            data,
            interest(true, false),
        )?)
    }

    /// Changes what a socket is waited for.
    pub fn modify(
        &self,
        socket: impl AsFd,
        token: usize,
        read: bool,
        write: bool,
    ) -> io::Result<()> {
        let data = EventData::new_u64(token as u64);
        Ok(epoll::modify(
            &self.epoll,
            socket,
            data,
            interest(read, write),
        )?)
    }

    /// Waits until a socket needs attention, but no longer than `timeout`.
    pub fn wait(&mut self, timeout: Duration, ready: &mut Vec<Ready>) -> io::Result<()> {
        ready.clear();
        self.events.clear();
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        let space = rustix::buffer::spare_capacity(&mut self.events);
        match epoll::wait(&self.epoll, space, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        ready.extend(self.events.iter().map(|event| {
            let flags = event.flags;
            Ready {
                token: event.data.u64() as usize,
                readable: flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR),
                writable: flags.contains(EventFlags::OUT),
            }
        }));
        Ok(())
    }
}
