//! What a program says: the beginning and the end of it are kept, whatever it writes.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

/// The beginning and the end of a stream, half of the bound each.
#[derive(Debug)]
pub(crate) struct Kept {
    bound: usize,
    begin: Vec<u8>,
    end: VecDeque<u8>,
    all: u64,
}

impl Kept {
    pub(crate) fn new(bound: usize) -> Self {
        Self { bound, begin: Vec::new(), end: VecDeque::new(), all: 0 }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.all += bytes.len() as u64;
        let half = self.bound.div_ceil(2);
        let first = bytes.len().min(half - self.begin.len());
        self.begin.extend_from_slice(&bytes[..first]);
        let rest = &bytes[first..];
        let room = self.bound - half;
        self.end.extend(&rest[rest.len().saturating_sub(room)..]);
        let over = self.end.len().saturating_sub(room);
        self.end.drain(..over);
    }

    /// As text under a head; bytes that are no UTF-8 are replaced.
    pub(crate) fn text(&self, name: &str) -> String {
        let left_out = self.all - (self.begin.len() + self.end.len()) as u64;
        let end: Vec<u8> = self.end.iter().copied().collect();
        let (begin, end) = (String::from_utf8_lossy(&self.begin), String::from_utf8_lossy(&end));
        let middle = if left_out > 0 { format!("\n… {left_out} bytes left out …\n") } else { String::new() };
        format!("--- {name}, {} bytes\n{begin}{middle}{end}\n", self.all)
    }
}

/// Reads a stream to its end on a thread of its own. The thread is never waited for beyond the caller's patience: a grandchild may
/// hold the stream open.
pub(crate) fn drain(
    mut stream: impl Read + Send + 'static,
    bound: usize,
) -> (Arc<Mutex<Kept>>, std::thread::JoinHandle<()>) {
    let kept = Arc::new(Mutex::new(Kept::new(bound)));
    let into = Arc::clone(&kept);
    let thread = std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            into.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..read]);
        }
    });
    (kept, thread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginning_and_end_are_kept() {
        let check = |bound: usize, pieces: &[&str], expect: &str| {
            let mut kept = Kept::new(bound);
            pieces.iter().for_each(|piece| kept.push(piece.as_bytes()));
            assert_eq!(kept.text("out"), expect, "{bound} {pieces:?}");
        };
        check(6, &[], "--- out, 0 bytes\n\n");
        check(6, &["abc", "def"], "--- out, 6 bytes\nabcdef\n");
        check(6, &["abcdefgh"], "--- out, 8 bytes\nabc\n… 2 bytes left out …\nfgh\n");
        check(5, &["a", "bcdef", "g", "h"], "--- out, 8 bytes\nabc\n… 3 bytes left out …\ngh\n");
        check(0, &["abc"], "--- out, 3 bytes\n\n… 3 bytes left out …\n\n");
    }
}
