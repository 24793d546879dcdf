//! `key-value` over `wasi:keyvalue@0.2.0-draft`, which has neither compare-and-swap nor lifetimes: what sessions need for
//! writing is answered with `unsupported`.

use lovely_kv_wasi_keyvalue::{Adapter, Draft};

type Store = Adapter<Draft>;

lovely_kv_wasi_keyvalue::export!(Store);
