//! `key-value` over `wasi:keyvalue@0.2.0-draft`, where the last writer wins: versions are compared, but others can write
//! between the look and the write, and updates are lost then. Whoever deploys this component has chosen that.

use lovely_kv_wasi_keyvalue::{Adapter, Draft, LastWriterWins};

type Store = Adapter<LastWriterWins<Draft>>;

lovely_kv_wasi_keyvalue::export!(Store);
