//! `key-value` over `wasi:keyvalue@0.2.0-draft2`, which has compare-and-swap and no lifetimes.

use lovely_kv_wasi_keyvalue::{Adapter, Draft2};

type Store = Adapter<Draft2>;

lovely_kv_wasi_keyvalue::export!(Store);
