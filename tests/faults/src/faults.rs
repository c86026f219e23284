//! What the proxy can do to a request and its answer.

use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;

/// Of a hundred requests, so many meet a fault while there are faults.
const SHARE_PERCENT: u32 = 40;

/// What is done to one request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It is held up on the way.
    Delay(Duration),
    /// The connection is reset before anything is passed on.
    ResetBefore,
    /// The connection is reset after this share of the body was passed on.
    ResetWithin(f64),
    /// The request ends after this share of the body, in order, as if that were all.
    TruncateRequest(f64),
    /// The server has acted and answered; the connection is reset before anything of the answer is passed on.
    ResetAfter,
    /// The connection is reset after this share of the answer.
    ResetWithinAnswer(f64),
    /// The answer ends after this share, in order, as if that were all.
    TruncateAnswer(f64),
    /// A few bytes of the answer, from this share of it on, become others.
    Garble(f64),
    /// The server gets the request twice; the answer is that to the second.
    Repeat,
    /// The server gets the request once more, after a while, when others were made since.
    RepeatLater(Duration),
    /// A page is answered instead, and the server never hears of it.
    Page(u16),
    /// The server has acted; a page is answered instead of its answer.
    PageAfter(u16),
    /// The answer comes in drops.
    Drip(Duration),
    /// Nothing is heard for a while, then the connection is reset; the server never hears of it.
    Silence(Duration),
}

/// How a fault is named in the tally.
pub(crate) fn name(fault: Fault) -> &'static str {
    match fault {
        Fault::None => "nothing",
        Fault::Delay(_) => "delayed",
        Fault::ResetBefore => "reset before",
        Fault::ResetWithin(_) => "reset within the request",
        Fault::TruncateRequest(_) => "request truncated",
        Fault::ResetAfter => "reset after the server acted",
        Fault::ResetWithinAnswer(_) => "reset within the answer",
        Fault::TruncateAnswer(_) => "answer truncated",
        Fault::Garble(_) => "answer garbled",
        Fault::Repeat => "repeated",
        Fault::RepeatLater(_) => "repeated later",
        Fault::Page(_) => "page instead",
        Fault::PageAfter(_) => "page after the server acted",
        Fault::Drip(_) => "answer in drops",
        Fault::Silence(_) => "silence",
    }
}

/// What happens to a request.
pub(crate) fn draw(dice: &mut StdRng) -> Fault {
    if dice.random_range(0..100) >= SHARE_PERCENT {
        return Fault::None;
    }
    let mut ms = |from: u64, to: u64| Duration::from_millis(dice.random_range(from..to));
    let (short, long) = (ms(5, 800), ms(500, 3000));
    let share = dice.random_range(0.0..1.0);
    match dice.random_range(0..14_u32) {
        0 => Fault::Delay(short),
        1 => Fault::ResetBefore,
        2 => Fault::ResetWithin(share),
        3 => Fault::TruncateRequest(share),
        4 => Fault::ResetAfter,
        5 => Fault::ResetWithinAnswer(share),
        6 => Fault::TruncateAnswer(share),
        7 => Fault::Garble(share),
        8 => Fault::Repeat,
        9 => Fault::RepeatLater(short),
        10 => Fault::Page(page_of(dice)),
        11 => Fault::PageAfter(page_of(dice)),
        12 => Fault::Drip(short),
        _ => Fault::Silence(long),
    }
}

fn page_of(dice: &mut StdRng) -> u16 {
    [200, 302, 502, 504].get(dice.random_range(0..4_usize)).copied().unwrap_or(200)
}

/// So much of a whole.
pub(crate) fn part(share: f64, whole: usize) -> usize {
    (share.clamp(0.0, 1.0) * whole as f64) as usize
}

/// Makes a few bytes of an answer others: such as no text has, so that what they stood for is destroyed and never changed
/// into something else that could be true. The desk speaks TLS outside of tests, where any other byte ends the
/// connection; that is tried in a test of its own.
pub(crate) fn garble(answer: &mut [u8], head: usize, share: f64) {
    // An answer without a body has only its head.
    let from = if answer.len() > head { head + part(share, answer.len() - head - 1) } else { part(share, 12) };
    for (at, byte) in answer.iter_mut().enumerate().skip(from).take(5) {
        *byte = 0xf8 | (at as u8 & 7);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dice;
    use std::collections::BTreeSet;

    #[test]
    fn every_fault_happens_and_a_seed_repeats_them() {
        let run = || -> Vec<Fault> { (0..2000).map(|i| draw(&mut Dice::of(7).of_player("proxy", i))).collect() };
        let drawn = run();
        assert_eq!(drawn, run());
        let kinds: BTreeSet<&str> = drawn.iter().map(|fault| name(*fault)).collect();
        assert_eq!(kinds.len(), 15, "{kinds:?}");
        let clean = drawn.iter().filter(|fault| **fault == Fault::None).count();
        assert!((1000..1400).contains(&clean), "{clean} of 2000 went through as they were");
    }

    #[test]
    fn what_was_garbled_is_no_text_any_more() {
        for (answer, head) in [("HTTP/1.1 200 OK\r\n\r\n{\"number\":12}", 19), ("HTTP/1.1 204 No Content\r\n\r\n", 27)]
        {
            for share in [0.0, 0.3, 0.99] {
                let mut bytes = answer.as_bytes().to_vec();
                garble(&mut bytes, head, share);
                assert!(std::str::from_utf8(&bytes).is_err(), "{answer} at {share}");
            }
        }
    }
}
