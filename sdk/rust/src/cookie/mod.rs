//! The cookie that carries a session's id.

mod check;
mod header;

use std::borrow::Cow;

pub use check::InvalidCookie;

/// What makes browsers hold a cookie to one host.
const HOST_PREFIX: &str = "__Host-";

/// Whether a browser sends the cookie along with requests that other sites cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never, so that a visitor who follows a link from another site arrives as a stranger.
    Strict,
    /// Only when the visitor follows a link.
    Lax,
    /// Always, also with the forms and frames of other sites. Check by other means who asks, then.
    None,
}

/// The cookie that carries a session's id: its name, and what a browser may do with it.
///
/// It is made for the one purpose. It is always `HttpOnly`, so that scripts cannot steal it, and never has a `Domain`,
/// so that it is not sent to other hosts. Unless told otherwise it is `Secure`, `SameSite=Lax`, sent to every path, and
/// forgotten when the browser is closed.
///
/// ```
/// use lovely_session::Cookie;
///
/// const COOKIE: Cookie = Cookie::new("sid").with_host_prefix();
///
/// # fn main() -> Result<(), lovely_session::InvalidCookie> {
/// assert_eq!(COOKIE.carrying("876dd4ba")?, "__Host-sid=876dd4ba; HttpOnly; Secure; SameSite=Lax; Path=/");
/// assert_eq!(COOKIE.id_in(["theme=dark; __Host-sid=876dd4ba"]).as_deref(), Some("876dd4ba"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie<'a> {
    name: &'a str,
    transport: Transport,
    same_site: SameSite,
    path: &'a str,
    max_age: Option<u32>,
}

/// The connections over which browsers send and take the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    /// HTTPS, and only this very host may set it.
    HttpsOfThisHost,
    /// HTTPS.
    Https,
    /// HTTPS or HTTP.
    Any,
}

impl<'a> Cookie<'a> {
    /// A cookie of this name: `Secure`, `SameSite=Lax`, `Path=/`, without `Max-Age`.
    ///
    /// Nothing is checked before the cookie is used; then what browsers would not take is an [`InvalidCookie`].
    pub const fn new(name: &'a str) -> Self {
        Self { name, transport: Transport::Https, same_site: SameSite::Lax, path: "/", max_age: None }
    }

    /// Puts `__Host-` before the name: browsers then take the cookie only from this host over HTTPS, and no neighbour on
    /// another subdomain can plant one. Needs `Path=/`.
    #[must_use]
    pub const fn with_host_prefix(self) -> Self {
        Self { transport: Transport::HttpsOfThisHost, ..self }
    }

    /// Leaves out `Secure` (and the prefix), so that the cookie also works over plain HTTP: for development, and for no
    /// site on the open net, where everybody on the way could read it.
    #[must_use]
    pub const fn over_plain_http(self) -> Self {
        Self { transport: Transport::Any, ..self }
    }

    /// Whether requests that other sites cause bring the cookie along. `None` needs HTTPS.
    #[must_use]
    pub const fn same_site(self, same_site: SameSite) -> Self {
        Self { same_site, ..self }
    }

    /// Has browsers send the cookie only to this path and what is below it. It keeps nothing secret from other paths
    /// of the same host.
    #[must_use]
    pub const fn path(self, path: &'a str) -> Self {
        Self { path, ..self }
    }

    /// Has browsers keep the cookie for so many seconds, also when they are closed meanwhile. As long as the timeout of
    /// the sessions is a good choice: [`Visitors::visit`](crate::Visitors::visit) then sends the cookie with every
    /// answer, so that both slide together.
    #[must_use]
    pub const fn max_age(self, seconds: u32) -> Self {
        Self { max_age: Some(seconds), ..self }
    }

    /// Finds the session's id in the values of a request's `Cookie` headers.
    ///
    /// What cannot be an id is none: it is empty, has over 1024 bytes, or holds characters that no cookie of this crate
    /// has. Of several cookies of this name the first that can be one counts. Whether it really is one, only
    /// [`Container::resume`](crate::Container::resume) can tell.
    pub fn id_in(&self, headers: impl IntoIterator<Item: AsRef<[u8]>>) -> Option<String> {
        let name = self.full_name();
        headers.into_iter().find_map(|header| header::id_in(header.as_ref(), &name).map(str::to_owned))
    }

