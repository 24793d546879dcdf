//! The cookie that carries a session's id.

mod check;
mod header;

use std::borrow::Cow;

pub use check::InvalidCookie;
use check::{check_name, check_path};

/// The prefix with which browsers bind a cookie to one host.
const HOST_PREFIX: &str = "__Host-";

/// Whether a browser sends the cookie with requests that other sites cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never. A visitor who follows a link from another site arrives without the cookie.
    Strict,
    /// Only when the visitor follows a link.
    Lax,
    /// Always, also with forms and frames of other sites. The application then needs another protection
    /// against forged requests.
    None,
}

/// The cookie that carries a session's id: its name and its attributes.
///
/// The cookie is always `HttpOnly`, so that scripts cannot read it, and never has a `Domain`, so that
/// browsers send it to one host only. By default it is `Secure`, `SameSite=Lax`, sent to all paths, and
/// removed when the browser is closed, and its name begins with `__Host-`: browsers accept such a cookie only
/// over HTTPS, only for the host that sends it, and only for all paths. So a browser has at most one, and
/// neither another subdomain, nor plain HTTP, nor another path can put a second one in front of it.
///
/// ```
/// use lovely_session::Cookie;
///
/// const COOKIE: Cookie = Cookie::new("sid");
///
/// # fn main() -> Result<(), lovely_session::InvalidCookie> {
/// assert_eq!(COOKIE.set_cookie("876dd4ba")?, "__Host-sid=876dd4ba; HttpOnly; Secure; SameSite=Lax; Path=/");
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
    partitioned: bool,
}

/// The connections over which browsers accept and send the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    /// HTTPS, and only this host can set it: the name has the prefix.
    HttpsOfOneHost,
    /// HTTPS.
    Https,
    /// HTTPS or HTTP.
    Any,
}

impl<'a> Cookie<'a> {
    /// A cookie whose name is `__Host-` and this name: `Secure`, `SameSite=Lax`, `Path=/`, without `Max-Age`.
    ///
    /// It needs HTTPS between the browser and the server, or the proxy in front of it: a browser ignores it
    /// otherwise, and each request is then that of a new visitor. For development over plain HTTP, add
    /// [`Cookie::over_plain_http`].
    ///
    /// The name and the attributes are checked when the cookie is used. Then an [`InvalidCookie`] is returned
    /// if browsers would not accept it.
    ///
    /// # Example
    ///
    /// ```
    /// use lovely_session::Cookie;
    ///
    /// let set_cookie = Cookie::new("sid").set_cookie("876dd4ba")?;
    /// assert_eq!(set_cookie, "__Host-sid=876dd4ba; HttpOnly; Secure; SameSite=Lax; Path=/");
    /// # Ok::<(), lovely_session::InvalidCookie>(())
    /// ```
    pub const fn new(name: &'a str) -> Self {
        Self {
            name,
            transport: Transport::HttpsOfOneHost,
            same_site: SameSite::Lax,
            path: "/",
            max_age: None,
            partitioned: false,
        }
    }

    /// Leaves out the prefix `__Host-`, for a [path](Cookie::path) other than `/`, or to keep a name that
    /// browsers have already. The cookie is still `Secure`.
    ///
    /// Other subdomains, and scripts of this site, can then set a cookie of the same name with another path or
    /// domain. A browser sends the cookie with the longer path first, and [`Cookie::id_in`] takes it, so that
    /// the visitor loses the session, or gets the session of whoever set the cookie.
    ///
    /// # Example
    ///
    /// ```
    /// use lovely_session::Cookie;
    ///
    /// let cookie = Cookie::new("sid").without_host_prefix();
    /// assert_eq!(cookie.set_cookie("876dd4ba")?, "sid=876dd4ba; HttpOnly; Secure; SameSite=Lax; Path=/");
    /// # Ok::<(), lovely_session::InvalidCookie>(())
    /// ```
    #[must_use]
    pub const fn without_host_prefix(self) -> Self {
        match self.transport {
            Transport::HttpsOfOneHost => Self { transport: Transport::Https, ..self },
            Transport::Https | Transport::Any => self,
        }
    }

