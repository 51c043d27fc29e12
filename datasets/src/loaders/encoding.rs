//! The encoding of a text file, and reading it as UTF-8.

use std::io::{BufRead, Error, ErrorKind, Read, Result};

use encoding_rs::{Decoder, DecoderResult, UTF_16LE, WINDOWS_1252};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a text file encodes its letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Encoding {
    /// Unicode in one to four bytes, as nearly every program writes it today.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// ISO 8859-1: one byte per letter of western European languages.
    #[serde(rename = "latin-1")]
    Latin1,
    /// What Windows writes in place of Latin-1.
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// Unicode in units of two bytes; their order is read from the byte order mark, little endian without one.
    #[serde(rename = "utf-16")]
    Utf16,
}

impl Encoding {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub(super) fn is_utf8(&self) -> bool {
        *self == Self::Utf8
    }

    /// A reader of the text as UTF-8; bytes that are none are left to whoever reads UTF-8 itself.
    pub(super) fn read(self, bytes: Box<dyn BufRead>) -> Box<dyn BufRead> {
        let decoder = match self {
            Self::Utf8 => return bytes,
            Self::Latin1 => return Box::new(std::io::BufReader::new(Latin1 { bytes, rest: None })),
            Self::Windows1252 => WINDOWS_1252.new_decoder_without_bom_handling(),
            Self::Utf16 => UTF_16LE.new_decoder(),
        };
        Box::new(std::io::BufReader::new(Decoded { bytes, decoder, is_over: false, is_bad: false }))
    }
}

/// Latin-1 as UTF-8: the number of a byte is that of its letter.
struct Latin1 {
    bytes: Box<dyn BufRead>,
    /// The second byte of a letter that did not fit.
    rest: Option<u8>,
}

impl Read for Latin1 {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let mut written = 0;
        let mut taken = 0;
        let bytes = self.bytes.fill_buf()?;
        while written < into.len() {
            if let Some(rest) = self.rest.take() {
                into[written] = rest;
                written += 1;
                continue;
            }
            let Some(byte) = bytes.get(taken) else { break };
            taken += 1;
            into[written] = if byte.is_ascii() { *byte } else { 0xc0 | (byte >> 6) };
            self.rest = (!byte.is_ascii()).then_some(0x80 | (byte & 0x3f));
            written += 1;
        }
        self.bytes.consume(taken);
        Ok(written)
    }
}

/// Text in another encoding as UTF-8.
struct Decoded {
    bytes: Box<dyn BufRead>,
    decoder: Decoder,
    /// Whether the end was decoded.
    is_over: bool,
    /// Whether what follows is not text.
    is_bad: bool,
}

impl Read for Decoded {
    /// # Errors
    /// `InvalidData` at the first bytes that are no text, after all text before them.
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        while !self.is_over && !self.is_bad {
            let bytes = self.bytes.fill_buf()?;
            let last = bytes.is_empty();
            let (result, taken, written) =
                self.decoder.decode_to_utf8_without_replacement(bytes, into, last);
            self.bytes.consume(taken);
            self.is_bad = matches!(result, DecoderResult::Malformed(..));
            self.is_over = last && result == DecoderResult::InputEmpty;
            if written > 0 {
                return Ok(written);
            }
        }
        if self.is_bad { Err(Error::from(ErrorKind::InvalidData)) } else { Ok(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(encoding: Encoding, bytes: &'static [u8]) -> Result<String> {
        let mut text = String::new();
        encoding.read(Box::new(bytes)).read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn letters_are_those_of_the_encoding() {
        assert_eq!(text(Encoding::Latin1, b"caf\xe9\n").unwrap(), "café\n");
        // Half of a letter at the end of a buffer.
        let mut decoded = Latin1 { bytes: Box::new(&b"\xe9\xff"[..]), rest: None };
        let mut bytes = Vec::new();
        let mut one = [0];
        while decoded.read(&mut one).unwrap() == 1 {
            bytes.push(one[0]);
        }
        assert_eq!(String::from_utf8(bytes).unwrap(), "éÿ");
        assert_eq!(text(Encoding::Windows1252, b"10 \x80\n").unwrap(), "10 €\n");
        for bytes in [&b"\xff\xfea\0\xe9\0"[..], b"\xfe\xff\0a\0\xe9", b"a\0\xe9\0"] {
            assert_eq!(text(Encoding::Utf16, bytes).unwrap(), "aé");
        }
        for damaged in [&b"a\0\x00\xd8a\0"[..], b"a\0b"] {
            assert_eq!(text(Encoding::Utf16, damaged).unwrap_err().kind(), ErrorKind::InvalidData);
        }
    }
}
