//! The result of a check.

use std::fmt;

/// Whether a store keeps a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The store keeps it.
    Kept,
    /// The store returned `unsupported`, with this text: it cannot do what the rule is about.
    Unsupported(String),
    /// The rule could not be checked on this store, for this reason.
    NotTried(String),
    /// The store breaks it, in this way.
    Broken(String),
}

/// A rule of the contract, and whether the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule, as a sentence.
    pub rule: String,
    /// Whether a store that does not support what the rule is about keeps the contract nevertheless.
    pub is_optional: bool,
    /// Whether the store keeps it.
    pub status: Status,
}

/// The findings for all rules. Its `Display` has a line for each, with details below it, and a summary as the last
/// line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn new(findings: Vec<Finding>) -> Self {
        Self { findings }
    }

    /// The findings, in the order of the rules.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether the store keeps every rule, except for optional ones that it does not support.
    pub fn is_kept(&self) -> bool {
        self.findings.iter().all(Finding::is_kept)
    }

    /// Whether the store breaks a rule. A store that reports `unsupported` does not break the rule.
    pub fn is_broken(&self) -> bool {
        self.count(|status| matches!(status, Status::Broken(_))) > 0
    }

    fn count(&self, is_counted: impl Fn(&Status) -> bool) -> usize {
        self.findings.iter().filter(|finding| is_counted(&finding.status)).count()
    }
}

impl Status {
    fn name(&self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Unsupported(_) => "unsupported",
            Self::NotTried(_) => "not tried",
            Self::Broken(_) => "BROKEN",
        }
    }

    fn details(&self) -> Option<&str> {
        match self {
            Self::Kept => None,
            Self::Unsupported(text) | Self::NotTried(text) | Self::Broken(text) => Some(text),
        }
    }
}

impl Finding {
    fn is_kept(&self) -> bool {
        match &self.status {
            Status::Kept => true,
            Status::Unsupported(_) => self.is_optional,
            Status::NotTried(_) | Status::Broken(_) => false,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let optional = if self.is_optional { " (optional)" } else { "" };
        write!(f, "{:<12} {}{optional}", self.status.name(), self.rule)?;
        match self.status.details() {
            Some(details) => write!(f, "\n{:13}{details}", ""),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        let count = self.findings.len();
        write!(
            f,
            "{count} {}: {} kept, {} unsupported, {} not tried, {} broken",
            if count == 1 { "rule" } else { "rules" },
            self.count(|status| *status == Status::Kept),
            self.count(|status| matches!(status, Status::Unsupported(_))),
            self.count(|status| matches!(status, Status::NotTried(_))),
            self.count(|status| matches!(status, Status::Broken(_))),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(statuss: &[Status]) -> Report {
        let finding =
            |status: &Status| Finding { rule: "a rule".into(), is_optional: false, status: status.clone() };
        Report::new(statuss.iter().map(finding).collect())
    }

    #[test]
    fn a_rule_that_is_unsupported_or_not_tried_is_neither_kept_nor_broken() {
        for status in [Status::Unsupported("why".into()), Status::NotTried("why".into())] {
            let report = report(&[Status::Kept, status]);
            assert!(!report.is_kept() && !report.is_broken());
        }
        assert!(report(&[Status::Kept]).is_kept());
        assert!(report(&[Status::Kept, Status::Broken("how".into())]).is_broken());
    }

    #[test]
    fn a_report_lists_the_rules_and_counts_them() {
        let shown = report(&[Status::Kept, Status::Unsupported("it has no clock".into())]).to_string();
        assert_eq!(
            shown,
            "kept         a rule\nunsupported  a rule\n             it has no clock\n\
             2 rules: 1 kept, 1 unsupported, 0 not tried, 0 broken"
        );
    }
}
