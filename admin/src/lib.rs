//! Health checks, metrics, traces and a page for operators.