    /// Leaves out `Secure` and the prefix `__Host-`, so that the cookie also works over plain HTTP. Only for
    /// development: over plain HTTP anybody on the network can read and replace the cookie.
    ///
    /// # Example
    ///
    /// ```
    /// use lovely_session::Cookie;
    ///
    /// let cookie = Cookie::new("sid").over_plain_http();
    /// assert_eq!(cookie.set_cookie("876dd4ba")?, "sid=876dd4ba; HttpOnly; SameSite=Lax; Path=/");
    /// # Ok::<(), lovely_session::InvalidCookie>(())
    /// ```
    #[must_use]
    pub const fn over_plain_http(self) -> Self {
        Self { transport: Transport::Any, ..self }
    }

    /// Sets whether browsers send the cookie with requests that other sites cause. [`SameSite::None`]
    /// requires HTTPS.
    ///
    /// # Example
    ///
    /// ```
    /// use lovely_session::{Cookie, SameSite};
    ///
    /// let cookie = Cookie::new("sid").same_site(SameSite::Strict);
    /// assert!(cookie.set_cookie("876dd4ba")?.contains("SameSite=Strict"));
    /// # Ok::<(), lovely_session::InvalidCookie>(())
    /// ```
    #[must_use]
    pub const fn same_site(self, same_site: SameSite) -> Self {
        Self { same_site, ..self }
    }

    /// Sets the path below which browsers send the cookie. It does not protect the cookie from other paths of
    /// the same host. A path other than `/` requires [`Cookie::without_host_prefix`] or
    /// [`Cookie::over_plain_http`].
    ///
    /// # Example
    ///
    /// ```
    /// use lovely_session::Cookie;
    ///
    /// let cookie = Cookie::new("sid").without_host_prefix().path("/shop");
    /// assert!(cookie.set_cookie("876dd4ba")?.contains("Path=/shop"));
    /// # Ok::<(), lovely_session::InvalidCookie>(())
    /// ```
    #[must_use]
    pub const fn path(self, path: &'a str) -> Self {
        Self { path, ..self }
    }

    /// Sets the number of seconds for which browsers keep the cookie, also when they are closed; at least 1.
    /// The timeout of the sessions is a good value: [`Visitors::visit`](crate::Visitors::visit) then returns
    /// the cookie after every visit, so that both are extended together.
    ///
    /// # Example
    ///
    /// ```
    /// use lovely_session::Cookie;
    ///
    /// assert!(Cookie::new("sid").max_age(3600).set_cookie("876dd4ba")?.ends_with("Max-Age=3600"));
    /// # Ok::<(), lovely_session::InvalidCookie>(())
    /// ```
    #[must_use]
    pub const fn max_age(self, seconds: u32) -> Self {
        Self { max_age: Some(seconds), ..self }
    }

    /// Keeps the cookie apart for each site in which this one is embedded (`Partitioned`): browsers that block
    /// the cookies of third parties then still accept it in a frame, if it has [`SameSite::None`]. A visitor has
    /// one session for each such site. It requires HTTPS.
    ///
    /// # Example
    ///
    /// ```
    /// use lovely_session::{Cookie, SameSite};
    ///
    /// let cookie = Cookie::new("sid").same_site(SameSite::None).partitioned();
    /// assert!(cookie.set_cookie("876dd4ba")?.ends_with("; Partitioned"));
    /// # Ok::<(), lovely_session::InvalidCookie>(())
    /// ```
    #[must_use]
    pub const fn partitioned(self) -> Self {
        Self { partitioned: true, ..self }
    }

    /// Returns the session's id from the values of a request's `Cookie` headers, or `None` if no cookie of
    /// this name has a valid id. An id has 1 to 1,024 bytes, all of which RFC 6265 allows in a cookie's
    /// value. Of several cookies of this name, the first valid one is used. Only
    /// [`Container::resume`](crate::Container::resume) finds out whether a session has this id.
    ///
    /// # Example
    ///
    /// ```
    /// use lovely_session::Cookie;
    ///
    /// assert_eq!(Cookie::new("sid").id_in(["theme=dark; __Host-sid=876dd4ba"]).as_deref(), Some("876dd4ba"));
    /// assert_eq!(Cookie::new("sid").id_in(["theme=dark"]), None);
    /// ```
    pub fn id_in(&self, headers: impl IntoIterator<Item: AsRef<[u8]>>) -> Option<String> {
        let name = self.full_name();
        headers.into_iter().find_map(|header| header::id_in(header.as_ref(), &name).map(str::to_owned))
    }

