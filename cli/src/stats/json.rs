//! The statistics of servers, as JSON.

use lovely_session_host::{Limitation, ServerStatistics, Statistics};
use serde_json::{Value, json};

/// The document. What a server does not tell is null.
pub fn json(servers: &[ServerStatistics]) -> String {
    let servers: Vec<_> = servers.iter().map(server).collect();
    format!("{:#}\n", json!({ "servers": servers }))
}

fn server(server: &ServerStatistics) -> Value {
    match &server.statistics {
        Ok(told) => json!({
            "server": server.name,
            "error": null,
            "statistics": statistics(told),
            "limits": told.limitations().iter().map(limitation).collect::<Vec<_>>(),
        }),
        Err(error) => json!({
            "server": server.name, "error": error.to_string(), "statistics": null, "limits": [],
        }),
    }
}

fn statistics(told: &Statistics) -> Value {
    json!({
        "version": told.version,
        "uptime_seconds": told.uptime.map(|uptime| uptime.as_secs()),
        "items": told.items,
        "bytes": told.bytes,
        "limit_maxbytes": told.limit_maxbytes,
        "get_hits": told.get_hits,
        "get_misses": told.get_misses,
        "hit_rate": told.hit_rate(),
        "evictions": told.evictions,
        "store_no_memory": told.store_no_memory,
        "curr_connections": told.curr_connections,
        "max_connections": told.max_connections,
        "rejected_connections": told.rejected_connections,
        "listen_disabled_num": told.listen_disabled_num,
        "item_size_max": told.item_size_max,
        "evicts": told.evicts,
        "removes_expired": told.removes_expired,
        "keeps_used_items": told.keeps_used_items,
        "moves_memory": told.moves_memory,
        "idle_timeout_seconds": told.idle_timeout.map(|timeout| timeout.as_secs()),
    })
}

fn limitation(limitation: &Limitation) -> Value {
    json!({ "name": limitation.name(), "text": limitation.to_string() })
}
