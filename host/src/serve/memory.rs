//! The memory budget of a request.

/// The memory limit of a request has no room for another resource.
#[derive(Debug, thiserror::Error)]
#[error(
    "its memories, and the headers, bodies and other resources that it keeps, need more than its memory limit of \
     {limit} bytes"
)]
pub(super) struct HeldTooMuch {
    limit: usize,
}

/// The bytes that a request uses: the linear memories of its instances, and the resources that the host holds for it.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    limit: usize,
    memories: usize,
    held: usize,
    exceeded: bool,
}

impl MemoryBudget {
    /// A budget of `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, memories: 0, held: 0, exceeded: false }
    }

    /// The bytes that are used. Linear memories never shrink.
    pub(super) fn used(&self) -> usize {
        self.memories.saturating_add(self.held)
    }

    /// Whether the growth of a memory was ever refused.
    pub(super) fn was_exceeded(&self) -> bool {
        self.exceeded
    }

    /// Takes bytes for a resource. If too few are left, it first sets the bytes of the resources to the result of
    /// `count`: some may have been dropped.
    ///
    /// # Errors
    ///
    /// When too few are left even then. It takes none in that case.
    pub(super) fn hold(&mut self, bytes: usize, count: impl FnOnce() -> usize) -> Result<(), HeldTooMuch> {
        if bytes > self.left() {
            self.held = count();
        }
        if bytes > self.left() {
            return Err(HeldTooMuch { limit: self.limit });
        }
        self.held += bytes;
        Ok(())
    }

    /// Returns whether a linear memory may grow, and takes the bytes if it may. `count` is as in
    /// [`MemoryBudget::hold`].
    pub(super) fn grow(&mut self, growth: Growth, count: impl FnOnce() -> usize) -> bool {
        let bytes = growth.desired.saturating_sub(growth.current);
        if bytes > self.left() {
            self.held = count();
        }
        // A growth over the maximum fails later, and its bytes could not be returned to
        // the budget.
        let allowed = bytes <= self.left() && growth.maximum.is_none_or(|maximum| growth.desired <= maximum);
        if allowed {
            self.memories += bytes;
        } else {
            self.exceeded = true;
        }
        allowed
    }

    fn left(&self) -> usize {
        self.limit.saturating_sub(self.memories).saturating_sub(self.held)
    }
}

/// A requested growth of a linear memory, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    pub(super) current: usize,
    pub(super) desired: usize,
    pub(super) maximum: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grow(budget: &mut MemoryBudget, current: usize, desired: usize) -> bool {
        budget.grow(Growth { current, desired, maximum: None }, || 0)
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
        assert!(!budget.grow(Growth { current: 0, desired: 50, maximum: Some(10) }, || 0));
        assert!(grow(&mut budget, 0, 100));
    }

    #[test]
    fn resources_use_the_same_budget_as_memories() {
        let mut budget = MemoryBudget::new(100);
        assert!(budget.hold(70, || 0).is_ok());
        assert!(!budget.grow(Growth { current: 0, desired: 31, maximum: None }, || 70));
        assert!(grow(&mut budget, 0, 30));
        assert!(budget.hold(1, || 70).is_err());
    }

    #[test]
    fn the_bytes_of_dropped_resources_can_be_used_again() {
        let mut budget = MemoryBudget::new(100);
        assert!(budget.hold(100, || 0).is_ok());
        assert!(budget.hold(60, || 40).is_ok());
        assert!(budget.hold(1, || 100).is_err());
        assert!(grow(&mut budget, 0, 100));
    }
}
