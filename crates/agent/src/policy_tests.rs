use super::*;
use proptest::prelude::*;

fn read(text: &str) -> (Policy, Vec<String>) {
    Policy::from_table(text.parse().unwrap())
}

#[test]
fn a_whole_policy_is_read() {
    let (policy, problems) = read(
        r#"
        hub_url = "https://desk.example.org"
        enrolment_token = "abc"
        helpdesk_name = "Service informatique"
        helpdesk_email = "assistance@exemple.fr"
        language = "fr"
        autostart = "on"
        retention_days = 180
        of_a_newer_agent = true
        [sections]
        allowed = ["device", "system"]
        always = ["system", "programs"]
        "#,
    );
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(policy.hub_url.as_ref().map(Url::as_str), Some("https://desk.example.org/"));
    assert_eq!(policy.enrolment_token.as_ref().map(Secret::reveal), Some("abc"));
    assert_eq!(policy.decided(), [SettingKey::Language, SettingKey::Autostart]);
    assert_eq!(policy.retention_days, Some(180));
    assert_eq!((policy.section(SectionId::Device), policy.section(SectionId::Programs)), (None, Some(false)));
    assert_eq!(policy.section(SectionId::System), Some(true));
}

#[test]
fn one_bad_field_is_named_and_the_others_hold() {
    let (policy, problems) = read(
        r#"
        hub_url = "file:///etc/passwd"
        helpdesk_name = "Helpdesk"
        helpdesk_email = "a@b?cc=everybody@exemple.fr"
        language = "klingon"
        retention_days = "many"
        "#,
    );
    assert_eq!(policy.helpdesk_name.as_deref(), Some("Helpdesk"));
    assert_eq!((policy.hub_url, policy.language, policy.retention_days), (None, None, None));
    let named: Vec<_> = problems.iter().filter_map(|problem| problem.split(':').next()).collect();
    assert_eq!(named, ["hub_url", "helpdesk_email", "language", "retention_days"]);
    assert_eq!(policy.helpdesk_email, None, "nothing but an address can stand in an address");
}

#[test]
fn an_address_holds_no_secret_whoever_it_is_for() {
    for url in ["https://claire@desk.example", "https://:secret@desk.example", "https://claire:secret@desk.example"] {
        let (policy, problems) = read(&format!("hub_url = '{url}'"));
        assert_eq!((policy.hub_url, problems.len()), (None, 1), "{url}");
        assert!(!problems[0].contains("secret"), "{problems:?}");
    }
}

#[test]
fn it_says_which_helpdesk_and_what_it_is_told() {
    // A whole path, by the words of the system.
    let ours = if cfg!(windows) { r"C:\ProgramData\ours.pem" } else { "/etc/ssl/ours.pem" };
    let (policy, problems) = read(&format!(
        r#"
        helpdesk_url = "https://it.example/glpi/"
        helpdesk_kind = "glpi"
        helpdesk_sign_in = "browser"
        ca_file = '{ours}'
        [helpdesk_fields]
        entity = 3
        client_secret = "s3cret"
        "#
    ));
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(policy.ca_file.as_deref(), Some(std::path::Path::new(ours)));
    assert_eq!((policy.kind(), policy.helpdesk_sign_in), (Some(HelpdeskKind::Glpi), Some(SignInWay::Browser)));
    assert_eq!(policy.helpdesk().map(Url::as_str), Some("https://it.example/glpi/"));
    assert_eq!(policy.hub(), None);
    assert_eq!(policy.helpdesk_fields.0["entity"], "3");
    assert!(!format!("{policy:?}").contains("s3cret"));
    let (flat, problems) = read("helpdesk_fields = ['entity=3', 'client_secret = s3cret']");
    assert_eq!((flat.helpdesk_fields, problems.len()), (policy.helpdesk_fields, 0), "as the registry has it");

    let (policy, problems) = read("helpdesk_fields = ['s3cret', '=s3cret', 'entity=3']\nca_file = 'ours.pem'\n");
    assert_eq!((policy.helpdesk_fields.0.len(), policy.ca_file, problems.len()), (1, None, 3));
    assert!(!format!("{problems:?}").contains("s3cret"));
    let (policy, _) = read("hub_url = 'https://hub.example'");
    assert_eq!((policy.kind(), policy.hub()), (Some(HelpdeskKind::Hub), policy.hub_url.as_ref()));
}

#[test]
fn a_list_of_sections_that_cannot_be_read_lets_nothing_out() {
    let (policy, problems) = read("sections = { allowed = 'all' }");
    assert_eq!(problems.len(), 1);
    assert!(SectionId::ALL.iter().all(|section| policy.section(*section) == Some(false)));
    let (policy, problems) = read("sections = { allowed = ['device', 'secrets'] }");
    assert_eq!(problems.len(), 1);
    assert_eq!((policy.section(SectionId::Device), policy.section(SectionId::Network)), (None, Some(false)));
    assert_eq!(Policy::default().section(SectionId::Programs), None, "without a policy the user decides");
}

#[test]
fn a_missing_file_is_no_policy_and_a_damaged_one_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    assert_eq!(Policy::load(&file), (Policy::default(), vec![]));
    std::fs::write(&file, "language = \"fr\"\nenrolment_token = s3cret s3cret\n").unwrap();
    let (policy, problems) = Policy::load(&file);
    assert_eq!(policy, Policy::default());
    assert!(problems[0].contains("line 2"), "{problems:?}");
    assert!(!problems[0].contains("s3cret"), "a token in a damaged line is not repeated: {problems:?}");
}

#[test]
fn a_token_is_never_written_out() {
    let (policy, _) = read("enrolment_token = 's3cret'");
    assert!(!format!("{policy:?}").contains("s3cret"));
    let (_, problems) = read("language = 's3cret'");
    assert!(!format!("{problems:?}").contains("s3cret"));
}

proptest! {
    #[test]
    fn any_file_whatever_gives_a_policy(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.toml");
        std::fs::write(&file, bytes).unwrap();
        let _ = Policy::load(&file);
    }
}
