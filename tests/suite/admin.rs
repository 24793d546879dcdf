//! What operators see of a server: the command with `--admin`, under traffic, on two memcached servers.

mod operated;
mod page;
