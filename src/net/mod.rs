//! Lanes: I/O threads that own the sockets of plain TCP and Unix-domain connections.
//!
//! There is no Node-API here and no protocol knowledge beyond calling [`crate::proto`]. A lane
//! reads, parses and writes; what JS has to know leaves as [`Batch`]es through an [`Inbox`], and
//! what JS sends arrives in the [`Link`] that both threads share.

mod batch;
mod connection;
mod endpoint;
mod idle;
mod inbox;
mod lane;
mod ledger;
mod link;
mod memory;
mod outbound;
mod payload_pool;
mod record;
mod send_queue;
mod shared_payload;
#[cfg(all(test, feature = "loom"))]
mod signal;
mod socket;
mod sync;

pub use batch::Batch;
pub use connection::{Connection, ConnectionConfig};
pub use endpoint::{Endpoint, peer_name, sock_name};
pub use inbox::{Doorbell, Inbox};
pub use lane::Lane;
pub use link::Link;
pub use memory::trim;
pub use outbound::{Frame, Outbound, Progress};
pub use payload_pool::PAYLOADS;
pub use record::{Kind, Place, Record, Records};
pub use shared_payload::SharedPayload;
pub use socket::{adopt, set_keep_alive, set_no_delay};
