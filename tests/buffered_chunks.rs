//! `max_buffered_chunks` counts the chunks that `ws` would still hold.

use oxws::proto::{Chunk, Config, Limits, ProtocolError, Receiver, Role};

fn receiver(max_buffered_chunks: u32) -> Receiver {
    Receiver::new(&Config {
        role: Role::Server,
        limits: Limits {
            max_buffered_chunks,
            ..Limits::default()
        },
        skip_utf8_validation: false,
        deflate: None,
    })
}

/// The number of the chunk that fails, if one does, when every chunk is one byte.
fn failing_byte(max_buffered_chunks: u32, bytes: &[u8]) -> Option<usize> {
    let mut receiver = receiver(max_buffered_chunks);
    bytes.iter().position(|&byte| {
        let mut byte = [byte];
        let mut chunk = Chunk::new(&mut byte);
        loop {
            match receiver.next_event(&mut chunk) {
                Ok(Some(_)) => {}
                Ok(None) => return false,
                Err(error) => {
                    assert_eq!(error, ProtocolError::TooManyBufferedChunks);
                    return true;
                }
            }
        }
    })
}

#[test]
fn bytes_of_a_complete_header_field_do_not_wait() {
    // Two bytes, then a masking key of four, of which three wait for the fourth.
    let empty = [0x82, 0x80, 0, 0, 0, 0];
    assert_eq!(failing_byte(4, &empty), None);
    assert_eq!(failing_byte(3, &empty), Some(5));
    assert_eq!(failing_byte(2, &empty), Some(4));
    assert_eq!(failing_byte(1, &empty), Some(1));
}

#[test]
fn every_length_field_is_let_go_of_when_it_is_complete() {
    let short = [0x82, 0xfe, 0, 1, 0, 0, 0, 0, b'x'];
    assert_eq!(failing_byte(4, &short), None);
    assert_eq!(failing_byte(3, &short), Some(7));
    let long = [0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, b'x'];
    assert_eq!(failing_byte(8, &long), None);
    assert_eq!(failing_byte(7, &long), Some(9));
}

#[test]
fn a_chunk_that_begins_the_next_field_waits() {
    let mut receiver = receiver(1);
    let mut parse = |bytes: &[u8]| receiver.next_event(&mut Chunk::new(&mut bytes.to_vec()));
    assert_eq!(parse(&[0x82, 0x81, 0]), Ok(None));
    assert_eq!(
        parse(&[0, 0, 0, b'x']),
        Err(ProtocolError::TooManyBufferedChunks)
    );
}

#[test]
fn payload_chunks_wait_for_the_rest_of_their_frame() {
    let frame = [0x82, 0x84, 0, 0, 0, 0, b'a', b'b', b'c', b'd'];
    assert_eq!(failing_byte(4, &[frame, frame].concat()), None);
    let longer = [0x82, 0x85, 0, 0, 0, 0, b'a', b'b', b'c', b'd', b'e'];
    assert_eq!(failing_byte(4, &longer), Some(10));
}
