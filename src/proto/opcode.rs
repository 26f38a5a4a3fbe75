//! Opcodes (RFC 6455 section 5.2).

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// What a frame is. Reserved opcodes have no variant: no frame with one gets past the parser.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Opcode {
    /// A further fragment of a message.
    Continuation,
    /// A text message or its first fragment.
    Text,
    /// A binary message or its first fragment.
    Binary,
    /// The closing handshake.
    Close,
    /// Asks for a pong.
    Ping,
    /// Answers a ping, or is sent unasked.
    Pong,
}

impl Opcode {
    /// The opcode with these four bits; `None` if it is reserved.
    pub fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return None,
        })
    }

    /// The four bits.
    pub fn bits(self) -> u8 {
        u8::from(OpCode::from(self))
    }

    /// Whether the frame belongs to a message.
    pub fn is_data(self) -> bool {
        matches!(self, Self::Continuation | Self::Text | Self::Binary)
    }

    /// Whether the frame is about the connection itself.
    pub fn is_control(self) -> bool {
        !self.is_data()
    }
}

impl From<Opcode> for OpCode {
    fn from(opcode: Opcode) -> Self {
        match opcode {
            Opcode::Continuation => Self::Data(Data::Continue),
            Opcode::Text => Self::Data(Data::Text),
            Opcode::Binary => Self::Data(Data::Binary),
            Opcode::Close => Self::Control(Control::Close),
            Opcode::Ping => Self::Control(Control::Ping),
            Opcode::Pong => Self::Control(Control::Pong),
        }
    }
}
