//! What JS calls for one connection.

use std::sync::Arc;

use napi_derive::napi;

use super::{slot, with_lanes, write_framed};
use crate::net::{self, Link};

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

/// One end of a connection, as `net.Socket` knows it.
#[napi(object, object_from_js = false)]
pub struct Endpoint {
    /// The IP address.
    pub address: String,
    /// `IPv4` or `IPv6`.
    pub family: &'static str,
    /// The port.
    pub port: u16,
}

impl From<net::Endpoint> for Endpoint {
    fn from(endpoint: net::Endpoint) -> Self {
        let family = if endpoint.is_v6 { "IPv6" } else { "IPv4" };
        Self {
            address: endpoint.address,
            family,
            port: endpoint.port,
        }
    }
}

/// The peer's end of the connection; `null` if it has no IP address, or none any more.
#[napi(catch_unwind)]
pub fn peer_name(instance: u32, number: u32) -> Option<Endpoint> {
    with_link(instance, number, |link| net::peer_name(link)).map(Into::into)
}

/// The same for this end.
#[napi(catch_unwind)]
pub fn sock_name(instance: u32, number: u32) -> Option<Endpoint> {
    with_link(instance, number, |link| net::sock_name(link)).map(Into::into)
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

/// Ends the sending direction once everything was written. Returns whether that was done; otherwise
/// there will be a record `Finished`.
#[napi(catch_unwind)]
pub fn finish(instance: u32, number: u32) -> bool {
    with_link(instance, number, |link| {
        let is_done = link.outbound().finish(link);
        if !is_done {
            link.wake();
        }
        is_done
    })
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

fn with_link<T: Default>(instance: u32, number: u32, task: impl FnOnce(&Arc<Link>) -> T) -> T {
    with_lanes(instance, |lanes| slot(&lanes.links, number).map(task))
        .flatten()
        .unwrap_or_default()
}
