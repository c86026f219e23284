use deskside_protocol::facts::{LogLine, SystemLog};
use proptest::prelude::*;

use super::*;

/// What must go: the text, and the part of it that must not be seen again.
const SECRETS: &[(&str, &str)] = &[
    // Passwords by name, in all the shapes in which logs have them.
    ("connect password=hunter2 ok", "hunter2"),
    ("connect PASSWORD = hunter2", "hunter2"),
    (r#"{"user":"a","password":"hun ter2"}"#, "hun ter2"),
    (r#"body: "{\"password\":\"hunter2\"}""#, "hunter2"),
    (r#"{"password":"a\"hunter2"}"#, "hunter2"),
    ("{'api_key': 'hunter2'}", "hunter2"),
    ("mot de passe : hunter2", "hunter2"),
    ("mot de passe\u{a0}: hunter2", "hunter2"),
    ("MDP=hunter2", "hunter2"),
    ("DB_PASSWORD=hunter2", "hunter2"),
    ("MYSQL_PWD=hunter2", "hunter2"),
    ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
    ("clientSecret: hunter2", "hunter2"),
    ("passwordHash=hunter2", "hunter2"),
    ("token[0]=hunter2 token2=hunter3", "hunter3"),
    ("Server=db;Uid=sa;Pwd=hunter2;", "hunter2"),
    ("AccountKey=hunter2==;EndpointSuffix=x", "hunter2"),
    ("sshpass -p x; mount -o user=a,pass=hunter2,vers=3", "hunter2"),
    ("psk=\"hunter2 and more\"", "and more"),
    ("<password>hunter2</password>", "hunter2"),
    ("<wsse:Password Type=\"x\">hunter2</wsse:Password>", "hunter2"),
    ("mysqldump --password hunter2 db", "hunter2"),
    ("app --db-password hunter2 --verbose", "hunter2"),
    ("app --token=hunter2", "hunter2"),
    ("app -Dtrust.password=hunter2", "hunter2"),
    ("setup.exe /PASSWORD:hunter2 /S", "hunter2"),
    ("curl -u claire:hunter2 https://example.org", "hunter2"),
    ("curl --user=claire:hunter2 https://example.org", "hunter2"),
    ("machine a login b password hunter2", "hunter2"),
    ("CREATE USER a IDENTIFIED BY 'hunter2'", "hunter2"),
    ("callback?state=1&password%3Dhunter2", "hunter2"),
    ("pass=4711", "4711"),
    // Addresses.
    ("postgres://app:hunter2@db/app", "hunter2"),
    ("postgres://app:hun/ter2@db/app", "ter2"),
    ("postgres://app:hun@ter2@db/app", "ter2"),
    ("git clone https://hunter2@example.org/x", "hunter2"),
    ("smb://CORP;claire:hunter2@files/share", "hunter2"),
    ("GET /cb?code=hunter2&x=1", "hunter2"),
    ("GET /f?sv=2020&sig=hunter2%3D&x=1", "hunter2"),
    ("https://x.example/?access_token=hunter2#top", "hunter2"),
    // Headers.
    ("Authorization: Bearer hunter2", "hunter2"),
    ("authorization: Basic Y2xhaXJlOmh1bnRlcjI=", "Y2xhaXJlOmh1bnRlcjI"),
    ("Proxy-Authorization: Negotiate YIIJvwYGKwYBBQUCoIIJszCCCa8", "YIIJvw"),
    (r#"Authorization: Digest username="a", response="6629fae49393a05397450978507c4ef1""#, "6629fae49393"),
    ("sent bearer abc123def456", "abc123def456"),
    ("Cookie: a=1; sid=hunter2", "hunter2"),
    ("Set-Cookie: JSESSIONID=hunter2; Path=/", "hunter2"),
    ("X-Api-Key: hunter2", "hunter2"),
    // Tokens that name themselves.
    ("x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjbGFpcmUifQ.c2lnbmF0dXJl y", "c2lnbmF0dXJl"),
    ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F"),
    ("github_pat_11ABCDEFG0aBcDeFgHiJkL_x", "11ABCDEFG0"),
    ("glpat-ABCdef123456ghiJKL78", "ABCdef123456"),
    ("xoxb-1234567890-abcdefghij", "abcdefghij"),
    ("https://hooks.slack.com/services/T000/B000/XXXX", "XXXX"),
    ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39HqL"),
    ("sk-ant-api03-AbCdEf123456AbCdEf123456", "AbCdEf123456"),
    ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "SyA1234567890"),
    ("bot 123456789:AAF0abcdefghijklmnopqrstuvwxyz0123456", "AAF0abc"),
    ("npm_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghij"),
    // Codes by their surroundings or their form.
    ("session key is 00112233445566778899aabbccddeeff", "00112233"),
    ("secret -> 9f86d081884c7d659a2feaa0c55ad015", "9f86d081"),
    ("dump: MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj", "MIIEvQIB"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- rest", "MIIE"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r", "b3BlbnNz"),
    ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOYBF", "lQOYBF"),
    // Persons.
    ("mail from claire.martin+x@example.co.uk refused", "claire"),
    ("to=<élodie@exemple.fr>", "lodie"),
    ("?u=claire%40example.org", "claire"),
    ("open /home/claire/Documents/x: denied", "claire"),
    ("file:///home/claire/x", "claire"),
    ("gcc -L/home/claire/lib", "claire"),
    ("/var/home/claire", "claire"),
    ("/run/media/claire/STICK", "claire"),
    ("/Users/claire/Library", "claire"),
    (r"C:\Users\claire\AppData", "claire"),
    (r"C:\Users\Claire Martin\AppData", "Martin"),
    (r"C:\\Users\\claire\\AppData", "claire"),
    ("c:/users/claire/x", "claire"),
    (r"in C:\Users\claire, not found", "claire"),
    ("card 4111 1111 1111 1111 refused", "1111 1111"),
    ("IBAN FR76 3000 6000 0112 3456 7890 189 OK", "3000 6000"),
    ("de89370400440532013000", "370400"),
];

/// What a technician needs and must stay as it is.
const PLAIN: &[&str] = &[
    "",
    "a",
    "Started user@1000.service - User Manager for UID 1000.",
    "systemd-fsck@dev-disk-by\\x2duuid-1234.service: Failed with result 'exit-code'.",
    "pam_unix(sudo:auth): authentication failure; logname= uid=1000 euid=0 tty=/dev/pts/1",
    "password check failed for user (root)",
    "Failed password for invalid user admin from 192.0.2.7 port 51024 ssh2",
    "TTY=pts/0 ; PWD=/srv/app ; USER=root ; COMMAND=/usr/bin/apt update",
    "npm install left-pad@1.3.0",
    "tokenizer: ready, secretary: absent, passwordless: yes",
    "Basic authentication is required; bearer negotiation",
    "3 passed, 1 failed; bypass=on compass=north",
    "author: unknown, keyboard: fr, monkey=1",
    "usb 1-4: New USB device found, idVendor=046d, idProduct=c52b, bcdDevice=12.11",
    "BUG: unable to handle page fault for address: ffffffffc0a12345",
    "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "commit 8d7c1c2f0e4b5a6978695a4b3c2d1e0f8d7c1c2f",
    "id 123e4567-e89b-12d3-a456-426614174000",
    "wlp0s20f3: aa:bb:cc:dd:ee:ff 192.0.2.4/24 2001:db8::1/64 fe80::1/64",
    "at 2026-11-23T14:52:00.123Z, 1763884800123456789 ns",
    "ThinkPad X1 Carbon Gen 9 (20XW00AAFR), N32ET91W (1.67 ) (09/05/2024)",
    "Linux 6.1.0-35-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.137-1",
    "/usr/lib/x86_64-linux-gnu/libwebkit2gtk-4.1.so.0.19.4",
    "https://intranet.example/home/index.html",
    "http://proxy.example:8080/wpad.dat",
    "ipp://printer.example:631/printers/floor-3",
    "/home is nearly full; /homework and /users stay",
    r"C:\Users\Public\Documents",
    "/Users/Shared/x",
    "phone 01 23 45 67 89, room 4111",
    "Intel Corporation TigerLake-LP GT2 [Iris Xe Graphics] (i915)",
    "11th Gen Intel(R) Core(TM) i7-1185G7 @ 3.00GHz",
    "cups.socket: Failed to queue service startup job (Maybe the service file is missing or not a template unit?)",
    "signature: good, key file: absent, session closed for user root",
    "org.freedesktop.NetworkManager.Connection.Active",
];

#[test]
fn secrets_go() {
    for (text, secret) in SECRETS {
        assert!(text.contains(secret), "the table is wrong: {text}");
        let redacted = redact(text);
        assert!(!redacted.contains(secret), "{text} became {redacted}");
        assert!(redacted.contains('[') || redacted.contains('~'), "{redacted} says that something was taken out");
    }
}

#[test]
fn what_a_technician_needs_stays() {
    for text in PLAIN {
        assert_eq!(redact(text), *text);
    }
}

#[test]
fn what_stands_around_a_secret_stays() {
    for (text, redacted) in [
        ("connect password=hunter2 to db", "connect password=[secret] to db"),
        ("GET /a?token=hunter2&page=3 200", "GET /a?token=[secret]&page=3 200"),
        (r#"{"password":"x","user":"root"}"#, r#"{"password":"[secret]","user":"root"}"#),
        ("mail from <a@b.example> refused", "mail from <[mail]> refused"),
        ("open /home/claire/x: denied", "open ~/x: denied"),
        (r"open C:\Users\claire\x failed", r"open ~\x failed"),
        ("postgres://app:hunter2@db:5432/app", "postgres://[secret]@db:5432/app"),
        ("card 4111111111111111, refused", "card [card], refused"),
        ("IBAN FR76 3000 6000 0112 3456 7890 189 OK", "IBAN [iban] OK"),
        ("AKIAIOSFODNN7EXAMPLE is locked", "[token] is locked"),
    ] {
        assert_eq!(redact(text), redacted);
    }
}

#[test]
fn every_string_of_a_section_is_redacted_and_cut_and_lists_are_capped() {
    let line = |message: &str| LogLine {
        at: deskside_protocol::Timestamp::from_unix_ms(0),
        source: "/srv/people/claire/bin/x".into(),
        severity: 3,
        message: message.into(),
        times: 1,
    };
    let mut log = SystemLog { lines: vec![line("password=hunter2"), line(&"é".repeat(5000))], left_out: 0 };
    log.lines.resize_with(1000, || line("x /srv/people/clairette /srv/people/claire"));
    let redacted = section(&log, Path::new("/srv/people/claire")).unwrap();
    assert_eq!(redacted.lines.len(), limits::LOG_LINES);
    assert_eq!(redacted.lines[0].message, "password=[secret]");
    assert_eq!(redacted.lines[0].source, "~/bin/x");
    assert_eq!(redacted.lines[1].message.chars().count(), STRING_CHARS);
    assert_eq!(redacted.lines[2].message, "x /srv/people/clairette ~");
    assert_eq!(section(&redacted, Path::new("/srv/people/claire")).unwrap(), redacted);
}

#[test]
fn a_huge_text_is_cut_before_it_is_looked_at_and_no_half_secret_stays() {
    let huge = format!("{} password={}", "x ".repeat(LOOKED_AT_BYTES / 2 - 5), "hunter2".repeat(100_000));
    let cut = text(&huge, usize::MAX);
    assert!(cut.len() <= LOOKED_AT_BYTES && !cut.contains("hunter2"));
    assert_eq!(text(&"x".repeat(LOOKED_AT_BYTES + 1), 10), "", "one endless word has no place to cut it");
}

/// Secrets in the form in which they are written, and the part that must not be seen again.
fn seeded() -> impl Strategy<Value = (String, String)> {
    let word = "[a-zA-Z0-9]{8,24}";
    prop_oneof![
        word.prop_map(|s| (format!("password={s}"), s)),
        word.prop_map(|s| (format!("\"password\": \"{s}\""), s)),
        word.prop_map(|s| (format!("mot de passe : {s}"), s)),
        word.prop_map(|s| (format!("API_KEY: '{s}'"), s)),
        word.prop_map(|s| (format!(" --token {s}"), s)),
        word.prop_map(|s| (format!("<secret>{s}</secret>"), s)),
        word.prop_map(|s| (format!("Authorization: Bearer {s}"), s)),
        word.prop_map(|s| (format!("Cookie: sid={s}"), s)),
        word.prop_map(|s| (format!("https://app:{s}@db.example/x"), s)),
        word.prop_map(|s| (format!("?sig={s}"), s)),
        "[A-Za-z0-9_-]{12,40}".prop_map(|s| (format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.{s}"), s)),
        "[A-Z0-9]{16}".prop_map(|s| (format!("AKIA{s}"), s)),
        "[A-Za-z0-9]{36}".prop_map(|s| (format!("ghp_{s}"), s)),
        "[0-9]{10}-[a-z0-9]{16}".prop_map(|s| (format!("xoxb-{s}"), s)),
        "[A-Za-z0-9+/]{64}(\n[A-Za-z0-9+/]{64}){1,3}"
            .prop_map(|s| (format!("-----BEGIN PRIVATE KEY-----\n{s}\n-----END PRIVATE KEY-----"), s)),
        "[a-z]{6,12}".prop_map(|s| (format!(" {s}@example.org"), s)),
        "[a-z]{6,12}".prop_map(|s| (format!(" /home/{s}/x"), s)),
        "[a-z]{6,12}".prop_map(|s| (format!(r" C:\Users\{s}\x"), s)),
        Just((" 5555 5555 5555 4444 ".to_owned(), "5555 5555".to_owned())),
        Just((" FR7630006000011234567890189".to_owned(), "30006000".to_owned())),
    ]
}

/// Text as hostile as it gets: anything, mixed with what the rules look for.
fn surroundings() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,12}",
        "[ \\t\\n:=&\"'\\\\/@.,;<>\\[\\](){}%#?~-]{0,6}",
        prop::sample::select(SECRETS).prop_map(|(text, _)| text.to_owned()),
        prop::sample::select(PLAIN).prop_map(str::to_owned),
        prop::sample::select(vec![
            "password",
            "token=",
            "secret:",
            "[secret]",
            "[token]",
            "[mail]",
            "--token",
            "Bearer ",
            "Cookie:",
            "https://",
            "/home/",
            "C:\\Users\\",
            "eyJ",
            "AKIA",
            "-----BEGIN",
            "<token>",
            "%40",
            "@x.org",
            "-u ",
            "key ",
            "~",
            "pass=",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

#[test]
fn a_glance_knows_plain_words_and_no_secret() {
    for plain in
        ["", "ready", "told to end by the system", "a tray is there; the icon comes", "0.1.0", "after 1250 ms."]
    {
        assert!(is_plain(plain), "{plain}");
    }
    for (text, _) in SECRETS {
        assert!(!is_plain(text), "{text}");
    }
}

#[test]
fn the_patterns_come_back_after_a_rest() {
    for _ in 0..3 {
        assert_eq!(redact("password=hunter2"), "password=[secret]");
        rest();
        rest();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_rule_finds_anything_in_what_looks_plain(
        words in prop::collection::vec(
            prop_oneof![
                "[A-Za-z]{1,13}[,;.]?", "[0-9.]{1,5}", "AIza[A-Z]{9}", "AKIA[A-Z]{9}", Just("password".to_owned()),
                Just("token".to_owned()), Just("by".to_owned()), Just("pin".to_owned()),
            ],
            1..12,
        ),
    ) {
        let text = words.join(" ");
        prop_assume!(is_plain(&text));
        prop_assert_eq!(rules::apply(&text), text.as_str());
    }

    #[test]
    fn redacting_twice_changes_nothing_more(text in surroundings()) {
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once).into_owned(), once);
    }

    #[test]
    fn no_seeded_secret_survives_in_any_surroundings(before in surroundings(), (text, secret) in seeded(), after in surroundings()) {
        let whole = format!("{before}{text}{after}");
        prop_assume!(!before.contains(&secret) && !after.contains(&secret));
        let redacted = redact(&whole).into_owned();
        prop_assert!(!redacted.contains(&secret), "{} became {}", whole, redacted);
    }

    #[test]
    fn anything_is_redacted_without_panic(text in any::<String>()) {
        let _ = redact(&text);
    }
}
