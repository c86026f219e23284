//! Server-sent events (WHATWG HTML, section 9.2.6), read piece by piece and bounded: a server can neither fill the memory
//! with an endless line nor confuse the reader with where it cuts.

use deskside_protocol::limits;

/// An event as it was dispatched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its type; "message" if the server did not say.
    pub kind: String,
    /// Its data; lines joined with line feeds.
    pub data: String,
}

/// A line, or the data of one event, is longer than [`limits::EVENT_LINE_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a server-sent event is longer than {} bytes", limits::EVENT_LINE_BYTES)]
pub struct TooLong;

/// Reads a stream, however it is cut into pieces.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    kind: String,
    data: String,
    /// The last byte was CR: a LF right after it belongs to the same line end.
    after_cr: bool,
    /// Whether the first line was seen; only there a byte order mark is skipped.
    begun: bool,
}

impl Parser {
    /// Takes the next piece, and gives the events that it completes.
    ///
    /// # Errors
    /// [`TooLong`]; the stream is then of no more use.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for &byte in piece {
            let lf_of_crlf = byte == b'\n' && self.after_cr;
            self.after_cr = byte == b'\r';
            match byte {
                b'\n' if lf_of_crlf => {}
                b'\n' | b'\r' => events.extend(self.end_of_line()?),
                byte => {
                    if self.line.len() >= limits::EVENT_LINE_BYTES {
                        return Err(TooLong);
                    }
                    self.line.push(byte);
                }
            }
        }
        Ok(events)
    }

    fn end_of_line(&mut self) -> Result<Option<Event>, TooLong> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = if self.begun { &*line } else { line.strip_prefix('\u{feff}').unwrap_or(&line) };
        self.begun = true;
        if line.is_empty() {
            let kind = std::mem::take(&mut self.kind);
            let mut data = std::mem::take(&mut self.data);
            if data.is_empty() {
                return Ok(None);
            }
            data.pop(); // the line feed after the last line
            let kind = if kind.is_empty() { "message".to_owned() } else { kind };
            return Ok(Some(Event { kind, data }));
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.kind),
            "data" => {
                if self.data.len() + value.len() > limits::EVENT_LINE_BYTES {
                    return Err(TooLong);
                }
                self.data.push_str(value);
                self.data.push('\n');
            }
            // Comments (empty field) keep the line alive; `id` and `retry` are not used: the cursor is in the data,
            // and the outbox decides when to come back.
            _ => {}
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<Event> {
        Parser::default().push(text.as_bytes()).unwrap()
    }

    fn event(kind: &str, data: &str) -> Event {
        Event { kind: kind.into(), data: data.into() }
    }

    #[test]
    fn the_examples_of_the_standard_are_read_as_it_says() {
        assert_eq!(
            read("data: This is the first message.\n\ndata: second\ndata: line\n\n"),
            [event("message", "This is the first message."), event("message", "second\nline")]
        );
        assert_eq!(
            read(": keep-alive\n\nevent: nudge\ndata:{\"cursor\":\"7\"}\n\n"),
            [event("nudge", "{\"cursor\":\"7\"}")]
        );
        assert_eq!(read("data\n\ndata\ndata\n\n"), [event("message", ""), event("message", "\n")]);
        assert_eq!(
            read("\u{feff}data: a\r\n\r\ndata: b\r\rdata: unfinished"),
            [event("message", "a"), event("message", "b")]
        );
        assert_eq!(read("event: nothing to say\n\n"), []);
    }

    #[test]
    fn an_endless_line_or_event_is_refused() {
        let mut parser = Parser::default();
        assert_eq!(parser.push(&vec![b'x'; limits::EVENT_LINE_BYTES + 1]), Err(TooLong));
        let line = format!("data:{}\n", "y".repeat(1000));
        let mut parser = Parser::default();
        assert!((0..100).any(|_| parser.push(line.as_bytes()).is_err()), "the data of one event grew without end");
    }

    proptest! {
        #[test]
        fn where_the_network_cuts_makes_no_difference(
            lines in proptest::collection::vec("(data|event|id|:)?:? ?[a-zé{}\"]{0,12}(\n|\r|\r\n)", 0..20),
            cuts in proptest::collection::vec(1usize..7, 1..60),
        ) {
            let text = lines.concat();
            let whole = Parser::default().push(text.as_bytes()).unwrap();
            let mut parser = Parser::default();
            let mut rest = text.as_bytes();
            let mut pieces = Vec::new();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (piece, later) = rest.split_at((*cut).min(rest.len()));
                pieces.extend(parser.push(piece).unwrap());
                rest = later;
            }
            prop_assert_eq!(whole, pieces);
        }

        #[test]
        fn no_bytes_make_it_fail_but_length(bytes in proptest::collection::vec(any::<u8>(), 0..4000)) {
            prop_assert!(Parser::default().push(&bytes).is_ok());
        }
    }
}
