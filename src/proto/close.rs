//! Status codes of the closing handshake (RFC 6455 section 7.4).

use tungstenite::protocol::frame::coding::CloseCode;

use super::{ProtocolError, utf8::is_utf8};

/// Whether a status code may travel in a close frame: those that RFC 6455 and the IANA registry
/// define for it, and the ranges for libraries and applications.
pub fn is_valid_close_code(code: u16) -> bool {
    // 1014 (Bad Gateway) is registered, but newer than tungstenite's table.
    code == 1014 || (CloseCode::from(code).is_allowed() && code != 1004)
}

/// Checks the body of a close frame: nothing, or a status code that may travel and a reason in
/// UTF-8 (section 5.5.1). Returns the code.
pub(super) fn parse_body(
    body: &[u8],
    skip_utf8_validation: bool,
) -> Result<Option<u16>, ProtocolError> {
    let Some((code, reason)) = body.split_first_chunk() else {
        return Ok(None);
    };
    let code = u16::from_be_bytes(*code);
    if !is_valid_close_code(code) {
        return Err(ProtocolError::InvalidCloseCode(code));
    }
    if !skip_utf8_validation && !is_utf8(reason) {
        return Err(ProtocolError::InvalidUtf8);
    }
    Ok(Some(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_codes_that_ws_accepts_are_valid() {
        for code in 0..=u16::MAX {
            let expected = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
            assert_eq!(is_valid_close_code(code), expected, "{code}");
        }
    }
}
