//! `serve` with TLS.

use std::path::Path;

use super::binary::{Serving, run};
use crate::serve::certificates::Certificate;

const MISBEHAVE: &str = env!("PROGRAM_MISBEHAVE_WASM");

fn serving(certificate: &Certificate) -> Serving {
    let arguments = certificate.arguments().into_iter().chain(["--no-cache".to_owned()]);
    Serving::start_with(MISBEHAVE, arguments)
}

#[tokio::test]
async fn the_command_serves_with_tls() {
    let certificate = Certificate::new();
    let serving = serving(&certificate);
    assert!(serving.start_log().contains("serving on https://"), "{}", serving.start_log());
    let stream = certificate.connect(serving.address(), &["h2"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
}

#[test]
fn an_expired_certificate_is_served_with_a_warning() {
    let serving = serving(&Certificate::valid(-10, -3));
    assert!(serving.start_log().contains("expired 3 days ago; renew it"), "{}", serving.start_log());
}

#[test]
fn a_certificate_that_cannot_be_used_exits_with_5() {
    let (one, other) = (Certificate::new(), Certificate::new());
    let (one, other) = (&one.files(), &other.files());
    for (certificate, key, reason) in [
        (Path::new("/missing.pem"), &*one.key, "cannot read `/missing.pem`"),
        (&one.key, &one.key, "contains no certificate"),
        (&one.certificate, &one.certificate, "contains no private key"),
        (&one.certificate, &other.key, "does not belong to the certificate"),
    ] {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let arguments = ["--tls-cert", &text(certificate), "--tls-key", &text(key)].map(str::to_owned);
        let command = ["serve", MISBEHAVE, "--addr", "127.0.0.1:0", "--no-cache"].map(str::to_owned);
        let ended = run(command.into_iter().chain(arguments));
        assert_eq!(ended.code, Some(5), "{}", ended.stderr);
        assert!(ended.stderr.contains(reason), "{}", ended.stderr);
    }
}

#[test]
fn a_certificate_without_a_key_is_an_invalid_command_line() {
    let ended = run(["serve", MISBEHAVE, "--tls-cert", "certificate.pem"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("--tls-key"), "{}", ended.stderr);
}
