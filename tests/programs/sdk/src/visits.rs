//! The requests of a visitor.

use lovely_session::{
    Container, ContainerOptions, Cookie, Error, Session, Transaction, Visit, Visited, Visitors,
};

use crate::Answer;

const CONTAINER: &str = "visits";
const VISITORS: Visitors = Visitors::new(CONTAINER, Cookie::new("sid").max_age(3600));

impl From<Visited<String>> for Answer {
    fn from(Visited { value, set_cookie }: Visited<String>) -> Self {
        Self { text: value, set_cookie }
    }
}

/// Returns who is logged in.
pub fn look(cookies: &[Vec<u8>]) -> Result<Answer, Error> {
    Ok(VISITORS.visit(cookies, |visit| user(visit.session()))?.into())
}

pub fn log_in(cookies: &[Vec<u8>], name: &str) -> Result<Answer, Error> {
    let visited = VISITORS.visit(cookies, |visit| {
        let session = visit.session_with_new_id()?;
        session.package("login")?.set("user", name)?;
        user(Some(session))
    })?;
    Ok(visited.into())
}

pub fn log_out(cookies: &[Vec<u8>]) -> Result<Answer, Error> {
    let visited = VISITORS.visit(cookies, |visit| {
        visit.log_out()?;
        Ok::<_, Error>("logged out".to_owned())
    })?;
    Ok(visited.into())
}

/// Logs out, and rolls back to before.
pub fn log_out_and_return(cookies: &[Vec<u8>]) -> Result<Answer, Error> {
    let visited = VISITORS.visit(cookies, |visit| {
        let before = visit.savepoint()?;
        visit.log_out()?;
        before.rollback()?;
        user(visit.session())
    })?;
    Ok(visited.into())
}

pub fn begin_and_store_nothing(cookies: &[Vec<u8>]) -> Result<Answer, Error> {
    let visited = VISITORS.visit(cookies, |visit| user(Some(visit.session_or_begin()?)))?;
    Ok(visited.into())
}

/// Stores a name, and fails after that.
pub fn store_and_fail(cookies: &[Vec<u8>]) -> Result<Answer, Error> {
    VISITORS.visit(cookies, |visit| {
        visit.session_or_begin()?.package("login")?.set("user", "nobody must know")?;
        Err::<String, _>(Error::Store("the work failed".to_owned()))
    })?;
    Ok("it did not fail".to_owned().into())
}

/// Stores something, while another request logs the visitor out.
pub fn ends_meanwhile(cookies: &[Vec<u8>]) -> Result<Answer, Error> {
    let mut runs = 0;
    let visited = VISITORS.visit(cookies, |visit| {
        runs += 1;
        let session = visit.session_or_begin()?;
        if runs == 1 {
            end(&session.id())?;
        }
        session.package("login")?.set("seen", &runs)?;
        Ok::<_, Error>(format!("{} after {runs} runs", user(Some(session))?))
    })?;
    Ok(visited.into())
}

pub fn with_a_bad_cookie(cookies: &[Vec<u8>]) -> Result<Answer, Error> {
    Visitors::new(CONTAINER, Cookie::new("s id")).visit(cookies, Visit::log_out)?;
    Ok("it was taken".to_owned().into())
}

fn user(session: Option<&Session>) -> Result<String, Error> {
    let name = session.map(|session| session.package("login")?.get("user")).transpose()?;
    Ok(name.flatten().unwrap_or_else(|| "nobody".to_owned()))
}

/// Ends a session in a separate transaction.
fn end(id: &str) -> Result<(), Error> {
    let transaction = Transaction::begin();
    let container = Container::open(CONTAINER, ContainerOptions::DEFAULT)?;
    if let Some(session) = container.resume(&transaction, id)? {
        session.destroy()?;
    }
    transaction.commit()
}
