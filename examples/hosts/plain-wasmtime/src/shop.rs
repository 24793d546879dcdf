//! An application that calls the session component like an edge function. The result of each call is nested: the outer
//! one tells whether the call trapped, and the inner one is the component's. The handles are dropped with the store.

use wasmtime::component::ResourceAny;
use wasmtime::{Result, Store};

use crate::bindings::SessionComponent;
use crate::bindings::exports::lovely::session::transactions::Error;
use crate::host::Host;

const APPLE: &str = "apple";

/// The application.
pub struct Shop {
    store: Store<Host>,
    component: SessionComponent,
}

/// The cart of one visitor, in its own transaction.
struct Visit {
    transaction: ResourceAny,
    cart: ResourceAny,
}

impl Shop {
    /// An application on an instance of the session component.
    pub fn new((store, component): (Store<Host>, SessionComponent)) -> Self {
        Self { store, component }
    }

    /// The host of the component.
    pub fn host(&mut self) -> &mut Host {
        self.store.data_mut()
    }

    /// Begins a session with two apples in its cart, and a pear that is rolled back. Returns its id.
    pub fn fill_cart(&mut self) -> Result<String> {
        let transaction = self.begin()?;
        let container = self.container()?;
        let sessions = self.component.lovely_session_sessions();
        let session = sessions.container().call_create(&mut self.store, container, transaction)??;
        let id = sessions.session().call_id(&mut self.store, session)?;
        let visit = Visit { transaction, cart: self.cart(session)? };
        self.set(&visit, APPLE, 2)?;

        let transactions = self.component.lovely_session_transactions();
        let before = transactions.transaction().call_savepoint(&mut self.store, transaction)??;
        self.set(&visit, "pear", 1)?;
        let transactions = self.component.lovely_session_transactions();
        transactions.savepoint().call_rollback(&mut self.store, before)??;
        self.commit(&visit)??;
        Ok(id)
    }

    /// The content of a visitor's cart, as text.
    pub fn show_cart(&mut self, id: &str) -> Result<String> {
        let Some(visit) = self.visit(id)? else { return Ok("there is no session".to_owned()) };
        let packages = self.component.lovely_session_sessions().package();
        let entries = packages.call_entries(&mut self.store, visit.cart)??;
        self.commit(&visit)??;
        let entries: Vec<String> =
            entries.iter().map(|(name, number)| format!("{name} = {number}")).collect();
        Ok(entries.join(", "))
    }

    /// Changes one key in two transactions that have both loaded the session. Returns their results, as text.
    pub fn change_cart_twice_at_once(&mut self, id: &str) -> Result<String> {
        let (Some(first), Some(second)) = (self.visit(id)?, self.visit(id)?) else {
            return Ok("neither found the session".to_owned());
        };
        self.set(&first, APPLE, 3)?;
        self.set(&second, APPLE, 4)?;
        self.commit(&first)??;
        Ok(match self.commit(&second)? {
            Err(Error::Conflict(conflicts)) => {
                let keys: Vec<&str> =
                    conflicts.iter().filter_map(|conflict| conflict.key.as_deref()).collect();
                format!("the second conflicts on {}", keys.join(", "))
            }
            Err(other) => format!("the second fails: {other}"),
            Ok(()) => "both are committed".to_owned(),
        })
    }

    /// The cart of a session that exists.
    fn visit(&mut self, id: &str) -> Result<Option<Visit>> {
        let transaction = self.begin()?;
        let container = self.container()?;
        let containers = self.component.lovely_session_sessions().container();
        let session = containers.call_resume(&mut self.store, container, transaction, id)??;
        session.map(|session| Ok(Visit { transaction, cart: self.cart(session)? })).transpose()
    }

    fn begin(&mut self) -> Result<ResourceAny> {
        let transactions = self.component.lovely_session_transactions().transaction();
        transactions.call_constructor(&mut self.store, None)
    }

    fn commit(&mut self, visit: &Visit) -> Result<Result<(), Error>> {
        let transactions = self.component.lovely_session_transactions().transaction();
        transactions.call_commit(&mut self.store, visit.transaction)
    }

    fn container(&mut self) -> Result<ResourceAny> {
        let containers = self.component.lovely_session_sessions().container();
        Ok(containers.call_open(&mut self.store, "shop", None)??)
    }

    fn cart(&mut self, session: ResourceAny) -> Result<ResourceAny> {
        let sessions = self.component.lovely_session_sessions().session();
        Ok(sessions.call_package(&mut self.store, session, "cart")??)
    }

    fn set(&mut self, visit: &Visit, name: &str, number: u32) -> Result<()> {
        let packages = self.component.lovely_session_sessions().package();
        Ok(packages.call_set(&mut self.store, visit.cart, name, &number.to_string())??)
    }
}
