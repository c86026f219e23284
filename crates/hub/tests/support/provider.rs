//! A small OpenID Connect provider: discovery, keys, Authorization Code with PKCE, signed ID tokens. And what a bad one
//! would say.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub const CLIENT: &str = "deskside";

/// What it says otherwise than it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trick {
    None,
    Nonce,
    Audience,
    Issuer,
    Expired,
    OtherKey,
    Unsigned,
    SharedSecret,
    NoName,
}

struct Code {
    nonce: String,
    challenge: String,
    redirect: String,
}

struct Inner {
    issuer: String,
    keys: Mutex<(EcdsaKeyPair, u32)>,
    codes: Mutex<HashMap<String, Code>>,
    trick: Mutex<Trick>,
    login: Mutex<String>,
    away: AtomicBool,
    /// How often it was asked what it says of itself.
    asked: AtomicUsize,
}

#[derive(Clone)]
pub struct Provider(Arc<Inner>);

fn key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random).unwrap()
}

fn encoded(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

impl Provider {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner {
            issuer,
            keys: Mutex::new((key(), 1)),
            codes: Mutex::default(),
            trick: Mutex::new(Trick::None),
            login: Mutex::new("anna".to_owned()),
            away: AtomicBool::new(false),
            asked: AtomicUsize::new(0),
        };
        let provider = Self(Arc::new(inner));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    pub fn play(&self, trick: Trick) {
        *self.0.trick.lock().unwrap() = trick;
    }

    /// Signs with another key from here on.
    pub fn change_keys(&self) {
        let mut keys = self.0.keys.lock().unwrap();
        *keys = (key(), keys.1 + 1);
    }

    /// Does not say what it is, or does again.
    pub fn away(&self, away: bool) {
        self.0.away.store(away, Ordering::Relaxed);
    }

    pub fn asked(&self) -> usize {
        self.0.asked.load(Ordering::Relaxed)
    }

    pub fn who(&self, login: &str) {
        *self.0.login.lock().unwrap() = login.to_owned();
    }

    fn id_token(&self, nonce: &str) -> String {
        let trick = *self.0.trick.lock().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let login = self.0.login.lock().unwrap().clone();
        let mut claims = json!({
            "iss": if trick == Trick::Issuer { "https://evil.example" } else { self.issuer() },
            "aud": if trick == Trick::Audience { "another" } else { CLIENT },
            "sub": "8f14e45f",
            "iat": now - 7200,
            "exp": if trick == Trick::Expired { now - 3600 } else { now + 300 },
            "nonce": if trick == Trick::Nonce { "another" } else { nonce },
            "name": "Anna Ström",
            "email": format!("{login}@example.test"),
            "email_verified": true,
        });
        if trick != Trick::NoName {
            claims["preferred_username"] = login.into();
        }
        let keys = self.0.keys.lock().unwrap();
        let algorithm = if trick == Trick::Unsigned {
            "none"
        } else if trick == Trick::SharedSecret {
            "HS256"
        } else {
            "ES256"
        };
        let head = encoded(&json!({ "alg": algorithm, "typ": "JWT", "kid": keys.1.to_string() }));
        let signed = format!("{head}.{}", encoded(&claims));
        let random = SystemRandom::new();
        let signature = if trick == Trick::Unsigned {
            Vec::new()
        } else if trick == Trick::SharedSecret {
            // With what everybody knows as the secret.
            let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, CLIENT.as_bytes());
            ring::hmac::sign(&secret, signed.as_bytes()).as_ref().to_vec()
        } else if trick == Trick::OtherKey {
            key().sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec()
        } else {
            keys.0.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec()
        };
        format!("{signed}.{}", BASE64.encode(signature))
    }
}

async fn discovery(State(Provider(inner)): State<Provider>) -> Response {
    inner.asked.fetch_add(1, Ordering::Relaxed);
    if inner.away.load(Ordering::Relaxed) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let issuer = &inner.issuer;
    let says = Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
    }));
    says.into_response()
}

async fn keys(State(Provider(inner)): State<Provider>) -> Json<Value> {
    let keys = inner.keys.lock().unwrap();
    // An uncompressed point: 4, x, y (SEC 1, section 2.3.3).
    let point = keys.0.public_key().as_ref();
    Json(json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": keys.1.to_string(),
        "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..]),
    }]}))
}

async fn authorize(State(provider): State<Provider>, Query(query): Query<HashMap<String, String>>) -> Response {
    let of = |name: &str| query.get(name).cloned().unwrap_or_default();
    let proper = of("response_type") == "code"
        && of("client_id") == CLIENT
        && of("scope").split(' ').any(|scope| scope == "openid")
        && of("code_challenge_method") == "S256"
        && !of("nonce").is_empty();
    if !proper {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let code = uuid::Uuid::new_v4().to_string();
    let kept = Code { nonce: of("nonce"), challenge: of("code_challenge"), redirect: of("redirect_uri") };
    let back = format!("{}?code={code}&state={}", kept.redirect, of("state"));
    provider.0.codes.lock().unwrap().insert(code, kept);
    Redirect::to(&back).into_response()
}

async fn token(State(provider): State<Provider>, Form(form): Form<HashMap<String, String>>) -> Response {
    let of = |name: &str| form.get(name).cloned().unwrap_or_default();
    // Once.
    let code = provider.0.codes.lock().unwrap().remove(&of("code"));
    let proper = code.as_ref().is_some_and(|code| {
        of("grant_type") == "authorization_code"
            && of("redirect_uri") == code.redirect
            && of("client_id") == CLIENT
            && BASE64.encode(Sha256::digest(of("code_verifier"))) == code.challenge
    });
    match code.filter(|_| proper) {
        Some(code) => Json(json!({
            "access_token": "unused", "token_type": "Bearer", "expires_in": 300, "id_token": provider.id_token(&code.nonce),
        }))
        .into_response(),
        None => (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response(),
    }
}
