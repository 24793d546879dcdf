//! Visitors, identified by a cookie.

use crate::container::{Container, ContainerOptions};
use crate::cookie::Cookie;
use crate::error::Error;
use crate::patience::{Patience, SystemTimer};
use crate::retry::{Failure, is_conflict_or_end, retry};
use crate::session::Session;
use crate::transact::TransactOptions;
use crate::transaction::Transaction;
use crate::visit::{Remaining, Visit};

/// The visitors of a site: the container of their sessions, and the cookie that identifies them.
///
/// ```no_run
/// use lovely_session::{ContainerOptions, Cookie, Error, Visit, Visited, Visitors};
///
/// const HOUR: u32 = 3600;
///
/// const VISITORS: Visitors = Visitors::new("shop", Cookie::new("sid").max_age(8 * HOUR))
///     .with_container_options(ContainerOptions { timeout: Some(8 * HOUR), ..ContainerOptions::DEFAULT });
///
/// /// Call it after the password was checked.
/// fn log_in(cookie_headers: &[Vec<u8>], user: &str) -> Result<Visited<()>, Error> {
///     VISITORS.visit(cookie_headers, |visit| {
///         visit.session_with_new_id()?.package("login")?.set("user", user)
///     })
/// }
///
/// fn log_out(cookie_headers: &[Vec<u8>]) -> Result<Visited<()>, Error> {
///     VISITORS.visit(cookie_headers, Visit::log_out)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitors<'a> {
    container: &'a str,
    container_options: ContainerOptions,
    cookie: Cookie<'a>,
    transact_options: TransactOptions,
}

/// The result of a visit that was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visited<T> {
    /// The result of the work.
    pub value: T,
    /// The value of a `Set-Cookie` header for the response; `None` if the browser has the right cookie
    /// already. It contains the session's id, which is a secret.
    pub set_cookie: Option<String>,
}

impl<'a> Visitors<'a> {
    /// Visitors whose sessions are in the container of this name, with default options. The name and the
    /// cookie are checked with the first visit.
    ///
    /// # Example
    ///
    /// ```
    /// use lovely_session::{Cookie, Visitors};
    ///
    /// const VISITORS: Visitors = Visitors::new("shop", Cookie::new("sid"));
    /// ```
    pub const fn new(container: &'a str, cookie: Cookie<'a>) -> Self {
        Self {
            container,
            container_options: ContainerOptions::DEFAULT,
            cookie,
            transact_options: TransactOptions::DEFAULT,
        }
    }

    /// Sets the options of the container.
    ///
    /// # Example
    ///
    /// ```
    /// use lovely_session::{ContainerOptions, Cookie, Visitors};
    ///
    /// const DAY: ContainerOptions = ContainerOptions { timeout: Some(86_400), ..ContainerOptions::DEFAULT };
    /// const VISITORS: Visitors = Visitors::new("shop", Cookie::new("sid")).with_container_options(DAY);
    /// ```
    #[must_use]
    pub const fn with_container_options(self, container_options: ContainerOptions) -> Self {
        Self { container_options, ..self }
    }

    /// Sets the isolation level and the patience of visits.
    ///
    /// # Example
    ///
    /// ```
    /// use lovely_session::{Cookie, Isolation, TransactOptions, Visitors};
    ///
    /// const SNAPSHOT: TransactOptions =
    ///     TransactOptions { isolation: Isolation::Snapshot, ..TransactOptions::DEFAULT };
    /// const VISITORS: Visitors = Visitors::new("shop", Cookie::new("sid")).with_transact_options(SNAPSHOT);
    /// ```
    #[must_use]
    pub const fn with_transact_options(self, transact_options: TransactOptions) -> Self {
        Self { transact_options, ..self }
    }

