//! How sessions are kept on memcached servers, without any I/O.
//!
//! The host's store and the component `kv-memcached` are both built on this, so that they can share servers: keys
//! are on the same server for both ([`route`]), and both trust a server for the same reasons ([`judge`]).
//!
//! - A call is divided among the servers ([`divide`]); each part becomes a [`Batch`] of commands, which is encoded
//!   for the process that answers.
//! - What comes back is taken apart line by line ([`parse_line`]), and translated into entries ([`entry`]) and
//!   outcomes ([`outcome`]).
//!
//! The protocol is the text protocol with meta commands, of memcached 1.6.18 or newer.

#![no_std]

extern crate alloc;

mod address;
mod answer;
mod command;
mod process;
mod questions;
mod router;
mod token;
mod translate;

pub use address::{InvalidAddress, ServerAddress};
pub use answer::{
    Answer, Answered, Code, Complaint, LINE_END, Line, MAX_LINE_BYTES, NotUnderstood, parse_line,
};
pub use command::{Asked, Batch, Request, item_overhead};
pub use process::{Epoch, Process, UNMISTAKABLE_UPTIME};
pub use questions::{Facts, QUESTIONS, Unfit, begins_like_memcached, end_of_answers, judge};
pub use router::{Share, divide, in_order, route};
pub use token::Token;
pub use translate::{entry, entry_complaint, incomprehensible, outcome};