    /// The value of a `Set-Cookie` header that hands an id to the browser.
    ///
    /// # Errors
    ///
    /// [`InvalidCookie`], [`InvalidCookie::SessionId`] among them for an id that [`Cookie::id_in`] would not find again.
    pub fn carrying(&self, session_id: &str) -> Result<String, InvalidCookie> {
        self.check()?;
        if header::is_id(session_id.as_bytes()) {
            Ok(self.remembering_line(session_id))
        } else {
            Err(InvalidCookie::SessionId)
        }
    }

    /// The value of a `Set-Cookie` header that has the browser forget the id.
    ///
    /// # Errors
    ///
    /// [`InvalidCookie`].
    pub fn forgetting(&self) -> Result<String, InvalidCookie> {
        self.check()?;
        Ok(self.forgetting_line())
    }

    /// As [`Cookie::carrying`], of a cookie that was checked, for an id that was found in a cookie or made at random.
    pub(crate) fn remembering_line(&self, session_id: &str) -> String {
        self.line(session_id, self.max_age)
    }

    /// As [`Cookie::forgetting`], of a cookie that was checked.
    pub(crate) fn forgetting_line(&self) -> String {
        self.line("", Some(0))
    }

    /// Whether a browser is to be reminded of the cookie, or keeps it as it is.
    pub(crate) const fn slides(&self) -> bool {
        self.max_age.is_some()
    }

    /// The name as browsers know it.
    fn full_name(&self) -> Cow<'a, str> {
        match self.transport {
            Transport::HttpsOfThisHost => Cow::Owned(format!("{HOST_PREFIX}{}", self.name)),
            Transport::Https | Transport::Any => Cow::Borrowed(self.name),
        }
    }

    fn line(&self, value: &str, max_age: Option<u32>) -> String {
        let secure = if self.transport == Transport::Any { "" } else { "; Secure" };
        let same_site = match self.same_site {
            SameSite::Strict => "Strict",
            SameSite::Lax => "Lax",
            SameSite::None => "None",
        };
        let max_age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let (name, path) = (self.full_name(), self.path);
        format!("{name}={value}; HttpOnly{secure}; SameSite={same_site}; Path={path}{max_age}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_sent() {
        let plain = Cookie::new("sid").over_plain_http();
        assert_eq!(plain.carrying("abc").unwrap(), "sid=abc; HttpOnly; SameSite=Lax; Path=/");
        let secure = Cookie::new("sid").same_site(SameSite::Strict).path("/shop").max_age(3600);
        assert_eq!(
            secure.carrying("abc").unwrap(),
            "sid=abc; HttpOnly; Secure; SameSite=Strict; Path=/shop; Max-Age=3600"
        );
        let framed = Cookie::new("sid").with_host_prefix().same_site(SameSite::None);
        assert_eq!(
            framed.carrying("abc").unwrap(),
            "__Host-sid=abc; HttpOnly; Secure; SameSite=None; Path=/"
        );
    }

    #[test]
    fn a_browser_forgets_a_cookie_only_under_the_attributes_it_has() {
        let cookie = Cookie::new("sid").with_host_prefix().max_age(3600);
        assert_eq!(
            cookie.forgetting().unwrap(),
            "__Host-sid=; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=0"
        );
    }

    #[test]
    fn the_id_is_found_under_the_name_with_its_prefix() {
        let cookie = Cookie::new("sid").with_host_prefix();
        assert_eq!(cookie.id_in(["sid=planted; __Host-sid=abc"]).as_deref(), Some("abc"));
        assert_eq!(cookie.id_in(["sid=planted"]), None);
    }

    #[test]
    fn the_id_is_found_in_any_of_several_headers() {
        let headers = [b"theme=dark".to_vec(), b"sid=abc".to_vec(), b"sid=later".to_vec()];
        assert_eq!(Cookie::new("sid").id_in(headers).as_deref(), Some("abc"));
        assert_eq!(Cookie::new("sid").id_in(Vec::<Vec<u8>>::new()), None);
    }

    #[test]
    fn an_id_that_would_not_be_found_again_is_not_sent() {
        let long = "x".repeat(1025);
        for id in ["", "a b", "a;b", "a; Domain=example.com", "a\r\nSet-Cookie: b=c", "ü", &long] {
            assert_eq!(Cookie::new("sid").carrying(id), Err(InvalidCookie::SessionId), "{id:?}");
        }
    }
}
