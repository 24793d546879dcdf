//! The memory that one request may use.

use wasmtime::ResourceLimiter;

/// Counts the linear memories of a request together, and refuses growth over
/// the limit; a guest sees that as an allocation that failed.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    left: usize,
    exceeded: bool,
}

impl MemoryBudget {
    /// A budget of so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self { left: bytes, exceeded: false }
    }

    /// Whether the guest ever asked for more than it was allowed to.
    pub(super) fn was_exceeded(&self) -> bool {
        self.exceeded
    }
}

impl ResourceLimiter for MemoryBudget {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        // A growth over the maximum fails later without telling by how much,
        // and would be taken from the budget for nothing.
        let allowed = growth <= self.left && maximum.is_none_or(|maximum| desired <= maximum);
        if allowed {
            self.left -= growth;
        } else {
            self.exceeded = true;
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        _desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // The pool bounds tables: they cannot outgrow their slots.
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grow(budget: &mut MemoryBudget, from: usize, to: usize) -> bool {
        budget.memory_growing(from, to, None).expect("a budget answers, and never traps")
    }

    #[test]
    fn all_memories_of_a_request_share_one_budget() {
        let mut budget = MemoryBudget::new(100);
        assert!(grow(&mut budget, 0, 60));
        assert!(grow(&mut budget, 0, 40));
        assert!(!budget.was_exceeded());
        assert!(!grow(&mut budget, 60, 61));
        assert!(budget.was_exceeded());
    }

    #[test]
    fn a_refused_growth_costs_nothing() {
        let mut budget = MemoryBudget::new(100);
        assert!(!grow(&mut budget, 0, 200));
        assert!(!budget.memory_growing(0, 50, Some(10)).expect("a budget answers, and never traps"));
        assert!(grow(&mut budget, 0, 100));
    }
}