    /// Returns the value of a `Set-Cookie` header that gives an id to the browser.
    ///
    /// # Errors
    ///
    /// [`InvalidCookie::SessionId`] for an id that [`Cookie::id_in`] would not find again; another
    /// [`InvalidCookie`] when the name or the attributes are invalid.
    ///
    /// # Example
    ///
    /// ```
    /// use lovely_session::Cookie;
    ///
    /// let set_cookie = Cookie::new("sid").set_cookie("876dd4ba")?;
    /// assert_eq!(set_cookie, "__Host-sid=876dd4ba; HttpOnly; Secure; SameSite=Lax; Path=/");
    /// # Ok::<(), lovely_session::InvalidCookie>(())
    /// ```
    pub fn set_cookie(&self, session_id: &str) -> Result<String, InvalidCookie> {
        self.check()?;
        if header::is_id(session_id.as_bytes()) {
            Ok(self.set_cookie_unchecked(session_id))
        } else {
            Err(InvalidCookie::SessionId)
        }
    }

    /// Returns the value of a `Set-Cookie` header that makes the browser remove the cookie.
    ///
    /// # Errors
    ///
    /// [`InvalidCookie`] when the name or the attributes are invalid.
    ///
    /// # Example
    ///
    /// ```
    /// use lovely_session::Cookie;
    ///
    /// let set_cookie = Cookie::new("sid").remove_cookie()?;
    /// assert_eq!(set_cookie, "__Host-sid=; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=0");
    /// # Ok::<(), lovely_session::InvalidCookie>(())
    /// ```
    pub fn remove_cookie(&self) -> Result<String, InvalidCookie> {
        self.check()?;
        Ok(self.remove_cookie_unchecked())
    }

    /// Checks the name and the attributes.
    pub(crate) fn check(&self) -> Result<(), InvalidCookie> {
        check_name(self.name)?;
        check_path(self.path)?;
        if self.transport == Transport::HttpsOfOneHost && self.path != "/" {
            Err(InvalidCookie::HostPrefixPath { path: self.path.to_owned() })
        } else if self.transport == Transport::Any && self.same_site == SameSite::None {
            Err(InvalidCookie::SameSiteNone)
        } else if self.transport == Transport::Any && self.partitioned {
            Err(InvalidCookie::Partitioned)
        } else if self.max_age == Some(0) {
            Err(InvalidCookie::MaxAge)
        } else {
            Ok(())
        }
    }

    /// As [`Cookie::set_cookie`], for a cookie and an id that are known to be valid.
    pub(crate) fn set_cookie_unchecked(&self, session_id: &str) -> String {
        self.line(session_id, self.max_age)
    }

    /// As [`Cookie::remove_cookie`], for a cookie that is known to be valid.
    pub(crate) fn remove_cookie_unchecked(&self) -> String {
        self.line("", Some(0))
    }

    /// Whether the cookie has a `Max-Age`, which has to be extended with every visit.
    pub(crate) const fn has_max_age(&self) -> bool {
        self.max_age.is_some()
    }

