//! The addresses of a connection's ends.

use std::{
    ffi::CStr,
    net::{SocketAddr, SocketAddrV6},
    os::fd::AsFd,
};

use rustix::net::{SocketAddrAny, getpeername, getsockname};

/// One end of a connection over IP.
#[derive(Debug, Eq, PartialEq)]
pub struct Endpoint {
    /// The IP address; behind a link-local one, the zone (RFC 4007 section 11).
    pub address: String,
    /// Whether it is of IPv6.
    pub is_v6: bool,
    /// The port.
    pub port: u16,
}

/// The peer's end; `None` if it is not known any more, or the connection is not one over IP.
pub fn peer_name(fd: impl AsFd) -> Option<Endpoint> {
    endpoint(getpeername(fd).ok()??)
}

/// This end; `None` if the connection is not one over IP.
pub fn sock_name(fd: impl AsFd) -> Option<Endpoint> {
    endpoint(getsockname(fd).ok()?)
}

fn endpoint(name: SocketAddrAny) -> Option<Endpoint> {
    let address = SocketAddr::try_from(name).ok()?;
    let mut text = address.ip().to_string();
    if let SocketAddr::V6(address) = &address
        && let Some(zone) = zone(address)
    {
        text = format!("{text}%{zone}");
    }
    Some(Endpoint {
        address: text,
        is_v6: address.is_ipv6(),
        port: address.port(),
    })
}

/// The interface that a link-local address belongs to.
fn zone(address: &SocketAddrV6) -> Option<String> {
    if !address.ip().is_unicast_link_local() || address.scope_id() == 0 {
        return None;
    }
    let mut name = [0; libc::IF_NAMESIZE];
    // SAFETY: the buffer has the size that the call asks for.
    let known = unsafe { libc::if_indextoname(address.scope_id(), name.as_mut_ptr()) };
    if known.is_null() {
        return None;
    }
    // SAFETY: the call has succeeded, so that it left a terminated string in the buffer.
    let name = unsafe { CStr::from_ptr(name.as_ptr()) };
    Some(name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use std::{
        net::{TcpListener, TcpStream},
        os::unix::net::UnixStream,
    };

    use super::*;

    #[test]
    fn both_ends_are_named() {
        for (ip, is_v6) in [("127.0.0.1", false), ("::1", true)] {
            let Ok(listener) = TcpListener::bind((ip, 0)) else {
                continue; // A system without IPv6.
            };
            let address = listener.local_addr().expect("it is bound");
            let client = TcpStream::connect(address).expect("it listens");
            let named = Endpoint {
                address: ip.to_owned(),
                is_v6,
                port: address.port(),
            };
            assert_eq!(peer_name(&client), Some(named));
            let own = client.local_addr().expect("it is connected");
            let named = sock_name(&client).expect("it is one over IP");
            assert_eq!((named.address.as_str(), named.port), (ip, own.port()));
        }
    }

    #[test]
    fn only_ip_has_such_names() {
        let (ours, _peer) = UnixStream::pair().expect("there are descriptors left");
        assert_eq!(peer_name(&ours), None);
        assert_eq!(sock_name(&ours), None);
    }

    #[test]
    fn only_a_link_local_address_has_a_zone() {
        let local = "fe80::1".parse().expect("it is an address");
        let global = "2001:db8::1".parse().expect("it is an address");
        for (ip, scope) in [(local, 0), (local, u32::MAX), (global, 1)] {
            assert_eq!(zone(&SocketAddrV6::new(ip, 1, 0, scope)), None);
        }
    }
}
