//! A visitor: an HTTP client that keeps one cookie, as a browser does.

use crate::client::client_builder;
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// The content type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";
/// The content type of everything else.
pub const JSON: &str = "application/json";

/// A visitor. Clones share the connections, and begin with the same session.
#[derive(Clone)]
pub struct Visitor {
    client: Client,
    site: String,
    /// The id in the cookie, if there is one.
    pub session: Option<String>,
}

/// A response of the site.
pub struct Response {
    /// The status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, which must be text.
    pub body: String,
}

impl Response {
    /// The value of a header; empty if there is none.
    ///
    /// # Panics
    ///
    /// When it is not text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is not JSON, or has another content type.
    #[must_use]
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), JSON, "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    /// Asserts that the request was refused with `status` and with a message in JSON.
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
    /// A visitor without a session, for the site at an address such as `http://127.0.0.1:8080`.
    ///
    /// # Panics
    ///
    /// When no client can be made.
    #[must_use]
    pub fn new(site: String) -> Self {
        let client = client_builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { client, site, session: None }
    }

    /// The same visitor, with this id in the cookie.
    #[must_use]
    pub fn with_session(self, id: &str) -> Self {
        Self { session: Some(id.to_owned()), ..self }
    }

    /// The same visitor, at another host of the site.
    #[must_use]
    pub fn at(self, site: String) -> Self {
        Self { site, ..self }
    }

    /// Sends `GET`.
    pub async fn get(&mut self, path: &str) -> Response {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends `DELETE`.
    pub async fn delete(&mut self, path: &str) -> Response {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Posts a body as JSON.
    pub async fn post_json(&mut self, path: &str, body: &str) -> Response {
        self.post(path, JSON, body).await
    }

    /// Posts a body as a form.
    pub async fn post_form(&mut self, path: &str, body: &str) -> Response {
        self.post(path, FORM, body).await
    }

    /// Posts a body with this content type.
    pub async fn post(&mut self, path: &str, content_type: &str, body: &str) -> Response {
        let request = self.request(Method::POST, path).header(CONTENT_TYPE, content_type);
        self.send(request.body(body.to_owned())).await
    }

    /// A request, to be changed before it is sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.site))
    }

    /// Sends a request with the visitor's cookie among others, and keeps the cookie of the response.
    ///
    /// # Panics
    ///
    /// When there is no response, or its cookie has another name.
    pub async fn send(&mut self, request: RequestBuilder) -> Response {
        let request = match &self.session {
            Some(id) => request.header(COOKIE, format!("theme=dark; sid={id}; lang=en")),
            None => request,
        };
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let response = Response { status, headers, body: response.text().await.unwrap() };
        if response.headers.contains_key(SET_COOKIE) {
            let (id, _attributes) =
                response.header("set-cookie").strip_prefix("sid=").unwrap().split_once(';').unwrap();
            self.session = Some(id.to_owned()).filter(|id| !id.is_empty());
        }
        response
    }

    /// The cart, from `GET /cart`.
    ///
    /// # Panics
    ///
    /// When it does not response with the cart.
    pub async fn cart(&mut self) -> Value {
        let response = self.get("/cart").await;
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()
    }

    /// Adds to the cart, and returns the cart.
    ///
    /// # Panics
    ///
    /// When it does not succeed.
    pub async fn add(&mut self, sku: &str, quantity: u32) -> Value {
        let body = json!({"sku": sku, "qty": quantity}).to_string();
        let response = self.post_json("/cart/items", &body).await;
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()
    }
}
