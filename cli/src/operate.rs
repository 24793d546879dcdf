//! What commands share that change the sessions of running hosts: the store, and the question before it.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use clap::Args;
use lovely_session_host::KeyValue;

use crate::failure::Failure;
use crate::store::StoreArgs;

/// The arguments of a command that changes sessions.
#[derive(Debug, Args)]
pub struct OperateArgs {
    /// Where sessions are kept.
    #[command(flatten)]
    store: StoreArgs,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

impl OperateArgs {
    /// Opens the store.
    ///
    /// # Errors
    ///
    /// Those of [`StoreArgs::open`].
    pub async fn open(&self) -> Result<Arc<dyn KeyValue>, Failure> {
        Ok(self.store.open().await?)
    }

    /// Opens the store, also if servers are away.
    ///
    /// # Errors
    ///
    /// Those of [`StoreArgs::open_what_is_there`].
    pub async fn open_what_is_there(&self) -> Result<Arc<dyn KeyValue>, Failure> {
        Ok(self.store.open_what_is_there().await?)
    }

    /// Says on standard error what will be done, and asks whether to do it, unless there is `--yes`.
    ///
    /// # Errors
    ///
    /// [`Failure::NotConfirmed`] when the reply is not yes, and [`Failure::Usage`] when nobody can reply.
    pub fn confirm(&self, plan: &str) -> Result<(), Failure> {
        let mut stderr = io::stderr();
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            let message =
                format!("{plan}\nStandard input is not a terminal, so nobody can confirm this; add --yes");
            return Err(Failure::Usage(message));
        }
        write!(stderr, "{plan}\nGo on? [y/N] ").map_err(Failure::Print)?;
        let mut reply = String::new();
        io::stdin().read_line(&mut reply).map_err(Failure::System)?;
        match reply.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::NotConfirmed),
        }
    }
}