    /// The name with its prefix.
    fn full_name(&self) -> Cow<'a, str> {
        match self.transport {
            Transport::HttpsOfOneHost => Cow::Owned(format!("{HOST_PREFIX}{}", self.name)),
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
        let partitioned = if self.partitioned { "; Partitioned" } else { "" };
        let (name, path) = (self.full_name(), self.path);
        format!("{name}={value}; HttpOnly{secure}; SameSite={same_site}; Path={path}{max_age}{partitioned}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_sent() {
        let plain = Cookie::new("sid").over_plain_http();
        assert_eq!(plain.set_cookie("abc").unwrap(), "sid=abc; HttpOnly; SameSite=Lax; Path=/");
        let secure = Cookie::new("sid").without_host_prefix().same_site(SameSite::Strict).path("/shop");
        assert_eq!(
            secure.max_age(3600).set_cookie("abc").unwrap(),
            "sid=abc; HttpOnly; Secure; SameSite=Strict; Path=/shop; Max-Age=3600"
        );
        let framed = Cookie::new("sid").same_site(SameSite::None);
        assert_eq!(
            framed.set_cookie("abc").unwrap(),
            "__Host-sid=abc; HttpOnly; Secure; SameSite=None; Path=/"
        );
        assert_eq!(
            framed.max_age(60).partitioned().set_cookie("abc").unwrap(),
            "__Host-sid=abc; HttpOnly; Secure; SameSite=None; Path=/; Max-Age=60; Partitioned"
        );
    }

    #[test]
    fn only_a_call_that_says_so_takes_the_prefix_or_secure_away() {
        let attributes = "HttpOnly; Secure; SameSite=Lax; Path=/";
        let line = |cookie: Cookie| cookie.set_cookie("abc").unwrap();
        assert_eq!(line(Cookie::new("sid")), format!("__Host-sid=abc; {attributes}"));
        assert_eq!(line(Cookie::new("sid").without_host_prefix()), format!("sid=abc; {attributes}"));
        let plain = "sid=abc; HttpOnly; SameSite=Lax; Path=/";
        assert_eq!(line(Cookie::new("sid").over_plain_http()), plain);
        assert_eq!(line(Cookie::new("sid").over_plain_http().without_host_prefix()), plain);
        assert_eq!(line(Cookie::new("sid").without_host_prefix().over_plain_http()), plain);
    }

    #[test]
    fn a_browser_forgets_a_cookie_only_under_the_attributes_it_has() {
        let cookie = Cookie::new("sid").max_age(3600);
        assert_eq!(
            cookie.remove_cookie().unwrap(),
            "__Host-sid=; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=0"
        );
    }

    #[test]
    fn cookies_of_other_paths_and_subdomains_do_not_shadow_the_one_with_the_prefix() {
        // A browser sends those with longer paths first.
        let cookie = Cookie::new("sid");
        assert_eq!(cookie.id_in(["sid=planted; __Host-sid=abc; sid=planted"]).as_deref(), Some("abc"));
        assert_eq!(cookie.id_in(["sid=planted"]), None);
    }

    #[test]
    fn a_name_that_only_looks_like_the_one_with_the_prefix_is_not_the_cookie() {
        // Other subdomains can set these, at least in some browsers.
        for name in [
            "\u{2000}__Host-sid",
            "\u{85}__Host-sid",
            "__host-sid",
            "__Host-sid[0]",
            "__Host-sid ",
            "__Secure-sid",
        ] {
            assert_eq!(Cookie::new("sid").id_in([format!("{name}=planted")]), None, "{name:?}");
        }
    }

    #[test]
    fn the_id_is_found_in_any_of_several_headers() {
        let headers = [b"theme=dark".to_vec(), b"__Host-sid=abc".to_vec(), b"lang=en".to_vec()];
        assert_eq!(Cookie::new("sid").id_in(headers).as_deref(), Some("abc"));
        assert_eq!(Cookie::new("sid").id_in(Vec::<Vec<u8>>::new()), None);
    }

    #[test]
    fn an_id_that_would_not_be_found_again_is_not_sent() {
        let long = "x".repeat(1025);
        for id in ["", "a b", "a;b", "a; Domain=example.com", "a\r\nSet-Cookie: b=c", "ü", &long] {
            assert_eq!(Cookie::new("sid").set_cookie(id), Err(InvalidCookie::SessionId), "{id:?}");
        }
    }

    #[test]
    fn an_invalid_name_or_path_is_refused() {
        let spaced = Cookie::new("a b");
        assert_eq!(spaced.set_cookie("abc"), Err(InvalidCookie::Name { name: "a b".to_owned() }));
        assert_eq!(spaced.remove_cookie(), Err(InvalidCookie::Name { name: "a b".to_owned() }));
        let relative = Cookie::new("sid").path("shop");
        assert_eq!(relative.remove_cookie(), Err(InvalidCookie::Path { path: "shop".to_owned() }));
    }

    #[test]
    fn attributes_that_contradict_each_other_are_refused() {
        let below = Cookie::new("sid").path("/shop");
        assert_eq!(below.set_cookie("abc"), Err(InvalidCookie::HostPrefixPath { path: "/shop".to_owned() }));
        let framed = Cookie::new("sid").over_plain_http().same_site(SameSite::None);
        assert_eq!(framed.set_cookie("abc"), Err(InvalidCookie::SameSiteNone));
        let plain = Cookie::new("sid").over_plain_http().partitioned();
        assert_eq!(plain.set_cookie("abc"), Err(InvalidCookie::Partitioned));
        let over = Cookie::new("sid").max_age(0);
        assert_eq!(over.set_cookie("abc"), Err(InvalidCookie::MaxAge));
    }
}
