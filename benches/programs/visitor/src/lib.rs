//! An application whose transactions are measured; `wit/world.wit` says what each call does.

mod bindings;
mod open;
mod relay;
mod visit;

use bindings::Guest;

struct Visitor;

impl Guest for Visitor {
    fn nothing() {}

    fn fill(id: String, packages: u32, bytes: u32, keys: u32) {
        or_trap(visit::fill(&id, packages, bytes, keys));
    }

    fn visit(id: String) -> bool {
        or_trap(visit::visit(&id))
    }

    fn visit_all(ids: Vec<String>) {
        or_trap(visit::visit_all(&ids));
    }

    fn count(id: String) -> u64 {
        or_trap(visit::count(&id))
    }

    fn relay(key: String) {
        or_trap(relay::relay(key));
    }

    fn begin(ids: Vec<String>) {
        or_trap(open::begin(&ids));
    }

    fn savepoint() {
        or_trap(open::savepoint());
    }

    fn change(keys: u32) {
        or_trap(open::change(keys));
    }

    fn rollback() {
        or_trap(open::rollback());
    }
}

/// What the work gave; a trap when it failed.
fn or_trap<T, E>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|_| std::process::abort())
}
