//! Writes the log, and tells of the lines that it could not write.

use std::io::{ErrorKind, Write};

use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

use crate::log_queue::{Batch, LogQueue, count_lines};

/// Writes lines to `out`, where the reader may have gone and the disk may be full.
#[derive(Debug)]
pub struct LogWriter<W> {
    out: W,
    /// How many lines were lost since that was last told.
    lost: usize,
    /// Whether the last line that was written lacks its end.
    is_cut: bool,
}

impl<W: Write> LogWriter<W> {
    /// A writer that has lost nothing yet.
    pub fn new(out: W) -> Self {
        Self { out, lost: 0, is_cut: false }
    }

    /// Writes what comes into the queue, as long as the process lives.
    pub fn run(mut self, queue: &LogQueue) {
        let mut batch = Batch::default();
        loop {
            queue.take(&mut batch);
            self.write_batch(&batch);
        }
    }

    /// Writes a batch, with the losses before and behind it.
    fn write_batch(&mut self, batch: &Batch) {
        let works = self.tell_losses();
        let unwritten = if works { self.write(&batch.text) } else { &batch.text };
        self.lost += count_lines(unwritten) + batch.lost;
        if unwritten.is_empty() {
            self.tell_losses();
        }
    }

    /// Writes a line about the lines that were lost, if any were; whether writing works.
    fn tell_losses(&mut self) -> bool {
        if self.lost == 0 {
            return true;
        }
        let line = loss_line(self.lost, self.is_cut);
        let is_told = self.write(line.as_bytes()).is_empty();
        if is_told {
            self.lost = 0;
        }
        is_told
    }

    /// Writes as much as it can, and returns the rest.
    fn write<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let mut rest = text;
        while !rest.is_empty() {
            match self.out.write(rest) {
                Ok(0) => break,
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let written = text.strip_suffix(rest).unwrap_or(text);
        self.is_cut = written.last().map_or(self.is_cut, |byte| *byte != b'\n');
        rest
    }
}

/// As the other lines of the log look; on a line of its own, also behind one that was cut.
fn loss_line(lost: usize, behind_cut_line: bool) -> String {
    let mut line = if behind_cut_line { "\n".to_owned() } else { String::new() };
    // Writing to a string cannot fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut line));
    line.push_str(&format!("  WARN lovely_session: lines of the log were lost: {lost}\n"));
    line
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// A disk with room for so many bytes.
    struct Disk {
        text: Vec<u8>,
        room: usize,
    }

    impl Write for &mut Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let length = bytes.len().min(self.room);
            if length == 0 {
                return Err(ErrorKind::StorageFull.into());
            }
            self.room -= length;
            self.text.extend_from_slice(&bytes[..length]);
            Ok(length)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn batch(text: &str, lost: usize) -> Batch {
        Batch { text: text.as_bytes().to_owned(), lost }
    }

    /// What is on the disk, with the time of each loss left out.
    fn lines(disk: &Disk) -> Vec<String> {
        let text = String::from_utf8(disk.text.clone()).expect("the log is text");
        text.lines().map(|line| line.split_once("WARN").map_or(line, |(_, rest)| rest).to_owned()).collect()
    }

    #[test]
    fn lines_that_had_no_room_in_the_queue_are_told_behind_those_that_had() {
        let mut disk = Disk { text: Vec::new(), room: 1000 };
        let mut writer = LogWriter::new(&mut disk);
        writer.write_batch(&batch("1\n2\n", 3));
        writer.write_batch(&batch("6\n", 0));
        assert_eq!(lines(&disk), ["1", "2", " lovely_session: lines of the log were lost: 3", "6"]);
    }

    #[test]
    fn lines_that_could_not_be_written_are_told_once_writing_works_again() {
        let mut disk = Disk { text: Vec::new(), room: 7 };
        let mut writer = LogWriter::new(&mut disk);
        writer.write_batch(&batch("first\nsecond\nthird\n", 0));
        writer.write_batch(&batch("fourth\n", 2));
        writer.out.room = 1000;
        writer.write_batch(&batch("seventh\n", 0));
        let told = " lovely_session: lines of the log were lost: 5";
        assert_eq!(lines(&disk), ["first", "s", told, "seventh"]);
    }
}
