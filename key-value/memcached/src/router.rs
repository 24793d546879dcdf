//! Which server keeps a key, and which part of a call goes to which server.

/// The part of a call that concerns one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share<T> {
    /// The position of the server among all.
    pub server: usize,
    /// The positions of the items in the call.
    pub positions: Vec<usize>,
    /// The items.
    pub items: Vec<T>,
}

/// Divides a call among the servers with these addresses. No share is empty.
pub fn divide<T>(items: Vec<T>, key: impl Fn(&T) -> &str, servers: &[&str]) -> Vec<Share<T>> {
    if let ([_], false) = (servers, items.is_empty()) {
        return Vec::from([Share { server: 0, positions: (0..items.len()).collect(), items }]);
    }
    let share = |server| Share { server, positions: Vec::new(), items: Vec::new() };
    let mut shares: Vec<_> = (0..servers.len()).map(share).collect();
    for (position, item) in items.into_iter().enumerate() {
        let server = route(key(&item), servers.iter().copied());
        if let Some(share) = shares.get_mut(server) {
            share.positions.push(position);
            share.items.push(item);
        }
    }
    shares.retain(|share| !share.items.is_empty());
    shares
}

/// Puts the results of several servers in the order of the call. Each result comes with its position in the call.
pub fn in_order<T>(results: impl IntoIterator<Item = (usize, T)>) -> Vec<T> {
    let mut results: Vec<_> = results.into_iter().collect();
    results.sort_by_key(|(position, _)| *position);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The position of the server that keeps a key, among the addresses of all; 0 when there are none.
///
/// This is rendezvous hashing: every server gets a score for the key, and the highest score wins. So a server that is
/// added takes its share of the keys and moves no other key, and the order of the servers does not matter.
///
/// The hash is fixed here, byte for byte, so that every process, on any target and built with any compiler, finds a key
/// on the same server. (`memcache::exp::Rendezvous` hashes the servers with the standard library's hasher, which may
/// change with any release of Rust, and which hashes a length of four bytes on 32-bit targets and of eight on others.)
pub fn route<'a>(key: &str, servers: impl Iterator<Item = &'a str>) -> usize {
    let key = spread(fnv_1a(key.as_bytes()));
    let scores = servers.map(|server| (spread(key ^ fnv_1a(server.as_bytes())), server));
    // Equal scores are as good as impossible. The address decides then, because the order must not.
    scores.enumerate().max_by_key(|(_, score)| *score).map_or(0, |(position, _)| position)
}

/// The 64-bit hash FNV-1a, with its published constants.
pub(crate) fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Spreads every bit over all of them, which FNV does not do by itself (the mixing step of SplitMix64).
pub(crate) fn spread(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(count: usize) -> Vec<String> {
        (1..=count).map(|number| format!("10.0.0.{number}:11211")).collect()
    }

    fn position(key: &str, servers: &[String]) -> usize {
        route(key, servers.iter().map(String::as_str))
    }

    fn server_of(key: usize, servers: &[String]) -> String {
        servers[position(&format!("ls1:cart:{key}"), servers)].clone()
    }

    #[test]
    fn the_hash_is_the_one_that_was_published() {
        assert_eq!(fnv_1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv_1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv_1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    /// Fails when keys move: live sessions would be lost with an upgrade.
    #[test]
    fn keys_stay_where_they_always_were() {
        let found: Vec<usize> = (0..16).map(|key| position(&format!("k{key}"), &servers(4))).collect();
        assert_eq!(found, [0, 1, 1, 1, 3, 3, 1, 0, 2, 1, 0, 3, 3, 1, 3, 0]);
    }

    #[test]
    fn every_server_gets_about_its_share() {
        let servers = servers(5);
        for server in &servers {
            let share = (0..10_000).filter(|&key| server_of(key, &servers) == *server).count();
            assert!((1800..2200).contains(&share), "{server} keeps {share} of 10000 keys");
        }
    }

    #[test]
    fn a_new_server_takes_its_share_and_moves_no_other_key() {
        let (before, after) = (servers(4), servers(5));
        let moved: Vec<usize> =
            (0..10_000).filter(|&key| server_of(key, &before) != server_of(key, &after)).collect();
        assert!(moved.iter().all(|&key| server_of(key, &after) == after[4]));
        assert!((1800..2200).contains(&moved.len()), "{} of 10000 keys moved", moved.len());
    }

    #[test]
    fn the_order_of_the_servers_does_not_matter() {
        let mut reversed = servers(5);
        reversed.reverse();
        assert!((0..1000).all(|key| server_of(key, &servers(5)) == server_of(key, &reversed)));
    }

    #[test]
    fn a_call_is_divided_among_its_servers_and_its_results_come_in_its_order() {
        let servers = servers(4);
        let names: Vec<&str> = servers.iter().map(String::as_str).collect();
        let keys: Vec<String> = (0..50).map(|key| format!("k{key}")).collect();
        let shares = divide(keys.clone(), String::as_str, &names);
        assert_eq!(shares.len(), 4);
        for share in &shares {
            assert!(share.items.iter().all(|key| position(key, &servers) == share.server));
        }
        let results = shares.into_iter().flat_map(|share| share.positions.into_iter().zip(share.items));
        assert_eq!(in_order(results), keys);
        assert_eq!(divide(Vec::new(), String::as_str, &names[..1]), []);
    }
}
