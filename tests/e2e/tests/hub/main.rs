//! The hub as a program: what it prints, and that it comes back on its data.
#![cfg(target_os = "linux")]

use deskside_e2e::{Hub, Programs};

#[tokio::test]
async fn a_killed_hub_comes_back_on_its_data_and_port() {
    let programs = Programs::find().unwrap();
    let mut hub = Hub::start(&programs, None).await.unwrap();
    let url = hub.url();
    assert_ne!(hub.token().await.unwrap(), hub.token().await.unwrap(), "each token is its own");
    assert_eq!(hub.sign_in().await.unwrap().tickets().await.unwrap().len(), 0);

    hub.kill();
    let said = hub.resume().await.unwrap();
    assert_eq!(hub.url(), url);
    assert!(!said.contains("first sign-in"), "the first sign-in is shown once: {said}");
    hub.sign_in().await.unwrap();

    hub.stop().await.unwrap();
}
