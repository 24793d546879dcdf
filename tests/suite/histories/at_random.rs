//! Compares the checker, on small random histories, with the definition: all orders of the transactions are tried.

use std::collections::BTreeMap;

use lovely_session_tests::history::{Op, Status, Transaction, Value, check};

use lovely_session_tests::random::Random;

const HISTORIES: usize = 20_000;
const TRANSACTIONS: u64 = 5;
const KEYS: [&str; 2] = ["a", "b"];

/// What the transactions of a history are like.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// They read what they write, and remove nothing.
    Careful,
    /// They write without reading, and remove.
    Free,
}

/// Makes a history from a serial order, with overlapping times, and usually with one wrong read.
fn make(random: &mut Random, manner: Manner) -> Vec<Transaction> {
    let mut state: BTreeMap<&str, Value> = BTreeMap::new();
    let mut history: Vec<Transaction> = Vec::new();
    for number in 1..=TRANSACTIONS {
        let mut ops = Vec::new();
        for (value, key) in (number * 10..).zip(KEYS) {
            let writes = random.below(2) == 0;
            if random.below(2) == 0 || writes && manner == Manner::Careful {
                ops.push(Op::Read(key.to_owned(), state.get(key).copied()));
            }
            if writes {
                let value = Some(value).filter(|_| manner == Manner::Careful || random.below(3) > 0);
                ops.push(Op::Write(key.to_owned(), value));
                match value {
                    Some(value) => state.insert(key, value),
                    None => state.remove(key),
                };
            }
        }
        let (begin, end) = (100 + number * 10 - random.below(30), 100 + number * 10 + random.below(30));
        let status = Status::Committed;
        history.push(Transaction { name: format!("T{number}"), begin, end, status, ops });
    }
    if random.below(4) > 0 {
        falsify(random, &mut history);
    }
    history
}

/// Replaces the result of one read by another value that the key had at some time.
fn falsify(random: &mut Random, history: &mut [Transaction]) {
    let liar = random.below(TRANSACTIONS) as usize;
    let key = random.choose(&KEYS);
    let mut held = vec![None];
    for other in history.iter().enumerate().filter(|(index, _)| *index != liar).map(|(_, other)| other) {
        held.extend(other.ops.iter().filter_map(|op| match op {
            Op::Write(written, Some(value)) if written == key => Some(Some(*value)),
            _ => None,
        }));
    }
    for op in &mut history[liar].ops {
        if let Op::Read(read, value) = op
            && read == key
        {
            *value = random.choose(&held);
        }
    }
}

/// Whether some order of the remaining transactions explains them, from this state on.
fn explained(history: &[Transaction], remaining: &[usize], state: &BTreeMap<String, Value>) -> bool {
    remaining.is_empty()
        || remaining.iter().any(|&next| {
            let others: Vec<usize> = remaining.iter().copied().filter(|&other| other != next).collect();
            let in_time = others.iter().all(|&other| history[other].end >= history[next].begin);
            let mut state = state.clone();
            in_time && fits(&history[next], &mut state) && explained(history, &others, &state)
        })
}

/// Runs a transaction on a state. Returns whether its reads match.
fn fits(transaction: &Transaction, state: &mut BTreeMap<String, Value>) -> bool {
    transaction.ops.iter().all(|op| match op {
        Op::Read(key, value) => state.get(key) == value.as_ref(),
        Op::Write(key, Some(value)) => {
            state.insert(key.clone(), *value);
            true
        }
        Op::Write(key, None) => {
            state.remove(key);
            true
        }
        Op::Savepoint | Op::Rollback(_) => panic!("no history here has savepoints"),
    })
}

/// Checks many histories. Returns how many were not serializable, and how many of those were found.
fn compare(manner: Manner) -> (usize, usize) {
    let mut random = Random::from_time();
    let (mut wrong, mut found) = (0, 0);
    for _ in 0..HISTORIES {
        let history = make(&mut random, manner);
        let all: Vec<usize> = (0..history.len()).collect();
        let explained = explained(&history, &all, &BTreeMap::new());
        let report = check(&history);
        assert!(!explained || report.anomalies.is_empty(), "{history:#?} is serializable, but:\n{report}");
        wrong += usize::from(!explained);
        found += usize::from(!report.anomalies.is_empty());
        let must_find = manner == Manner::Careful && !explained;
        assert!(!must_find || !report.anomalies.is_empty(), "{history:#?} is not serializable");
    }
    println!("{wrong} of {HISTORIES} histories were not serializable; {found} of them were found");
    (wrong, found)
}

#[test]
fn with_reads_before_writes_the_checker_finds_exactly_the_histories_that_are_not_serializable() {
    let (wrong, found) = compare(Manner::Careful);
    assert!(wrong > 0 && found == wrong);
}

#[test]
fn with_blind_writes_and_removals_the_checker_finds_nothing_in_serializable_histories() {
    let (wrong, found) = compare(Manner::Free);
    assert!(found > wrong / 2, "only {found} of {wrong} were found");
}
