//! Packages, whose values have types.

mod handle;
mod read;
mod write;

pub use self::handle::Package;
