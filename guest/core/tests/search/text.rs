//! Programs as text: one line that a person can read and write, and that a schedule can be replayed from.
//!
//! ```text
//! a b=9 c=ended slides f1=wl | S session(a) 0.inc(px) commit | +5 N resume(a) 0.renew(n0) commit ; S ...
//! ```
//!
//! First what exists: `a` with one commit, `b=9` with nine, `c=ended`; what the store can do; how many faults of which
//! kinds; if they are not the usual ones, how long sessions live, and which seconds pass. Then the clients, each with the seconds that its clock is ahead, and its transactions: the isolation level
//! (`S`, `N` for snapshot, `L` for last-writer-wins), the acts, `commit` or `abort`. `n0` is the first id that the
//! program draws.

use std::fmt;

use lovely_session_core::Isolation;

use crate::program::{
    Act, Client, Deed, FAULT_KINDS, Faults, Id, Initial, KEYS, Lives, PACKAGES, Program, StoreKind, TRUSTED,
    Tx,
};

/// The name of a position: its package and its key.
pub fn place_name(position: u8) -> String {
    let (package, key) = (usize::from(position) / KEYS.len(), usize::from(position) % KEYS.len());
    [PACKAGES[package], KEYS[key]].concat()
}

/// The name of an id.
pub fn id_name(id: Id) -> String {
    match TRUSTED.get(usize::from(id)) {
        Some(name) => (*name).to_owned(),
        None => format!("n{}", usize::from(id) - TRUSTED.len()),
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        for (name, initial) in TRUSTED.iter().zip(self.initial) {
            match initial {
                Initial::Absent => {}
                Initial::Live(1) => words.push((*name).to_owned()),
                Initial::Live(commits) => words.push(format!("{name}={commits}")),
                Initial::Ended => words.push(format!("{name}=ended")),
            }
        }
        match self.store {
            StoreKind::Slides => {}
            StoreKind::Expires => words.push("expires".into()),
            StoreKind::Keeps => words.push("keeps".into()),
        }
        if self.faults.budget > 0 {
            words.push(format!("f{}={}", self.faults.budget, self.faults.kinds));
        }
        let usual = Lives::default();
        let Lives { timeout, remember, grace, passes } = &self.lives;
        for (name, value, usual) in [
            ("timeout", timeout, usual.timeout),
            ("remember", remember, usual.remember),
            ("grace", grace, usual.grace),
        ] {
            if *value != usual {
                words.push(format!("{name}={value}"));
            }
        }
        if !passes.is_empty() {
            let passes: Vec<String> = passes.iter().map(u16::to_string).collect();
            words.push(format!("passes={}", passes.join(",")));
        }
        f.write_str(&words.join(" "))?;
        for client in &self.clients {
            let transactions: Vec<String> = client.transactions.iter().map(Tx::to_string).collect();
            let skew = if client.skew == 0 { String::new() } else { format!("{:+} ", client.skew) };
            write!(f, " | {skew}{}", transactions.join(" ; "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.isolation {
            Isolation::Serializable => "S",
            Isolation::Snapshot => "N",
            Isolation::LastWriterWins => "L",
        })?;
        self.acts.iter().try_for_each(|act| write!(f, " {act}"))?;
        f.write_str(if self.commits { " commit" } else { " abort" })
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => write!(f, "session({})", id_name(*id)),
            Self::Sessions(first, second) => write!(f, "sessions({},{})", id_name(*first), id_name(*second)),
            Self::Resume(id) => write!(f, "resume({})", id_name(*id)),
            Self::Create(id) => write!(f, "create({})", id_name(*id)),
            Self::On(handle, deed) => write!(f, "{handle}.{deed}"),
            Self::Savepoint => f.write_str("savepoint"),
            Self::Rollback(which) => write!(f, "rollback({which})"),
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let package = |package: &u8| PACKAGES[usize::from(*package)];
        match self {
            Self::Get(position) => write!(f, "get({})", place_name(*position)),
            Self::Peek(position) => write!(f, "peek({})", place_name(*position)),
            Self::Contains(position) => write!(f, "contains({})", place_name(*position)),
            Self::Set(position, value) => write!(f, "set({},{value})", place_name(*position)),
            Self::Increment(position) => write!(f, "inc({})", place_name(*position)),
            Self::Add(position, number) => write!(f, "add({},{number})", place_name(*position)),
            Self::Remove(position) => write!(f, "remove({})", place_name(*position)),
            Self::Keys(p) => write!(f, "keys({})", package(p)),
            Self::Len(p) => write!(f, "len({})", package(p)),
            Self::Entries(p) => write!(f, "entries({})", package(p)),
            Self::PeekEntries(p) => write!(f, "peek_entries({})", package(p)),
            Self::Clear(p) => write!(f, "clear({})", package(p)),
            Self::Packages => f.write_str("packages"),
            Self::RemovePackage(p) => write!(f, "remove_package({})", package(p)),
            Self::IsNew => f.write_str("is_new"),
            Self::Destroy => f.write_str("destroy"),
            Self::Renew(id, false) => write!(f, "renew({})", id_name(*id)),
            Self::Renew(id, true) => write!(f, "renew({},grace)", id_name(*id)),
        }
    }
}

/// Reads a program.
pub fn parse(text: &str) -> Program {
    let mut parts = text.split('|').map(str::trim);
    let mut program = Program {
        initial: [Initial::Absent; TRUSTED.len()],
        store: StoreKind::Slides,
        faults: Faults::default(),
        lives: Lives::default(),
        clients: Vec::new(),
    };
    parts.next().unwrap_or_default().split_whitespace().for_each(|word| parse_head(&mut program, word));
    program.clients = parts.map(parse_client).collect();
    assert!(program.number(), "the program is over the limits: {text}");
    program
}

fn parse_head(program: &mut Program, word: &str) {
    match word {
        "slides" => program.store = StoreKind::Slides,
        "expires" => program.store = StoreKind::Expires,
        "keeps" => program.store = StoreKind::Keeps,
        _ => {
            let (name, value) = word.split_once('=').unwrap_or((word, "1"));
            let lives = &mut program.lives;
            let seconds = || value.parse().expect("seconds");
            match name {
                "timeout" => return lives.timeout = seconds(),
                "remember" => return lives.remember = seconds(),
                "grace" => return lives.grace = seconds(),
                "passes" => {
                    return lives.passes =
                        value.split(',').map(|word| word.parse().expect("seconds")).collect();
                }
                _ => {}
            }
            if let Some(budget) = name.strip_prefix('f') {
                let kinds = if value == "all" { FAULT_KINDS.to_owned() } else { value.to_owned() };
                program.faults = Faults { budget: budget.parse().expect("a number of faults"), kinds };
                return;
            }
            let id = TRUSTED.iter().position(|id| *id == name).unwrap_or_else(|| panic!("what is {word}?"));
            program.initial[id] = if value == "ended" {
                Initial::Ended
            } else {
                Initial::Live(value.parse().expect("commits"))
            };
        }
    }
}

fn parse_client(text: &str) -> Client {
    let (skew, text) = match text.split_once(' ') {
        Some((skew, rest)) if skew.starts_with(['+', '-']) => (skew.parse().expect("a skew"), rest),
        _ => (0, text),
    };
    Client { skew, transactions: text.split(';').map(parse_transaction).collect() }
}

fn parse_transaction(text: &str) -> Tx {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let commits = match words.pop() {
        Some("commit") => true,
        Some("abort") => false,
        _ => panic!("no end: {text}"),
    };
    let isolation = match words.remove(0) {
        "S" => Isolation::Serializable,
        "N" => Isolation::Snapshot,
        "L" => Isolation::LastWriterWins,
        word => panic!("no isolation level: {word}"),
    };
    Tx { isolation, acts: words.into_iter().map(parse_act).collect(), commits }
}

fn parse_act(word: &str) -> Act {
    if let Some((handle, deed)) = word.split_once('.') {
        return Act::On(handle.parse().expect("a handle"), parse_deed(deed));
    }
    let (name, arguments) = call(word);
    match (name, &arguments[..]) {
        ("session", [id]) => Act::Session(parse_id(id)),
        ("sessions", [first, second]) => Act::Sessions(parse_id(first), parse_id(second)),
        ("resume", [id]) => Act::Resume(parse_id(id)),
        ("create", [id]) => Act::Create(parse_id(id)),
        ("savepoint", []) => Act::Savepoint,
        ("rollback", [which]) => Act::Rollback(which.parse().expect("a savepoint")),
        _ => panic!("no such act: {word}"),
    }
}

fn parse_deed(word: &str) -> Deed {
    let (name, arguments) = call(word);
    let package = |name: &str| PACKAGES.iter().position(|it| *it == name).expect("a package") as u8;
    match (name, &arguments[..]) {
        ("get", [position]) => Deed::Get(parse_place(position)),
        ("peek", [position]) => Deed::Peek(parse_place(position)),
        ("contains", [position]) => Deed::Contains(parse_place(position)),
        ("set", [position, value]) => Deed::Set(parse_place(position), value.parse().expect("a value")),
        ("inc", [position]) => Deed::Increment(parse_place(position)),
        ("add", [position, number]) => Deed::Add(parse_place(position), number.parse().expect("a number")),
        ("remove", [position]) => Deed::Remove(parse_place(position)),
        ("keys", [p]) => Deed::Keys(package(p)),
        ("len", [p]) => Deed::Len(package(p)),
        ("entries", [p]) => Deed::Entries(package(p)),
        ("peek_entries", [p]) => Deed::PeekEntries(package(p)),
        ("clear", [p]) => Deed::Clear(package(p)),
        ("packages", []) => Deed::Packages,
        ("remove_package", [p]) => Deed::RemovePackage(package(p)),
        ("is_new", []) => Deed::IsNew,
        ("destroy", []) => Deed::Destroy,
        ("renew", [id]) => Deed::Renew(parse_id(id), false),
        ("renew", [id, "grace"]) => Deed::Renew(parse_id(id), true),
        _ => panic!("no such deed: {word}"),
    }
}

/// A call's name and arguments.
fn call(word: &str) -> (&str, Vec<&str>) {
    match word.split_once('(') {
        Some((name, arguments)) => (name, arguments.trim_end_matches(')').split(',').collect()),
        None => (word, Vec::new()),
    }
}

fn parse_id(name: &str) -> Id {
    match name.strip_prefix('n') {
        Some(number) => TRUSTED.len() as Id + number.parse::<Id>().expect("a number"),
        None => TRUSTED.iter().position(|id| *id == name).expect("an id") as Id,
    }
}

fn parse_place(name: &str) -> u8 {
    let package = PACKAGES.iter().position(|it| name.starts_with(it)).expect("a package");
    let key = KEYS.iter().position(|it| name.ends_with(it)).expect("a key");
    (package * KEYS.len() + key) as u8
}

#[test]
fn a_program_reads_back_as_it_was_written() {
    let text = "a b=9 c=ended keeps f2=wlc timeout=30 passes=10,40 | S sessions(a,b) 0.inc(px) 1.set(qz,7) savepoint 0.renew(n0,grace) \
                rollback(0) commit ; N resume(a) 0.keys(q) 0.peek(px) 0.add(qx,3) 0.peek_entries(p) abort | +5 L create(n1) 0.destroy commit";
    assert_eq!(parse(text).to_string(), text);
}
