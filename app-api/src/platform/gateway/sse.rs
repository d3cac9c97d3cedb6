//! Server-sent events in the bytes of a stream, wherever those are cut.

use bytes::{Bytes, BytesMut};

/// Longest event that is kept to be looked at; a longer one passes as it comes.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// Cuts a stream into its events.
#[derive(Debug, Default)]
pub struct Events {
    buffer: BytesMut,
    /// Bytes of the buffer that were looked through already.
    seen: usize,
    /// The rest of an event that was too long passes too.
    passing: bool,
}

/// A piece of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// An event or comment with the empty line that ends it.
    Event(Bytes),
    /// A part of one that is too long to be looked at.
    Part(Bytes),
}

impl Events {
    /// Takes in what came.
    pub fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// The next piece, if it is complete.
    pub fn next(&mut self) -> Option<Piece> {
        if let Some(end) = self.end() {
            self.seen = 0;
            let event = self.buffer.split_to(end).freeze();
            return Some(if std::mem::take(&mut self.passing) {
                Piece::Part(event)
            } else {
                Piece::Event(event)
            });
        }
        if self.buffer.len() > MAX_EVENT_BYTES {
            self.passing = true;
            // The begin of an empty line may be among the last bytes.
            let keep = self.buffer.len().saturating_sub(3);
            self.seen = 0;
            return Some(Piece::Part(self.buffer.split_to(keep).freeze()));
        }
        None
    }

    /// What is left when the stream has ended: an event without its empty line.
    pub fn rest(&mut self) -> Option<Piece> {
        let rest = self.buffer.split().freeze();
        (!rest.is_empty()).then_some(if self.passing {
            Piece::Part(rest)
        } else {
            Piece::Event(rest)
        })
    }

    /// Behind the next empty line. Lines end in LF, CRLF or CR.
    fn end(&mut self) -> Option<usize> {
        let bytes = &self.buffer[..];
        let mut at = self.seen.saturating_sub(3);
        loop {
            let rest = bytes.get(at..)?;
            let Some(found) = rest.iter().position(|b| matches!(b, b'\n' | b'\r')) else {
                self.seen = bytes.len();
                return None;
            };
            let line_end = at.saturating_add(found);
            let next = after_line_end(bytes, line_end);
            match bytes.get(next) {
                Some(b'\n' | b'\r') => return Some(after_line_end(bytes, next)),
                Some(_) => at = next,
                None => {
                    self.seen = bytes.len();
                    return None;
                }
            }
        }
    }
}

/// The place after the line end that begins at `at`.
fn after_line_end(bytes: &[u8], at: usize) -> usize {
    let crlf = bytes.get(at) == Some(&b'\r') && bytes.get(at.saturating_add(1)) == Some(&b'\n');
    at.saturating_add(if crlf { 2 } else { 1 })
}

/// The data of an event; `None` for one without, such as a comment.
pub fn data(event: &[u8]) -> Option<Vec<u8>> {
    let mut data: Option<Vec<u8>> = None;
    for line in event.split(|b| matches!(b, b'\n' | b'\r')) {
        let Some(value) = line.strip_prefix(b"data:") else {
            continue;
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match &mut data {
            None => data = Some(value.to_vec()),
            Some(data) => {
                data.push(b'\n');
                data.extend_from_slice(value);
            }
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(chunks: &[&[u8]]) -> Vec<Piece> {
        let mut events = Events::default();
        let mut pieces = Vec::new();
        for chunk in chunks {
            events.push(chunk);
            pieces.extend(std::iter::from_fn(|| events.next()));
        }
        pieces.extend(events.rest());
        pieces
    }

    fn event(text: &'static str) -> Piece {
        Piece::Event(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn events_end_with_an_empty_line() {
        let text = b": OPENROUTER PROCESSING\n\ndata: a\n\ndata: b\r\n\r\ndata:c\r\rdata: [DONE]";
        assert_eq!(
            cut(&[text]),
            [
                event(": OPENROUTER PROCESSING\n\n"),
                event("data: a\n\n"),
                event("data: b\r\n\r\n"),
                event("data:c\r\r"),
                event("data: [DONE]"),
            ]
        );
    }

    #[test]
    fn data_are_the_lines_that_say_so() {
        assert_eq!(data(b"event: x\ndata: a\ndata:b\r\n\r\n").unwrap(), b"a\nb");
        assert_eq!(data(b": OPENROUTER PROCESSING\n\n"), None);
        assert_eq!(data(b"data: {\"a\":1}").unwrap(), b"{\"a\":1}");
    }

    #[test]
    fn a_long_event_passes_in_bounded_memory() {
        let mut events = Events::default();
        let chunk = vec![b'x'; 100_000];
        let mut passed = 0;
        for _ in 0..100 {
            events.push(&chunk);
            while let Some(piece) = events.next() {
                let Piece::Part(part) = piece else {
                    panic!("it has no end yet");
                };
                passed += part.len();
            }
            assert!(events.buffer.len() <= MAX_EVENT_BYTES);
        }
        events.push(b"\n\ndata: [DONE]\n\n");
        let Some(Piece::Part(part)) = events.next() else {
            panic!("the rest of it");
        };
        assert_eq!(passed + part.len(), 100 * chunk.len() + 2);
        assert_eq!(events.next(), Some(event("data: [DONE]\n\n")));
    }

    proptest! {
        /// Wherever it is cut, nothing is lost or changed, and the data are the same.
        #[test]
        fn cuts_change_nothing(texts in proptest::collection::vec("[a-z{}: ]{0,20}", 1..20), ends in proptest::collection::vec(0usize..3, 20),
                               at in proptest::collection::vec(1usize..9, 1..200)) {
            let mut whole = Vec::new();
            for (text, end) in texts.iter().zip(&ends) {
                let end = ["\n", "\r\n", "\r"][*end];
                whole.extend_from_slice(format!("data: {text}{end}{end}").as_bytes());
            }
            let mut rest = &whole[..];
            let mut chunks = Vec::new();
            for n in at {
                let (head, tail) = rest.split_at(n.min(rest.len()));
                chunks.push(head);
                rest = tail;
            }
            chunks.push(rest);
            let pieces = cut(&chunks);
            let bytes: Vec<u8> = pieces.iter().flat_map(|piece| match piece { Piece::Event(b) | Piece::Part(b) => b.to_vec() }).collect();
            prop_assert_eq!(&bytes, &whole);
            let told: Vec<_> = pieces.iter().filter_map(|piece| match piece { Piece::Event(b) | Piece::Part(b) => data(b) }).collect();
            let expected: Vec<_> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
            prop_assert_eq!(told, expected);
        }
    }
}
