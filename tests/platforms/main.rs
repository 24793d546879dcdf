//! The session component on hosts that are none of ours. `scripts/platforms.sh` installs them.

mod hosts;
mod node;
mod python;
