//! The bindings of what is imported, under the names that the rest of the crate uses.

pub use wasip2::{cli, clocks, io, random, sockets};
