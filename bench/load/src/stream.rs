//! A socket, with or without TLS.

use crate::Result;
use rustix::net::{AddressFamily, SocketAddrV4, SocketFlags, SocketType};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;

/// Bytes that rustls may hold back while the socket is full.
const TLS_BUFFER: usize = 256 * 1024;

/// Both kinds of stream. Reads and writes behave as on a socket, also while non-blocking.
pub enum Stream {
    /// A socket.
    Plain(TcpStream),
    /// A socket under TLS.
    Tls(Box<(ClientConnection, TcpStream)>),
}

/// Connects to a port on 127.0.0.1.
///
/// A source address lends about 28 000 ports; connections are spread over 16 of them.
pub fn connect(index: usize, port: u16) -> io::Result<TcpStream> {
    let socket = rustix::net::socket_with(
        AddressFamily::INET,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let source = Ipv4Addr::new(127, 0, 0, 1 + (index % 16) as u8);
    rustix::net::bind(&socket, &SocketAddrV4::new(source, 0))?;
    rustix::net::connect(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
    let socket = TcpStream::from(socket);
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// Trusts the one certificate in the file `path`.
pub fn tls_config(path: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(path)?)?;
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

impl Stream {
    /// Puts TLS on a blocking socket.
    pub fn secure(mut socket: TcpStream, config: Arc<ClientConfig>) -> Result<Self> {
        let name = ServerName::try_from("localhost")?;
        let mut tls = ClientConnection::new(config, name)?;
        tls.set_buffer_limit(Some(TLS_BUFFER));
        while tls.is_handshaking() {
            tls.complete_io(&mut socket)?;
        }
        Ok(Self::Tls(Box::new((tls, socket))))
    }

    /// The socket below.
    pub fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(tls) => &tls.1,
        }
    }

    /// Whether bytes that were written wait for the socket to take them.
    pub fn is_blocked(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(tls) => tls.0.wants_write(),
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket().as_fd()
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let (tls, socket) = match self {
            Self::Plain(socket) => return socket.read(out),
            Self::Tls(tls) => &mut **tls,
        };
        loop {
            match tls.reader().read(out) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
            if tls.read_tls(socket)? == 0 {
                return Ok(0);
            }
            tls.process_new_packets().map_err(io::Error::other)?;
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let size = match self {
            Self::Plain(socket) => return socket.write(bytes),
            Self::Tls(tls) => tls.0.writer().write(bytes)?,
        };
        self.flush()?;
        match size {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            size => Ok(size),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Self::Tls(tls) = self {
            let (tls, socket) = &mut **tls;
            while tls.wants_write() {
                match tls.write_tls(socket) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    result => result?,
                };
            }
        }
        Ok(())
    }
}
