//! Writes the log, with a line about the lines that were dropped.

use std::io::{ErrorKind, Write};

use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

use super::queue::{Batch, LogQueue, count_lines};

/// Writes lines to `out`, which may be a closed pipe or a full disk.
#[derive(Debug)]
pub struct LogWriter<W> {
    out: W,
    /// The number of dropped lines that no line of the log has reported yet.
    dropped: usize,
    /// Whether the last written line is incomplete.
    is_incomplete: bool,
}

impl<W: Write> LogWriter<W> {
    /// A writer that has dropped no lines.
    pub fn new(out: W) -> Self {
        Self { out, dropped: 0, is_incomplete: false }
    }

    /// Writes the lines of the queue until the process ends.
    pub fn run(mut self, queue: &LogQueue) {
        let mut batch = Batch::default();
        loop {
            queue.take(&mut batch);
            self.write_batch(&batch);
        }
    }

    /// Writes a batch, and reports dropped lines before and after it.
    fn write_batch(&mut self, batch: &Batch) {
        let works = self.report_dropped();
        let unwritten = if works { self.write(&batch.text) } else { &batch.text };
        self.dropped += count_lines(unwritten) + batch.dropped;
        if unwritten.is_empty() {
            self.report_dropped();
        }
    }

    /// Writes the number of dropped lines, if there are any. Returns false if that failed.
    fn report_dropped(&mut self) -> bool {
        if self.dropped == 0 {
            return true;
        }
        let line = dropped_line(self.dropped, self.is_incomplete);
        let is_reported = self.write(line.as_bytes()).is_empty();
        if is_reported {
            self.dropped = 0;
        }
        is_reported
    }

    /// Writes as much as possible, and returns the rest.
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
        self.is_incomplete = written.last().map_or(self.is_incomplete, |byte| *byte != b'\n');
        rest
    }
}

/// A line in the format of the log, which begins on a new line also after an incomplete one.
fn dropped_line(dropped: usize, after_incomplete_line: bool) -> String {
    let mut line = if after_incomplete_line { "\n".to_owned() } else { String::new() };
    // Writing to a string cannot fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut line));
    line.push_str(&format!("  WARN lovely_session: dropped log lines: {dropped}\n"));
    line
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// A disk with `free` bytes.
    struct Disk {
        text: Vec<u8>,
        free: usize,
    }

    impl Write for &mut Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let length = bytes.len().min(self.free);
            if length == 0 {
                return Err(ErrorKind::StorageFull.into());
            }
            self.free -= length;
            self.text.extend_from_slice(&bytes[..length]);
            Ok(length)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn batch(text: &str, dropped: usize) -> Batch {
        Batch { text: text.as_bytes().to_owned(), dropped }
    }

    /// The lines on the disk; those about dropped lines without their time.
    fn lines(disk: &Disk) -> Vec<String> {
        let text = String::from_utf8(disk.text.clone()).expect("the log is text");
        text.lines().map(|line| line.split_once("WARN").map_or(line, |(_, rest)| rest).to_owned()).collect()
    }

    #[test]
    fn lines_dropped_by_the_queue_are_reported_after_those_that_fit() {
        let mut disk = Disk { text: Vec::new(), free: 1000 };
        let mut writer = LogWriter::new(&mut disk);
        writer.write_batch(&batch("1\n2\n", 3));
        writer.write_batch(&batch("6\n", 0));
        assert_eq!(lines(&disk), ["1", "2", " lovely_session: dropped log lines: 3", "6"]);
    }

    #[test]
    fn unwritten_lines_are_reported_once_writing_works_again() {
        let mut disk = Disk { text: Vec::new(), free: 7 };
        let mut writer = LogWriter::new(&mut disk);
        writer.write_batch(&batch("first\nsecond\nthird\n", 0));
        writer.write_batch(&batch("fourth\n", 2));
        writer.out.free = 1000;
        writer.write_batch(&batch("seventh\n", 0));
        let report = " lovely_session: dropped log lines: 5";
        assert_eq!(lines(&disk), ["first", "s", report, "seventh"]);
    }
}
