//! Accounts: sessions with a balance. No transaction may see a part of a transfer.

use lovely_session_tests::app::{App, CallResult, Session};

/// The container of all accounts.
pub const CONTAINER: &str = "accounts";

/// The first balance of an account.
pub const OPENING: i64 = 100;

/// The balance of an account.
///
/// # Panics
///
/// When the session is not an account, because it lost its data.
pub async fn balance(app: &mut App, account: Session) -> CallResult<i64> {
    let data = app.package(account, "p").await?;
    let text = app.get(data, "balance").await?;
    Ok(text.expect("an account has a balance").parse().unwrap())
}

pub async fn set_balance(app: &mut App, account: Session, balance: i64) -> CallResult<()> {
    let data = app.package(account, "p").await?;
    app.set(data, "balance", &balance.to_string()).await
}

/// Adds to the balance of an account, or takes from it, without reading it.
pub async fn add_blindly(app: &mut App, account: Session, amount: i64) -> CallResult<()> {
    let data = app.package(account, "p").await?;
    app.add(data, "balance", amount).await
}

/// Adds to the balance of an account, or takes from it.
pub async fn add(app: &mut App, account: Session, amount: i64) -> CallResult<()> {
    let old = balance(app, account).await?;
    set_balance(app, account, old + amount).await
}
