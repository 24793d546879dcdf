//! What was found out about a store.

use std::fmt;

/// What was found out about one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The store keeps it.
    Kept,
    /// The store answered `unsupported`, with this text: it cannot do what the rule is about.
    Unsupported(String),
    /// The rule could not be tried on this store, for this reason.
    NotTried(String),
    /// The store breaks it, in this way.
    Broken(String),
}

/// A rule of the contract, and what was found out about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule, as a sentence.
    pub rule: String,
    /// What was found out.
    pub verdict: Verdict,
}

/// What was found out about all rules. Prints a line for each, and a summary.
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

    /// Whether the store keeps every rule.
    pub fn is_kept(&self) -> bool {
        self.count(|verdict| *verdict == Verdict::Kept) == self.findings.len()
    }

    /// Whether the store breaks a rule. One that says what it cannot do breaks none.
    pub fn is_broken(&self) -> bool {
        self.count(|verdict| matches!(verdict, Verdict::Broken(_))) > 0
    }

    fn count(&self, is_counted: impl Fn(&Verdict) -> bool) -> usize {
        self.findings.iter().filter(|finding| is_counted(&finding.verdict)).count()
    }
}

impl Verdict {
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

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<12} {}", self.verdict.name(), self.rule)?;
        match self.verdict.details() {
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
        write!(
            f,
            "{} rules: {} kept, {} unsupported, {} not tried, {} broken",
            self.findings.len(),
            self.count(|verdict| *verdict == Verdict::Kept),
            self.count(|verdict| matches!(verdict, Verdict::Unsupported(_))),
            self.count(|verdict| matches!(verdict, Verdict::NotTried(_))),
            self.count(|verdict| matches!(verdict, Verdict::Broken(_))),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(verdicts: &[Verdict]) -> Report {
        let finding = |verdict: &Verdict| Finding { rule: "a rule".into(), verdict: verdict.clone() };
        Report::new(verdicts.iter().map(finding).collect())
    }

    #[test]
    fn what_is_unsupported_or_not_tried_is_neither_kept_nor_broken() {
        for verdict in [Verdict::Unsupported("why".into()), Verdict::NotTried("why".into())] {
            let report = report(&[Verdict::Kept, verdict]);
            assert!(!report.is_kept() && !report.is_broken());
        }
        assert!(report(&[Verdict::Kept]).is_kept());
        assert!(report(&[Verdict::Kept, Verdict::Broken("how".into())]).is_broken());
    }

    #[test]
    fn a_report_tells_each_rule_and_counts_them() {
        let shown = report(&[Verdict::Kept, Verdict::Unsupported("it has no clock".into())]).to_string();
        assert_eq!(
            shown,
            "kept         a rule\nunsupported  a rule\n             it has no clock\n\
             2 rules: 1 kept, 1 unsupported, 0 not tried, 0 broken"
        );
    }
}