    /// Runs `work` in a transaction for the visitor with these `Cookie` headers, and commits it. If the
    /// cookie leads to no session, the visitor is new, and gets another id if a session is begun.
    ///
    /// If another request changed the session first, nothing was stored, and `work` runs again on fresh data.
    /// If the session ended meanwhile, `work` runs again for a new visitor. So **`work` may run more than
    /// once**: do nothing in it, outside of the transaction, that must not happen twice. If `work` fails,
    /// nothing is stored.
    ///
    /// # Errors
    ///
    /// Those of `work`; [`Error::InvalidCookie`], [`Error::InvalidName`] and [`Error::InvalidOption`] when
    /// the cookie, the container's name or its options are invalid; and those of [`Container::resume`] and
    /// [`Transaction::commit`]. [`Error::Conflict`], [`Error::Gone`] and [`Error::Ended`] are returned only
    /// when every run failed until [the patience](TransactOptions::patience) was over. After any other error
    /// `work` is not run again, in particular not after [`Error::OutcomeUnknown`], because the commit may
    /// have been applied.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use lovely_session::{Cookie, Error, Visitors};
    ///
    /// const VISITORS: Visitors = Visitors::new("shop", Cookie::new("sid"));
    ///
    /// # fn main() -> Result<(), Error> {
    /// let visited = VISITORS.visit(["__Host-sid=876dd4ba"], |visit| {
    ///     visit.session_or_begin()?.package("cart")?.add("apple", 1)
    /// })?;
    /// if let Some(set_cookie) = visited.set_cookie {
    ///     println!("Set-Cookie: {set_cookie}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn visit<T, E: From<Error>>(
        &self,
        cookie_headers: impl IntoIterator<Item: AsRef<[u8]>>,
        mut work: impl FnMut(&Visit) -> Result<T, E>,
    ) -> Result<Visited<T>, E> {
        self.cookie.check().map_err(Error::from)?;
        let presented = self.cookie.id_in(cookie_headers);
        let patience = Patience::begin(SystemTimer::start(), self.transact_options.patience);
        retry(patience, is_conflict_or_end, || self.run(presented.as_deref(), &mut work))
    }

    fn run<T, E>(
        &self,
        presented: Option<&str>,
        work: impl FnOnce(&Visit) -> Result<T, E>,
    ) -> Result<Visited<T>, Failure<E>> {
        let transaction = Transaction::begin_at(self.transact_options.isolation);
        let container = Container::open(self.container, self.container_options)?;
        let visit = Visit::begin(transaction, container, presented)?;
        let value = work(&visit).map_err(Failure::Work)?;
        let remaining = visit.commit()?;
        let id = visit.session().map(Session::id);
        Ok(Visited { value, set_cookie: self.set_cookie(presented, &remaining, id.as_deref()) })
    }

    /// The `Set-Cookie` value for a browser that presented an id, after a visit.
    fn set_cookie(&self, presented: Option<&str>, remaining: &Remaining, id: Option<&str>) -> Option<String> {
        match (remaining, id) {
            (Remaining::End, _) => Some(self.cookie.remove_cookie_unchecked()),
            (Remaining::Session, Some(id)) if presented != Some(id) || self.cookie.has_max_age() => {
                Some(self.cookie.set_cookie_unchecked(id))
            }
            (Remaining::Session | Remaining::None, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VISITORS: Visitors = Visitors::new("shop", Cookie::new("sid").over_plain_http());

    fn set_cookie(presented: Option<&str>, remaining: Remaining, id: Option<&str>) -> Option<String> {
        VISITORS.set_cookie(presented, &remaining, id)
    }

    #[test]
    fn a_browser_is_told_an_id_that_it_does_not_have() {
        let told = Some("sid=new; HttpOnly; SameSite=Lax; Path=/".to_owned());
        assert_eq!(set_cookie(None, Remaining::Session, Some("new")), told);
        assert_eq!(set_cookie(Some("old"), Remaining::Session, Some("new")), told);
        assert_eq!(set_cookie(Some("new"), Remaining::Session, Some("new")), None);
    }

    #[test]
    fn a_browser_is_reminded_of_a_cookie_with_an_age() {
        let visitors = Visitors { cookie: VISITORS.cookie.max_age(60), ..VISITORS };
        let told = visitors.set_cookie(Some("same"), &Remaining::Session, Some("same"));
        assert_eq!(told.as_deref(), Some("sid=same; HttpOnly; SameSite=Lax; Path=/; Max-Age=60"));
        assert_eq!(visitors.set_cookie(Some("same"), &Remaining::None, None), None);
    }

    #[test]
    fn a_browser_forgets_a_session_that_ended() {
        let forget = Some("sid=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0".to_owned());
        assert_eq!(set_cookie(Some("old"), Remaining::End, Some("old")), forget);
        assert_eq!(set_cookie(None, Remaining::End, None), forget);
    }

    #[test]
    fn a_browser_is_told_of_no_session_that_does_not_exist() {
        assert_eq!(set_cookie(Some("planted"), Remaining::None, None), None);
        assert_eq!(set_cookie(None, Remaining::None, Some("unused")), None);
    }
}
