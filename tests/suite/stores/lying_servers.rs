//! A server that announces more bytes than it sends: the store does not reserve them and does not wait for them.

use std::io::{self, BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use lovely_session_host::{Error, KeyValue, Memcached};
use lovely_session_tests::world::long_timeouts;

use super::kv_memcached::store_at;

/// A handshake with an item limit of 2^62 bytes.
const HANDSHAKE: &str = "VERSION 1.6.18\r\n\
    STAT pid 4711\r\nSTAT uptime 100\r\nSTAT time 1700000100\r\nEND\r\n\
    STAT item_size_max 4611686018427387904\r\nSTAT cas_enabled yes\r\nEND\r\n\
    EN O0\r\nNF O1\r\nNF c0 O2\r\nMN\r\n";

/// The largest item that any memcached allows.
const LARGEST_ITEM: u64 = 1 << 30;

/// A server that announces a value of this size for each key, sends a few bytes of it, and hangs.
fn liar(announced: u64) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // The thread ends with the test's process.
    thread::spawn(move || {
        for client in listener.incoming() {
            thread::spawn(move || lie(&client.unwrap(), announced));
        }
    });
    address
}

/// Serves a connection until the client closes it.
fn lie(mut client: &TcpStream, announced: u64) -> io::Result<()> {
    for line in BufReader::new(client).lines() {
        let line = line?;
        if line == "mn" {
            client.write_all(HANDSHAKE.as_bytes())?;
        } else if line.starts_with("mg ") && !line.contains("lovely-session:probe") {
            let token = line.split(' ').find(|word| word.starts_with('O')).unwrap();
            client.write_all(format!("VA {announced} c7 t-1 {token}\r\nand so on").as_bytes())?;
        }
    }
    Ok(())
}

async fn read_from(store: &dyn KeyValue) -> Error {
    store.get_many(vec!["k".into()], None).await.unwrap_err()
}

#[tokio::test]
async fn a_reply_with_an_impossible_size_closes_the_connection() {
    for announced in [1 << 62, u64::from(u32::MAX) - 1, LARGEST_ITEM + 1] {
        let address = liar(announced);
        let host =
            Memcached::connect(&[address.to_string().parse().unwrap()], &long_timeouts()).await.unwrap();
        let component = store_at(&[address.to_string()], Duration::from_secs(20));
        for error in [read_from(&host).await, read_from(&component).await] {
            let is_named = matches!(&error, Error::Other(text) if text.contains(&address.to_string()));
            assert!(is_named, "{announced} bytes: {error:?}");
        }
    }
}

#[tokio::test]
async fn the_limit_of_values_is_at_most_what_any_memcached_allows() {
    let address = liar(0);
    let store = Memcached::connect(&[address.to_string().parse().unwrap()], &long_timeouts()).await.unwrap();
    let limit = store.max_value_bytes("k");
    assert!((LARGEST_ITEM - 1000..LARGEST_ITEM).contains(&limit), "{limit}");
}
