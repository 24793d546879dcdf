//! The memory that one request may use.

/// What a request makes the host hold has no room left in its memory limit.
#[derive(Debug, thiserror::Error)]
#[error(
    "the headers, bodies and other resources that it keeps, and its memories, need more than its memory limit of \
     {limit} bytes"
)]
pub(super) struct HeldTooMuch {
    limit: usize,
}

/// Counts together what a request uses: the linear memories of its instances, and what it makes the host hold.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    limit: usize,
    memories: usize,
    held: usize,
    exceeded: bool,
}

impl MemoryBudget {
    /// A budget of so many bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, memories: 0, held: 0, exceeded: false }
    }

    /// Whether the guest ever asked for a larger memory than it was allowed to have.
    pub(super) fn was_exceeded(&self) -> bool {
        self.exceeded
    }

    /// Takes bytes for what the host is about to hold. Where there are too few left, `count` says first how many
    /// are really held, for it may have become less.
    ///
    /// # Errors
    ///
    /// When there are too few all the same; none are taken then.
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

    /// Whether a linear memory may grow so; takes the bytes if it may. `count` as in [`MemoryBudget::hold`].
    pub(super) fn grow(&mut self, growth: Growth, count: impl FnOnce() -> usize) -> bool {
        let bytes = growth.desired.saturating_sub(growth.current);
        if bytes > self.left() {
            self.held = count();
        }
        // A growth over the maximum fails later without telling by how much,
        // and would be taken from the budget for nothing.
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

/// How a linear memory wants to grow, in bytes.
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
    fn what_the_host_holds_takes_from_the_same_budget() {
        let mut budget = MemoryBudget::new(100);
        assert!(budget.hold(70, || 0).is_ok());
        assert!(!budget.grow(Growth { current: 0, desired: 31, maximum: None }, || 70));
        assert!(grow(&mut budget, 0, 30));
        assert!(budget.hold(1, || 70).is_err());
    }

    #[test]
    fn what_is_no_longer_held_can_be_used_again() {
        let mut budget = MemoryBudget::new(100);
        assert!(budget.hold(100, || 0).is_ok());
        assert!(budget.hold(60, || 40).is_ok());
        assert!(budget.hold(1, || 100).is_err());
        assert!(grow(&mut budget, 0, 100));
    }
}
