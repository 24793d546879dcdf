//! Pairs of transactions whose schedules are all tried: each of these forms with each other.

/// What a transaction does to one session.
const ONE: &[&str] = &[
    "S session(a) 0.inc(px)",
    "S session(a) 0.get(px) 0.set(py,NN)",
    "S session(a) 0.set(px,NN)",
    "S session(a) 0.add(px,NN)",
    "S session(a) 0.peek_entries(p) 0.add(py,NN) 0.get(py)",
    "S session(a) 0.peek(px) 0.set(px,NN)",
    "S session(a) 0.keys(p) 0.set(pz,NN)",
    "S session(a) 0.clear(p) 0.set(qz,NN)",
    "S session(a) 0.packages 0.remove_package(q)",
    "S session(a) 0.is_new 0.set(px,NN)",
    "S session(a) 0.destroy",
    "S session(a) 0.inc(px) 0.destroy",
    "S session(a) 0.renew(R0)",
    "S session(a) 0.inc(px) 0.renew(R0,grace)",
    "S resume(a) 0.inc(px)",
    "S resume(a) session(a) 1.inc(px)",
    "N session(a) 0.inc(px)",
    "L session(a) 0.set(px,NN)",
    "L session(a) 0.add(px,NN)",
];

/// What a transaction does to two sessions.
const TWO: &[&str] = &[
    "S session(a) 0.inc(px) session(b) 1.inc(px)",
    "S session(a) 0.add(px,NN) session(b) 1.add(px,NN)",
    "S session(a) 0.peek(px) session(b) 1.set(px,NN)",
    "S sessions(b,a) 0.inc(px) 1.inc(px)",
    "S session(a) 0.get(px) session(b) 1.set(px,NN)",
    "S session(b) 0.get(px) session(a) 1.set(px,NN)",
    "S sessions(a,b) 0.get(px) 1.get(px)",
    "S session(b) 0.get(px) session(a) 1.get(px)",
    "S session(a) 0.inc(px)",
    "S session(b) 0.inc(px)",
    "S session(a) 0.destroy session(b) 1.inc(px)",
    "S session(a) 0.inc(px) session(b) 1.destroy",
    "S session(a) 0.renew(R0) session(b) 1.inc(px)",
    "S session(b) 0.renew(R0,grace) session(a) 1.inc(px)",
    "S session(b) 0.renew(R0)",
    "S resume(b) 0.destroy",
    "N session(a) 0.inc(px) session(b) 1.inc(px)",
    "L sessions(a,b) 0.set(px,NN) 1.set(px,NN)",
];

/// One form as a client, with values and ids of its own.
fn client(form: &str, number: usize) -> String {
    let form = form.replace("NN", &format!("{}", 20 + number)).replace("R0", &format!("n{number}"));
    format!("| {form} commit ")
}

fn pairs(head: &str, forms: &[&str]) -> Vec<String> {
    let mut programs = Vec::new();
    for (position, first) in forms.iter().enumerate() {
        for second in &forms[position..] {
            // The ids that a program draws are numbered in order.
            let drawn = usize::from(first.contains("R0"));
            let second = second.replace("R0", &format!("n{drawn}"));
            programs.push(format!("{head} {}{}", client(first, 0), client(&second, 1)));
        }
    }
    programs
}

/// Pairs on one session that exists, that is absent, and that has ended.
pub fn on_one_session() -> Vec<String> {
    ["a", "", "a=ended"].iter().flat_map(|head| pairs(head, ONE)).collect()
}

/// Pairs on two sessions that exist, and of which one exists.
pub fn on_two_sessions() -> Vec<String> {
    ["a b", "b"].iter().flat_map(|head| pairs(head, TWO)).collect()
}

/// Programs that showed defects of earlier versions of the core, except for the long one.
pub const FORMER_DEFECTS: &[&str] = &[
    "f2=le | S session(a) 0.is_new 0.set(px,20) commit | S session(a) 0.set(py,30) commit | S resume(a) commit",
    "f2=le | S session(a) 0.set(px,20) commit | S session(a) 0.is_new commit",
    "a f2=w | S session(a) 0.inc(px) commit | S session(a) 0.renew(n0) commit",
    "a f1=l | S session(a) 0.inc(px) commit | S session(a) 0.renew(n0,grace) commit",
    "a | S session(a) 0.renew(n0) commit | S session(a) 0.destroy commit",
    "b f1=e | S session(b) 0.renew(n0,grace) commit | S resume(b) 0.destroy commit",
    "a f1=c | S session(a) 0.renew(n0,grace) commit | S session(a) 0.destroy commit",
    "a f1=c | S session(a) 0.renew(n0) commit | S session(a) 0.renew(n1) commit",
    "a f2=r | S session(a) 0.renew(n0) commit ; S session(a) 0.destroy commit",
    "a f2=ew | S session(a) 0.renew(n0) commit",
    "a f1=l | S session(a) 0.renew(n0,grace) commit ; S resume(n0) commit | S session(a) 0.renew(n1) commit",
    "a f2=cR | S session(a) 0.renew(n0) commit",
    "a | S session(a) 0.renew(n0,grace) commit | S resume(a) resume(n0) 0.set(px,20) 1.set(py,30) commit",
    "a | S session(a) 0.renew(n0,grace) commit ; \
     S session(n0) 0.renew(n1,grace) commit ; \
     S session(n1) 0.renew(n2,grace) commit ; \
     S session(n2) 0.renew(n3,grace) commit ; \
     S session(n3) 0.renew(n4,grace) commit",
    "| S resume(a) session(a) 1.set(px,20) commit | S resume(a) session(a) 1.set(py,30) commit",
    "| S session(a) 0.set(px,20) commit | S resume(a) session(a) 1.destroy commit",
    "a f1=e | S session(a) 0.set(px,20) commit | S session(a) 0.set(py,30) commit",
    "a f1=e | S session(a) 0.set(px,20) commit | L session(a) 0.set(py,30) commit",
    "a f1=e | S session(a) 0.set(px,20) commit | S session(a) 0.destroy commit",
    "a f1=e | S session(a) 0.set(px,20) commit | S session(a) 0.renew(n0) commit",
    "a timeout=60 passes=75 | S session(a) resume(a) commit",
    "a keeps timeout=60 passes=75 | S session(a) 0.set(px,20) commit",
    "a timeout=30 remember=600 passes=41 | S resume(a) 0.destroy commit ; S resume(a) commit ; S resume(a) commit",
    "a timeout=0 passes=1 | S session(a) 0.destroy commit ; S resume(a) commit",
    "f1=u timeout=100 passes=1 | S session(a) 0.inc(px) commit",
    "a b | S session(a) 0.inc(px) session(b) 1.inc(px) commit | S session(b) 0.inc(px) commit",
    "a b f1=c | S session(a) 0.inc(px) session(b) 1.inc(px) commit",
    "a b | S sessions(a,b) 0.get(px) 1.get(px) commit | S session(a) 0.inc(px) session(b) 1.inc(px) commit",
    "a b | S session(a) 0.get(px) session(b) 1.set(px,20) commit | S session(b) 0.get(px) session(a) 1.set(px,30) commit",
];

/// A write that may be delayed, with as many concurrent commits as a record remembers, and one more.
pub fn one_late_among_many() -> String {
    format!("a f1=l | {} | S session(a) 0.inc(px) commit", ["S session(a) 0.inc(py) commit"; 9].join(" ; "))
}
