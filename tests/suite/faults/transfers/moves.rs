//! Moves of accounts: renewals, and logouts after which another session replaces the old one.

use lovely_session_tests::app::{CallResult, Session};

use super::client::{Client, Work};
use crate::faults::accounts::{balance, set_balance};

/// The effect of a move, if it is committed.
pub enum Move {
    Renewal { account: usize, new: String },
    Logout { account: usize, old: String, new: String },
}

impl Client {
    /// Gives an account another id: that of its renewed session, or that of a session that replaces it. None if the
    /// account is not under its former id.
    pub async fn move_account(&mut self, work: &mut Work, account: usize) -> CallResult<Option<Move>> {
        let directory = work.generation.directory(&mut work.app, work.container, work.tx).await?;
        let Some(old) = work.generation.look_up(&mut work.app, directory, account).await? else {
            return Ok(self.absent(work));
        };
        let Some(session) = work.app.resume(work.container, work.tx, &old).await? else {
            return Ok(self.absent(work));
        };
        let done = if self.random.below(3) > 0 {
            self.renew(work, session, account, &old).await?
        } else {
            replace(work, session, account, old).await?
        };
        let (Move::Renewal { new, .. } | Move::Logout { new, .. }) = &done;
        work.generation.enter(&mut work.app, directory, account, new).await?;
        work.app.commit(work.tx).await?;
        Ok(Some(done))
    }

    async fn renew(
        &mut self,
        work: &mut Work,
        session: Session,
        account: usize,
        old: &str,
    ) -> CallResult<Move> {
        let grace = self.random.choose(&[None, None, Some(1), Some(60)]);
        let new = work.app.renew_id(session, grace).await?;
        work.generation.add_renewed_id(account, old, &new);
        Ok(Move::Renewal { account, new })
    }

    /// Notes the effect of a committed move.
    pub fn note_move(&mut self, work: &Work, done: &Move) {
        match done {
            Move::Renewal { account, new } => {
                work.generation.see(*account, new);
                self.books.renewals += 1;
            }
            Move::Logout { account, old, new } => {
                work.generation.end(old);
                work.generation.see(*account, new);
                self.books.logouts += 1;
            }
        }
    }
}

/// Ends a session, and begins another one for its account.
async fn replace(work: &mut Work, session: Session, account: usize, old: String) -> CallResult<Move> {
    let app = &mut work.app;
    let money = balance(app, session).await?;
    let log = app.package(session, "log").await?;
    let entries = app.entries(log).await?;
    app.destroy(session).await?;
    let other = app.create(work.container, work.tx).await?;
    work.generation.name_session(app, other, account).await?;
    set_balance(app, other, money).await?;
    let log = app.package(other, "log").await?;
    let entries: Vec<_> = entries.iter().map(|(name, amount)| (name.as_str(), amount.as_str())).collect();
    app.update(log, &entries).await?;
    Ok(Move::Logout { account, old, new: app.id(other).await })
}
