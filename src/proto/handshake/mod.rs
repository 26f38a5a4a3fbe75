//! What the opening handshake needs of the protocol (RFC 6455 section 4). HTTP itself is Node's.

/// The value of `Sec-WebSocket-Accept` that proves that `key` was read (section 4.2.2, item 5.4).
pub fn accept_key(key: &str) -> String {
    tungstenite::handshake::derive_accept_key(key.as_bytes())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_of_section_1_3() {
        assert_eq!(
            super::accept_key("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }
}
