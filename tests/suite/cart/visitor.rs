//! A visitor: an HTTP client that keeps one cookie, as a browser does.

use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

pub const FORM: &str = "application/x-www-form-urlencoded";
pub const JSON: &str = "application/json";

/// One visitor. Clones share the connections, and keep the session that there is.
#[derive(Clone)]
pub struct Visitor {
    client: Client,
    site: String,
    pub session: Option<String>,
}

/// What the site answered.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// The value of a header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body, which must be declared as JSON and be it.
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), JSON, "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    /// Asserts that the request was refused with `status` and, in JSON, the reason for a person.
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
    pub fn new(site: String) -> Self {
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { client, site, session: None }
    }

    /// This visitor, but with a cookie of their own making.
    pub fn with_session(self, id: &str) -> Self {
        Self { session: Some(id.to_owned()), ..self }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn post_json(&mut self, path: &str, body: &str) -> Answer {
        self.post(path, JSON, body).await
    }

    pub async fn post_form(&mut self, path: &str, body: &str) -> Answer {
        self.post(path, FORM, body).await
    }

    pub async fn post(&mut self, path: &str, content_type: &str, body: &str) -> Answer {
        let request = self.request(Method::POST, path).header(CONTENT_TYPE, content_type);
        self.send(request.body(body.to_owned())).await
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.site))
    }

    /// Sends a request with the visitor's cookie among others, and keeps the one that comes back.
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
    pub async fn cart(&mut self) -> Value {
        let answer = self.get("/cart").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// Adds to the cart, which must succeed, and answers the cart.
    pub async fn add(&mut self, sku: &str, quantity: u32) -> Value {
        let body = json!({"sku": sku, "qty": quantity}).to_string();
        let answer = self.post_json("/cart/items", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }
}
