//! What an application is granted by the program that embeds the server: an environment, files, and HTTP requests.

use std::sync::OnceLock;
use std::time::Duration;

use lovely_session_host::serve::{Application, Limits, Origin, OutgoingHttp, OutgoingHttpOptions};
use tempfile::TempDir;
use wasmtime_wasi::FsPerms;

use super::backend::Backend;
use super::running::{RunningServer, limits};

/// The program `caller`, without grants.
pub fn caller() -> Application {
    static CALLER: OnceLock<Application> = OnceLock::new();
    CALLER.get_or_init(|| caller_with(limits())).clone()
}

pub fn caller_with(limits: Limits) -> Application {
    Application::load(&std::fs::read(env!("PROGRAM_CALLER_WASM")).unwrap(), limits).unwrap()
}

/// A directory with a file, and a link that leads out of it.
fn directory() -> TempDir {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("text"), "in a file").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", directory.path().join("link")).unwrap();
    directory
}

fn with_directory(application: Application, directory: &TempDir) -> Application {
    let path = directory.path().to_owned();
    application.with_wasi(move |wasi| {
        wasi.preopened_dir(&path, "/data", FsPerms::ReadOnly)?;
        Ok(())
    })
}

#[tokio::test]
async fn an_application_has_no_environment_files_or_requests_by_default() {
    let (server, backend) = (RunningServer::serve(caller()).await, Backend::start().await);
    assert_eq!(server.get("/environment").await, (200, String::new()));
    assert_eq!(server.get("/read?/etc/passwd").await, (200, "NotFound".to_owned()));
    let denied = server.get(&format!("/get?{}", backend.url("/hello"))).await;
    assert_eq!(denied, (200, "ErrorCode::HttpRequestDenied".to_owned()));
    assert_eq!(backend.seen().connections, 0);
}

#[tokio::test]
async fn an_application_gets_the_environment_that_it_is_granted() {
    let application = caller().with_wasi(|wasi| {
        wasi.env("REGION", "eu").env("EMPTY", "");
        Ok(())
    });
    let server = RunningServer::serve(application).await;
    assert_eq!(server.get("/environment").await, (200, "EMPTY=\nREGION=eu".to_owned()));
}

#[tokio::test]
async fn an_application_reads_the_files_that_it_is_granted_and_changes_none() {
    let directory = directory();
    let server = RunningServer::serve(with_directory(caller(), &directory)).await;
    assert_eq!(server.get("/read?/data/text").await, (200, "in a file".to_owned()));
    for path in ["/data/../etc/passwd", "/etc/passwd", "/data/link"] {
        let (status, text) = server.get(&format!("/read?{path}")).await;
        assert!(status == 200 && ["NotFound", "PermissionDenied"].contains(&text.as_str()), "{path}: {text}");
    }
    for path in ["/data/text", "/data/new"] {
        assert_eq!(
            server.get(&format!("/write?{path}")).await,
            (200, "PermissionDenied".to_owned()),
            "{path}"
        );
    }
    assert_eq!(std::fs::read_to_string(directory.path().join("text")).unwrap(), "in a file");
}

#[tokio::test]
async fn open_files_count_toward_the_memory_of_a_request() {
    let directory = directory();
    let server = RunningServer::serve(with_directory(caller(), &directory)).await;
    let open = server.get("/open?/data/text").await;
    assert_eq!(open, (500, "the application failed\n".to_owned()));
    assert_eq!(server.get("/read?/data/text").await.0, 200);
}

#[tokio::test]
async fn a_grant_that_cannot_be_made_fails_the_request_and_not_the_server() {
    let directory = directory();
    let application = with_directory(caller(), &directory);
    drop(directory);
    let server = RunningServer::serve(application).await;
    for _ in 0..2 {
        assert_eq!(server.get("/environment").await, (500, "the application failed\n".to_owned()));
    }
}

/// A server whose application may call this backend.
pub async fn server_for(backend: &Backend, options: OutgoingHttpOptions) -> RunningServer {
    let origin: Origin = format!("http://{}", backend.address).parse().unwrap();
    let http = OutgoingHttp::new([origin], options).unwrap();
    RunningServer::serve(caller().with_outgoing_http(move || Box::new(http.clone()))).await
}

/// Options whose times are over soon.
pub fn short() -> OutgoingHttpOptions {
    let time = Duration::from_millis(300);
    OutgoingHttpOptions {
        connect_time: time,
        first_byte_time: time,
        between_bytes_time: time,
        ..OutgoingHttpOptions::default()
    }
}
