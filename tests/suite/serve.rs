//! The server itself, whatever it serves: a real client, a real socket, and an application that misbehaves.

mod answers;
mod connections;
mod failures;
mod loading;
mod raw;
mod running;
mod stopping;
