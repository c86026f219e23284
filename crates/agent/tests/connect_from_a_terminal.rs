//! `deskside doctor helpdesk` without an agent, as the program that people run: with the company's proxy and a private
//! authority in the environment, and with what IT's policy says.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the program itself is what is tried")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};

use deskside_contract::Pace;
use deskside_contract::Replay;
use deskside_contract::mantis::Mantis;
use tokio::runtime::Runtime;

fn deskside(home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_deskside"))
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home)
        .env("DESKSIDE_POLICY", home.join("policy.toml"))
        .env("LANG", "en_US.UTF-8")
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A proxy that answers every CONNECT with this, unless the answer is to go through: then it leads to `to`, once the
/// client brought a name and password.
fn proxy(refusal: &'static str, to: Option<u16>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            std::thread::spawn(move || {
                let mut asked = vec![0; 4096];
                let read = client.read(&mut asked).unwrap_or(0);
                let asked = String::from_utf8_lossy(&asked[..read]).to_lowercase();
                let known = asked.contains("proxy-authorization: basic y2xhaxjlonmzy3jlda==");
                let Some(to) = to.filter(|_| known && asked.starts_with("connect ")) else {
                    let _gone = client.write_all(format!("HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n").as_bytes());
                    return;
                };
                let mut server = TcpStream::connect(("127.0.0.1", to)).unwrap();
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
                let (mut from_server, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
                let _over = std::io::copy(&mut client, &mut server);
            });
        }
    });
    address
}

#[test]
fn the_companys_proxy_and_authority_are_those_of_the_system() {
    let (home, hub_data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let runtime = Runtime::new().unwrap();
    // The real hub with a certificate that only this test's authority vouches for, under a name that no DNS knows.
    let made = rcgen::generate_simple_self_signed(["desk.test.invalid".to_owned()]).unwrap();
    let (certificates, key) = (home.path().join("cert.pem"), home.path().join("key.pem"));
    std::fs::write(&certificates, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut config = deskside_hub::Config::new("127.0.0.1:0".parse().unwrap(), hub_data.path().join("hub"));
    config.tls = Some(deskside_hub::TlsFiles { certificates: certificates.clone(), key });
    let hub = runtime.block_on(deskside_hub::serve(config)).unwrap();
    let port: u16 = hub.url().rsplit(':').next().unwrap().trim_end_matches('/').parse().unwrap();
    let authority = certificates.to_str().unwrap();

    let look = |proxy: &str, more: &[(&str, &str)]| {
        let environment: Vec<_> = [("HTTPS_PROXY", proxy)].into_iter().chain(more.iter().copied()).collect();
        deskside(home.path(), &["doctor", "helpdesk", "https://desk.test.invalid"], &environment)
    };
    let asks = proxy("407 Proxy Authentication Required", Some(port));
    let without = look(&format!("http://{asks}"), &[]);
    assert_eq!(without.status.code(), Some(5), "{}", said(&without));
    assert!(said(&without).contains("wants a sign-in"), "{}", said(&without));
    let refuses = look(&format!("http://{}", proxy("403 Forbidden", None)), &[]);
    assert!(said(&refuses).contains("does not let Deskside through"), "{}", said(&refuses));
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = look(&format!("http://{gone}"), &[]);
    assert!(said(&gone).contains("does not answer"), "{}", said(&gone));

    // Through it, with its name and password: first the certificate is nobody's, then the system's store knows it.
    let through = format!("http://claire:s3cret@{asks}");
    let untrusted = look(&through, &[]);
    assert!(said(&untrusted).contains("does not trust the server’s certificate"), "{}", said(&untrusted));
    let trusted = look(&through, &[("SSL_CERT_FILE", authority)]);
    assert_eq!(trusted.status.code(), Some(0), "{}", said(&trusted));
    assert!(said(&trusted).contains("Deskside hub"), "{}", said(&trusted));
    assert!(!said(&trusted).contains("s3cret"), "the proxy's password is told to nobody");
    // Or IT's policy does.
    std::fs::write(home.path().join("policy.toml"), format!("ca_file = '{authority}'\n")).unwrap();
    let by_policy = look(&through, &[]);
    assert_eq!(by_policy.status.code(), Some(0), "{}", said(&by_policy));
    runtime.block_on(hub.shutdown());
}

#[test]
fn each_failure_is_told_in_both_languages_and_what_it_decided_is_not_looked_past() {
    let home = tempfile::tempdir().unwrap();
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{refused}");
    for (language, words) in [("en_US.UTF-8", "For IT: Nothing listens"), ("fr_FR.UTF-8", "Rien n’écoute sur ce port")]
    {
        let output = deskside(home.path(), &["doctor", "helpdesk", &url], &[("LANG", language), ("LC_ALL", language)]);
        assert_eq!(output.status.code(), Some(5), "{}", said(&output));
        assert!(said(&output).contains(words), "{}", said(&output));
    }
    let runtime = Runtime::new().unwrap();
    let replay = runtime.block_on(Replay::start(Mantis::new().unwrap(), Pace::AtOnce)).unwrap();
    let output = deskside(home.path(), &["doctor", "helpdesk", replay.url().as_str(), "--json"], &[]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((report["kind"].as_str(), report["outcome"].as_str()), (Some("mantis"), Some("credential-wanted")));
    let _while_looking = replay.take_uncovered();

    std::fs::write(home.path().join("policy.toml"), "helpdesk_url = 'https://it.example'\n").unwrap();
    let output = deskside(home.path(), &["doctor", "helpdesk", replay.url().as_str()], &[]);
    assert_ne!(output.status.code(), Some(0));
    assert!(said(&output).contains("set by policy"), "{}", said(&output));
    assert!(replay.take_uncovered().is_empty(), "it was asked nothing");
}
