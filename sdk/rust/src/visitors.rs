//! Visitors, known by their cookie.

use crate::container::{Container, ContainerOptions};
use crate::cookie::Cookie;
use crate::error::Error;
use crate::runs::{Stopped, after_a_conflict_or_an_end, until_settled};
use crate::session::Session;
use crate::transact::TransactOptions;
use crate::transaction::Transaction;
use crate::visit::{Leaves, Visit};
use crate::waiting::{Patience, System};

/// The visitors of a site: the container that their sessions are in, and the cookie that they are known by.
///
/// ```no_run
/// use lovely_session::{ContainerOptions, Cookie, Error, Visit, Visited, Visitors};
///
/// const HOUR: u32 = 3600;
///
/// const VISITORS: Visitors = Visitors::new("shop", Cookie::new("sid").with_host_prefix().max_age(8 * HOUR))
///     .with_container_options(ContainerOptions { timeout: Some(8 * HOUR), ..ContainerOptions::DEFAULT });
///
/// /// Call it once the password was found to be right.
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

/// A visit that was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visited<T> {
    /// What the work gave back.
    pub value: T,
    /// The value of a `Set-Cookie` header to answer with; none if the browser has the right cookie already. It carries
    /// the session's id, which is a secret.
    pub set_cookie: Option<String>,
}

impl<'a> Visitors<'a> {
    /// Visitors whose sessions are in the container of this name, with default options. Nothing is checked before the
    /// first visit.
    pub const fn new(container: &'a str, cookie: Cookie<'a>) -> Self {
        Self {
            container,
            container_options: ContainerOptions::DEFAULT,
            cookie,
            transact_options: TransactOptions::DEFAULT,
        }
    }

    /// The same, with other options of the container.
    #[must_use]
    pub const fn with_container_options(self, container_options: ContainerOptions) -> Self {
        Self { container_options, ..self }
    }

    /// The same, with another isolation level, or another patience.
    #[must_use]
    pub const fn with_transact_options(self, transact_options: TransactOptions) -> Self {
        Self { transact_options, ..self }
    }

    /// Runs `work` for the visitor whose request has these values of the header `Cookie`, in a transaction, and commits
    /// it. A cookie that leads to no session is that of a new visitor: no id is adopted that was not issued here.
    ///
    /// When another request changed the session first, nothing of `work` was stored, and it runs again on fresh data;
    /// when the session ended meanwhile, it runs again as for a new visitor. So **`work` may run more than once**: it
    /// must do nothing outside of the transaction that cannot be done twice. When `work` fails, nothing is stored.
    ///
    /// # Errors
    ///
    /// Those of `work`; [`Error::InvalidCookie`], [`Error::InvalidName`] and [`Error::InvalidOption`] if these visitors
    /// are not set up right; and those of loading and committing: [`Error::Conflict`], [`Error::Gone`] and
    /// [`Error::Ended`] only if each run came too late until [the patience](TransactOptions::patience) was over. Nothing
    /// else is ever run again, [`Error::OutcomeUnknown`] least of all: it may have been done.
    pub fn visit<T, E: From<Error>>(
        &self,
        cookie_headers: impl IntoIterator<Item: AsRef<[u8]>>,
        mut work: impl FnMut(&Visit) -> Result<T, E>,
    ) -> Result<Visited<T>, E> {
        self.cookie.check().map_err(Error::from)?;
        let presented = self.cookie.id_in(cookie_headers);
        let patience = Patience::begin(System::new(), self.transact_options.patience);
        until_settled(patience, after_a_conflict_or_an_end, || self.run(presented.as_deref(), &mut work))
    }

    fn run<T, E>(
        &self,
        presented: Option<&str>,
        work: impl FnOnce(&Visit) -> Result<T, E>,
    ) -> Result<Visited<T>, Stopped<E>> {
        let transaction = Transaction::begin_at(self.transact_options.isolation);
        let container = Container::open(self.container, self.container_options)?;
        let visit = Visit::enter(transaction, container, presented)?;
        let value = work(&visit).map_err(Stopped::Work)?;
        let leaves = visit.commit()?;
        let id = visit.session().map(Session::id);
        Ok(Visited { value, set_cookie: self.set_cookie(presented, &leaves, id.as_deref()) })
    }

    /// The cookie for a browser that presented an id, after a visit.
    fn set_cookie(&self, presented: Option<&str>, leaves: &Leaves, id: Option<&str>) -> Option<String> {
        match (leaves, id) {
            (Leaves::End, _) => Some(self.cookie.forgetting_line()),
            (Leaves::Session, Some(id)) if presented != Some(id) || self.cookie.slides() => {
                Some(self.cookie.remembering_line(id))
            }
            (Leaves::Session | Leaves::Nothing, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VISITORS: Visitors = Visitors::new("shop", Cookie::new("sid").over_plain_http());

    fn set_cookie(presented: Option<&str>, leaves: Leaves, id: Option<&str>) -> Option<String> {
        VISITORS.set_cookie(presented, &leaves, id)
    }

    #[test]
    fn a_browser_is_told_an_id_that_it_does_not_have() {
        let told = Some("sid=new; HttpOnly; SameSite=Lax; Path=/".to_owned());
        assert_eq!(set_cookie(None, Leaves::Session, Some("new")), told);
        assert_eq!(set_cookie(Some("old"), Leaves::Session, Some("new")), told);
        assert_eq!(set_cookie(Some("new"), Leaves::Session, Some("new")), None);
    }

    #[test]
    fn a_browser_is_reminded_of_a_cookie_with_an_age() {
        let visitors = Visitors { cookie: VISITORS.cookie.max_age(60), ..VISITORS };
        let told = visitors.set_cookie(Some("same"), &Leaves::Session, Some("same"));
        assert_eq!(told.as_deref(), Some("sid=same; HttpOnly; SameSite=Lax; Path=/; Max-Age=60"));
        assert_eq!(visitors.set_cookie(Some("same"), &Leaves::Nothing, None), None);
    }

    #[test]
    fn a_browser_forgets_a_session_that_ended() {
        let forget = Some("sid=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0".to_owned());
        assert_eq!(set_cookie(Some("old"), Leaves::End, Some("old")), forget);
        assert_eq!(set_cookie(None, Leaves::End, None), forget);
    }

    #[test]
    fn a_browser_is_told_of_no_session_that_does_not_exist() {
        assert_eq!(set_cookie(Some("planted"), Leaves::Nothing, None), None);
        assert_eq!(set_cookie(None, Leaves::Nothing, Some("unused")), None);
    }
}
