//! Queues of instances that wait to load the same record.

mod instance;
mod options;
mod shared;
mod statistics;
mod table;
mod wait;

pub(crate) use self::instance::InstanceTurns;
pub use self::options::TurnsOptions;
pub(crate) use self::shared::Shared;
pub use self::statistics::TurnStatistics;
