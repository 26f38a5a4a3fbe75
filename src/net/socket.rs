//! System calls on a connected stream socket.

use std::{
    io::{self, IoSlice},
    os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd},
    time::Duration,
};

use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown, sockopt};

/// Duplicates the descriptor of a socket that Node owns, so that Node may close its own.
///
/// # Errors
///
/// Fails if `fd` is not an open descriptor of a socket or no more descriptors are available
/// (`EMFILE`).
pub fn adopt(fd: RawFd) -> io::Result<OwnedFd> {
    if fd < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the caller got `fd` from a socket that stays open during this call; a number that
    // is not open makes the system call fail with EBADF, nothing else.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    sockopt::socket_type(borrowed)?;
    let owned = rustix::io::fcntl_dupfd_cloexec(borrowed, 0)?;
    rustix::io::ioctl_fionbio(&owned, true)?;
    Ok(owned)
}

// `recv` and `send` take the kernel less time than `read` and `write`, which are for all files.

/// Reads into `buffer`; 0 means that the peer has finished.
pub(super) fn read(fd: impl AsFd, buffer: &mut [u8]) -> io::Result<usize> {
    retry(|| Ok(rustix::net::recv(&fd, &mut *buffer, RecvFlags::empty())?.0))
}

/// Reads at most `limit` bytes onto the end of `buffer`, without a copy; 0 means that the peer has
/// finished.
pub(super) fn read_onto(fd: impl AsFd, buffer: &mut Vec<u8>, limit: usize) -> io::Result<usize> {
    buffer.reserve_exact(limit);
    let spare = &mut buffer.spare_capacity_mut()[..limit];
    let read = retry(|| Ok(rustix::net::recv(&fd, &mut *spare, RecvFlags::empty())?.1))?;
    let length = buffer.len() + read;
    // SAFETY: the kernel has just initialised the first `read` bytes of the spare capacity.
    unsafe { buffer.set_len(length) };
    Ok(read)
}

/// Writes what the kernel takes of `slices`.
pub(super) fn write(fd: impl AsFd, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    match slices {
        [slice] => retry(|| rustix::net::send(&fd, slice, SendFlags::NOSIGNAL)),
        slices => retry(|| {
            let mut nothing = SendAncillaryBuffer::default();
            rustix::net::sendmsg(&fd, slices, &mut nothing, SendFlags::NOSIGNAL)
        }),
    }
}

/// Ends the sending direction.
pub(super) fn finish(fd: impl AsFd) -> io::Result<()> {
    Ok(rustix::net::shutdown(fd, Shutdown::Write)?)
}

/// Makes the next close of the socket send RST instead of FIN.
pub(super) fn reset_on_close(fd: impl AsFd) -> io::Result<()> {
    Ok(sockopt::set_socket_linger(fd, Some(Duration::ZERO))?)
}

/// Turns `TCP_NODELAY` on or off; nothing happens on a socket that has no such option.
pub fn set_no_delay(fd: impl AsFd, enable: bool) {
    let _ = sockopt::set_tcp_nodelay(fd, enable);
}

/// Turns keep-alive probes on or off; the first after `delay` seconds (0: the system's default).
/// Nothing happens on a socket that has no such option.
pub fn set_keep_alive(fd: impl AsFd, enable: bool, delay: u32) {
    let _ = sockopt::set_socket_keepalive(&fd, enable);
    if enable && delay > 0 {
        let _ = sockopt::set_tcp_keepidle(&fd, Duration::from_secs(delay.into()));
    }
}

fn retry<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(rustix::io::Errno::INTR) => {}
            result => return Ok(result?),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        os::{fd::AsRawFd, unix::net::UnixStream},
    };

    use super::*;

    #[test]
    fn only_sockets_are_adopted() {
        let (reader, _writer) = rustix::pipe::pipe().expect("there are descriptors left");
        let errno = adopt(reader.as_raw_fd()).map_err(|error| error.raw_os_error());
        assert_eq!(
            errno.err(),
            Some(Some(rustix::io::Errno::NOTSOCK.raw_os_error()))
        );
    }

    #[test]
    fn room_is_made_for_what_is_wanted_and_no_more() {
        let (ours, mut peer) = UnixStream::pair().expect("there are descriptors left");
        peer.write_all(&[7; 5000]).expect("it is connected");
        let mut buffer = vec![1; 1000];
        for (limit, length) in [(1000, 2000), (1, 2001), (4096, 5000 + 1000)] {
            let count = read_onto(&ours, &mut buffer, limit).expect("it is connected");
            assert_eq!(buffer.len(), length);
            assert_eq!(buffer.capacity(), length - count + limit);
        }
        assert!(buffer[1000..].iter().all(|byte| *byte == 7));
    }
}
