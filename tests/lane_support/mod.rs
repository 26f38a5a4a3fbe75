//! A lane with real sockets: a raw peer on one side, what JS would see on the other.
#![allow(dead_code, reason = "every test file uses a part of it")]

use std::{
    io::Read,
    net::{TcpListener, TcpStream},
    os::fd::AsRawFd,
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    time::{Duration, Instant},
};

use oxws::{
    net::{
        Batch, Connection, ConnectionConfig, Doorbell, Frame, Inbox, Kind, Lane, Link, Progress,
        Record, SharedPayload, adopt,
    },
    proto::{
        Config, Limits, Opcode, Role, SendOptions, extension::permessage_deflate::DeflateConfig,
    },
};

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A doorbell that wakes the thread of the test.
struct Bell(Sender<()>);

impl Doorbell for Bell {
    fn ring(&self) {
        // After the test, nobody listens.
        let _ = self.0.send(());
    }
}

/// The thread that would run JS.
pub(crate) struct Js {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) bell: Receiver<()>,
    pub(crate) batch: Batch,
    pub(crate) told: usize,
}

/// A record with its payload.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) kind: Kind,
    pub(crate) code: u16,
    pub(crate) value: u32,
    pub(crate) payload: Vec<u8>,
}

impl Js {
    pub(crate) fn new() -> Self {
        let (ring, bell) = mpsc::channel();
        Self {
            inbox: Arc::new(Inbox::new(1, Box::new(Bell(ring)))),
            bell,
            batch: Batch::default(),
            told: 0,
        }
    }

    /// The next record, if there is one within the time.
    pub(crate) fn poll(&mut self, time: Duration) -> Option<Told> {
        let deadline = Instant::now() + time;
        loop {
            if let Some(record) = self.batch.records().get(self.told) {
                self.told += 1;
                return Some(self.look_at(record));
            }
            self.told = 0;
            if self.inbox.take(&mut self.batch) {
                continue;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            self.bell.recv_timeout(left).ok()?;
        }
    }

    fn look_at(&self, record: &Record) -> Told {
        let has_payload = record.kind.has_payload();
        Told {
            kind: record.kind,
            code: record.code,
            value: if has_payload { 0 } else { record.value },
            payload: if has_payload {
                self.batch.payload(record).to_vec()
            } else {
                Vec::new()
            },
        }
    }

    pub(crate) fn next(&mut self) -> Told {
        self.poll(PATIENCE).expect("something happens in time")
    }

    pub(crate) fn expect(&mut self, kind: Kind, payload: &[u8]) {
        let told = self.next();
        assert_eq!((told.kind, told.payload.as_slice()), (kind, payload));
    }
}

/// A connection on a lane, and its peer.
pub(crate) struct Setup {
    pub(crate) js: Js,
    pub(crate) link: Arc<Link>,
    pub(crate) peer: TcpStream,
    pub(crate) lane: Lane,
}

pub(crate) fn engine(deflate: bool) -> Config {
    Config {
        deflate: deflate.then(DeflateConfig::default),
        role: Role::Server,
        limits: Limits::default(),
        skip_utf8_validation: false,
    }
}

pub(crate) fn settings() -> ConnectionConfig {
    ConnectionConfig {
        engine: engine(false),
        max_pending_pongs: 0,
        heartbeat: None,
    }
}

pub(crate) fn connect() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback works");
    let address = listener.local_addr().expect("it is bound");
    let peer = TcpStream::connect(address).expect("it listens");
    let (ours, _) = listener.accept().expect("somebody connects");
    peer.set_read_timeout(Some(PATIENCE)).expect("it is open");
    (ours, peer)
}

/// A server's connection.
pub(crate) fn open(settings: ConnectionConfig) -> Setup {
    let js = Js::new();
    let (ours, peer) = connect();
    let fd = adopt(ours.as_raw_fd()).expect("there are descriptors left");
    let link = Arc::new(Link::new(fd, 7, &settings.engine));
    let lane = Lane::start(0, Arc::clone(&js.inbox)).expect("there are threads left");
    lane.adopt(Connection::new(Arc::clone(&link), settings));
    Setup {
        js,
        link,
        peer,
        lane,
    }
}

impl Setup {
    /// Sends as JS does: tries to write, and leaves the rest to the lane.
    pub(crate) fn send(&self, options: SendOptions, payload: &[u8]) -> u32 {
        let mut outbound = self.link.outbound();
        let shared = &mut SharedPayload::default();
        outbound.append(Frame::Framed(options), payload, true, shared);
        let compressing = outbound.release();
        let progress = outbound.write(&self.link).expect("it is connected");
        let sent = outbound.take_receipts();
        drop(outbound);
        if compressing || progress == Progress::Blocked {
            self.link.wake();
        }
        sent
    }

    pub(crate) fn close(mut self) {
        self.link.close(false);
        self.js.expect(Kind::Closed, b"");
        assert_eq!(self.js.poll(Duration::ZERO), None);
    }
}

pub(crate) fn options(opcode: Opcode) -> SendOptions {
    SendOptions {
        opcode,
        fin: true,
        compress: false,
        mask: None,
    }
}

pub(crate) fn read_exactly(peer: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    peer.read_exact(&mut bytes).expect("that much comes");
    bytes
}

pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(length)
    .collect()
}
