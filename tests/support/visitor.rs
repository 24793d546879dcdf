//! A visitor: an HTTP client that keeps one cookie, as a browser does.

use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// The content type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";
/// The content type of everything else.
pub const JSON: &str = "application/json";

/// One visitor. Clones share the connections, and keep the session that there is.
#[derive(Clone)]
pub struct Visitor {
    client: Client,
    site: String,
    /// The id in the cookie, when there is one.
    pub session: Option<String>,
}

/// What the site answered.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, which must be a text.
    pub body: String,
}

impl Answer {
    /// The value of a header; empty if there is none.
    ///
    /// # Panics
    ///
    /// When it is no text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body, which must be declared as JSON and be it.
    ///
    /// # Panics
    ///
    /// When it is not.
    #[must_use]
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), JSON, "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    /// Asserts that the request was refused with `status` and, in JSON, the reason for a person.
    ///
    /// # Panics
    ///
    /// When it was not.
    #[track_caller]
    pub fn assert_refused(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.body);
        let error = self.json();
        let keys: Vec<_> = error.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["error"]);
        assert!(!error["error"].as_str().unwrap().is_empty());
    }
}

impl Visitor {
    /// Somebody who has never been at the site of this address, such as `http://127.0.0.1:8080`.
    ///
    /// # Panics
    ///
    /// When no client can be made.
    #[must_use]
    pub fn new(site: String) -> Self {
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { client, site, session: None }
    }

    /// This visitor, but with a cookie of their own making.
    #[must_use]
    pub fn with_session(self, id: &str) -> Self {
        Self { session: Some(id.to_owned()), ..self }
    }

    /// This visitor at another host of the site.
    #[must_use]
    pub fn at(self, site: String) -> Self {
        Self { site, ..self }
    }

    /// Asks for a path.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends `DELETE`.
    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Sends what should be JSON.
    pub async fn post_json(&mut self, path: &str, body: &str) -> Answer {
        self.post(path, JSON, body).await
    }

    /// Sends what should be the fields of a form.
    pub async fn post_form(&mut self, path: &str, body: &str) -> Answer {
        self.post(path, FORM, body).await
    }

    /// Sends a body of this type.
    pub async fn post(&mut self, path: &str, content_type: &str, body: &str) -> Answer {
        let request = self.request(Method::POST, path).header(CONTENT_TYPE, content_type);
        self.send(request.body(body.to_owned())).await
    }

    /// A request, to be changed before it is sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.site))
    }

    /// Sends a request with the visitor's cookie among others, and keeps the one that comes back.
    ///
    /// # Panics
    ///
    /// When it is not answered, or with something that is no cookie of the session.
    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let request = match &self.session {
            Some(id) => request.header(COOKIE, format!("theme=dark; sid={id}; lang=en")),
            None => request,
        };
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { status, headers, body: response.text().await.unwrap() };
        if answer.headers.contains_key(SET_COOKIE) {
            let (id, _attributes) =
                answer.header("set-cookie").strip_prefix("sid=").unwrap().split_once(';').unwrap();
            self.session = Some(id.to_owned()).filter(|id| !id.is_empty());
        }
        answer
    }

    /// What `GET /cart` answers.
    ///
    /// # Panics
    ///
    /// When it does not answer with the cart.
    pub async fn cart(&mut self) -> Value {
        let answer = self.get("/cart").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// Adds to the cart, and answers the cart.
    ///
    /// # Panics
    ///
    /// When it does not succeed.
    pub async fn add(&mut self, sku: &str, quantity: u32) -> Value {
        let body = json!({"sku": sku, "qty": quantity}).to_string();
        let answer = self.post_json("/cart/items", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }
}
