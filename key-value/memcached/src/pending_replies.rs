//! Pairs replies with the commands of a request.

use crate::batch::Request;
use crate::reply::{InvalidReply, Reply, opaque};

/// The replies to one request: those that have come, and how many are missing. They come in the order of the commands.
#[derive(Debug)]
pub struct PendingReplies {
    next_opaque: u32,
    missing: usize,
    replies: Vec<Reply>,
}

impl PendingReplies {
    /// The replies to a request, before any has come.
    pub fn to(request: &Request) -> Self {
        let replies = Vec::with_capacity(request.commands);
        Self { next_opaque: request.first_opaque, missing: request.commands, replies }
    }

    /// How many replies are missing.
    pub fn missing(&self) -> usize {
        self.missing
    }

    /// Adds the next reply.
    ///
    /// # Errors
    ///
    /// When no reply is missing, or when it repeats another opaque than that of the next command. An error reply repeats
    /// none, so it counts as the reply to the next command.
    pub fn push(&mut self, reply: Reply) -> Result<(), InvalidReply> {
        let is_expected = reply.as_ref().map_or(true, |result| opaque(result) == Some(self.next_opaque));
        if self.missing == 0 || !is_expected {
            return Err(InvalidReply);
        }
        self.next_opaque = self.next_opaque.wrapping_add(1);
        self.missing -= 1;
        self.replies.push(reply);
        Ok(())
    }

    /// Takes the replies that have come. Those that are missing can still be pushed.
    pub fn take(&mut self) -> Vec<Reply> {
        std::mem::take(&mut self.replies)
    }
}

#[cfg(test)]
mod tests {
    use memcache::exp::{Error, MetaResponse, parse_meta_result};

    use super::*;

    fn reply(line: &str) -> Reply {
        MetaResponse::parse_header(line.as_bytes()).and_then(parse_meta_result)
    }

    fn pending(first_opaque: u32, commands: usize) -> PendingReplies {
        PendingReplies::to(&Request { bytes: Vec::new(), first_opaque, commands })
    }

    #[test]
    fn replies_come_in_the_order_of_the_commands() {
        let mut pending = pending(u32::MAX, 3);
        assert_eq!(pending.push(reply("HD O4294967295")), Ok(()));
        assert_eq!(pending.push(Err(Error::Server("out of memory".into()))), Ok(()));
        assert_eq!(pending.missing(), 1);
        assert_eq!(pending.take().len(), 2);
        assert_eq!(pending.push(reply("HD O1")), Ok(()));
        assert_eq!(pending.push(reply("HD O2")), Err(InvalidReply), "no reply is missing");
        assert_eq!((pending.missing(), pending.take().len()), (0, 1));
    }

    #[test]
    fn a_reply_to_another_command_is_invalid() {
        for line in ["HD O8", "HD", "HD Ox", "HD O-7", "MN"] {
            assert_eq!(pending(7, 2).push(reply(line)), Err(InvalidReply), "{line}");
        }
    }
}
