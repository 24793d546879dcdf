//! The options of commands that use a store.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, Command};
use lovely_session_host::{
    CaCertificates, Memcached, MemcachedOptions, OpenStore, Password, StoreOptions, StoreUrl,
};

use crate::failure::Failure;

/// The environment variable with the password of the user in the URL.
const PASSWORD_VARIABLE: &str = "LOVELY_SESSION_STORE_PASSWORD";

/// The store of a command that works on sessions of other processes.
#[derive(Debug, Args)]
pub struct StoreArgs {
    /// Where sessions are kept, as given to `serve`: `memcached://[USER@]HOST:PORT[,HOST:PORT…]`, or with TLS
    /// `memcached+tls://…`
    #[arg(long = "store", value_name = "URL", value_parser = UrlParser)]
    pub url: StoreUrl,
    /// How to get access to it.
    #[command(flatten)]
    pub access: StoreAccessArgs,
}

/// The store of `serve`.
#[derive(Debug, Args)]
pub struct ServeStoreArgs {
    /// Where sessions are kept: `memory:`, `memcached://[USER@]HOST:PORT[,HOST:PORT…]`, or with TLS
    /// `memcached+tls://…`
    #[arg(long = "store", value_name = "URL", default_value = "memory:", value_parser = UrlParser)]
    pub url: StoreUrl,
    /// How to get access to it.
    #[command(flatten)]
    pub access: StoreAccessArgs,
    /// Start even if memcached servers are away; requests for sessions on them fail until they come
    #[arg(long)]
    pub wait_for_store: bool,
}

/// How to get access to a store.
#[derive(Debug, Args)]
pub struct StoreAccessArgs {
    /// The certificates of the authorities that memcached servers with TLS are checked by, in PEM format
    /// [default: those of the system]
    #[arg(long = "store-ca", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The file with the password of the user in the URL of the store [default: the environment variable
    /// LOVELY_SESSION_STORE_PASSWORD]
    #[arg(long = "store-password-file", value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl StoreArgs {
    /// Opens the store. Every server has to be there.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] for `memory:`, whose sessions are in another process, and the errors of
    /// [`StoreAccessArgs::options`] and [`StoreUrl::open`].
    pub async fn open(&self) -> Result<Arc<Memcached>, Failure> {
        self.open_with(false).await
    }

    /// Opens the store, also if servers are away.
    ///
    /// # Errors
    ///
    /// The others of [`Self::open`].
    pub async fn open_what_is_there(&self) -> Result<Arc<Memcached>, Failure> {
        self.open_with(true).await
    }

    async fn open_with(&self, may_be_away: bool) -> Result<Arc<Memcached>, Failure> {
        let memcached = MemcachedOptions { may_be_away, ..self.access.options(&self.url)? };
        let options = StoreOptions { memcached, ..StoreOptions::default() };
        match self.url.open(&options).await? {
            OpenStore::Memcached(store) => Ok(store),
            OpenStore::Memory(_) => Err(Failure::Usage(
                "sessions in `memory:` exist only in the process that serves them; \
                 give the `memcached://` URL that `serve` was given"
                    .to_owned(),
            )),
        }
    }
}

impl ServeStoreArgs {
    /// The options for the store, for which at most this many calls may wait while a server does not reply.
    ///
    /// # Errors
    ///
    /// Those of [`StoreAccessArgs::options`].
    pub fn options(&self, waiting_calls: usize) -> Result<StoreOptions, Failure> {
        let memcached = MemcachedOptions {
            waiting_calls,
            may_be_away: self.wait_for_store,
            ..self.access.options(&self.url)?
        };
        Ok(StoreOptions { memcached, ..StoreOptions::default() })
    }
}

impl StoreAccessArgs {
    /// Opens the store of this URL.
    ///
    /// # Errors
    ///
    /// Those of [`Self::options`] and of [`StoreUrl::open`].
    pub async fn open(&self, url: &StoreUrl) -> Result<OpenStore, Failure> {
        let options = StoreOptions { memcached: self.options(url)?, ..StoreOptions::default() };
        Ok(url.open(&options).await?)
    }

    /// The options for memcached, with the certificates and the password.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] when a file cannot be read or used, or when the URL has no use for it.
    pub fn options(&self, url: &StoreUrl) -> Result<MemcachedOptions, Failure> {
        let (tls, user) = match url {
            StoreUrl::Memory => (false, None),
            StoreUrl::Memcached(url) => (url.tls, url.user.as_deref()),
        };
        Ok(MemcachedOptions {
            ca: self.ca(tls)?,
            password: self.password(user)?,
            ..MemcachedOptions::default()
        })
    }

    fn ca(&self, tls: bool) -> Result<Option<CaCertificates>, Failure> {
        let Some(path) = &self.ca else { return Ok(None) };
        if !tls {
            return Err(Failure::Usage("--store-ca is for URLs with `memcached+tls://`".to_owned()));
        }
        let pem = fs::read(path).map_err(|error| unusable("--store-ca", path, &error))?;
        CaCertificates::from_pem(&pem).map(Some).map_err(|error| unusable("--store-ca", path, &error))
    }

    fn password(&self, user: Option<&str>) -> Result<Option<Password>, Failure> {
        let flag = "--store-password-file";
        match (&self.password_file, user) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(Failure::Usage(format!(
                "{flag} is for URLs with a user: `memcached+tls://USER@HOST:PORT`"
            ))),
            (Some(path), Some(_)) => {
                let text = fs::read_to_string(path).map_err(|error| unusable(flag, path, &error))?;
                let line = text.strip_suffix('\n').unwrap_or(&text);
                let password = Password::new(line.strip_suffix('\r').unwrap_or(line));
                password.map(Some).map_err(|error| unusable(flag, path, &error))
            }
            (None, Some(user)) => password_in_environment(user).map(Some),
        }
    }
}

fn password_in_environment(user: &str) -> Result<Password, Failure> {
    let Some(text) = env::var_os(PASSWORD_VARIABLE) else {
        return Err(Failure::Usage(format!(
            "the user `{user}` of the store has no password; \
             give it with --store-password-file or in the environment variable {PASSWORD_VARIABLE}"
        )));
    };
    let unusable = |reason: String| Failure::Usage(format!("cannot use {PASSWORD_VARIABLE}: {reason}"));
    let text = text.into_string().map_err(|_| unusable("it is not UTF-8".to_owned()))?;
    Password::new(text).map_err(|error| unusable(error.to_string()))
}

fn unusable(flag: &str, path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::Usage(format!("cannot use the file `{}` of {flag}: {error}", path.display()))
}

/// Parses the URL of a store. clap's own error would repeat a URL that contains a password.
#[derive(Debug, Clone)]
pub struct UrlParser;

impl TypedValueParser for UrlParser {
    type Value = StoreUrl;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<StoreUrl, clap::Error> {
        let text =
            value.to_str().ok_or_else(|| clap::Error::new(ErrorKind::InvalidUtf8).with_cmd(command))?;
        text.parse().map_err(|error| {
            let argument = argument.map_or_else(|| "the store".to_owned(), ToString::to_string);
            let message =
                format!("invalid value for '{argument}': {error}\n\nFor more information, try '--help'.\n");
            clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}
