use super::*;
use deskside_protocol::settings::{Autostart, Notifications, Theme};
use deskside_protocol::shortcut::Shortcut;
use proptest::prelude::*;

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn settings(&self) -> PathBuf {
        self.0.path().join("settings.toml")
    }
    fn policy(&self) -> PathBuf {
        self.0.path().join("policy.toml")
    }
    fn open(&self) -> SettingsStore {
        SettingsStore::open(&self.settings(), &self.policy())
    }
}

#[test]
fn only_what_differs_from_the_defaults_is_kept() {
    let files = Files::new();
    let mut store = files.open();
    assert_eq!(store.in_force(), Settings::default());
    store.change(&Settings { theme: Theme::Dark, ..Settings::default() }).unwrap();
    assert_eq!(std::fs::read_to_string(files.settings()).unwrap().trim(), r#"theme = "dark""#);
    assert_eq!(files.open().in_force().theme, Theme::Dark);
}

#[test]
fn what_it_decided_is_in_force_is_named_and_cannot_be_changed() {
    let files = Files::new();
    std::fs::write(files.settings(), "language = 'en'\ntheme = 'dark'\n").unwrap();
    std::fs::write(files.policy(), "language = 'fr'\n").unwrap();
    let mut store = files.open();
    assert_eq!(store.in_force().language, Language::Fr);
    assert_eq!(store.decided(), [SettingKey::Language]);
    let wanted = Settings { language: Language::En, ..store.in_force() };
    assert_eq!(store.change(&wanted).unwrap_err().code, ErrorCode::DecidedByPolicy);

    store.change(&Settings { notifications: Notifications::Off, ..store.in_force() }).unwrap();
    std::fs::remove_file(files.policy()).unwrap();
    let later = files.open().in_force();
    assert_eq!(later.language, Language::En, "the user's own choice is still there when the policy is gone");
    assert_eq!((later.theme, later.notifications), (Theme::Dark, Notifications::Off));
}

#[test]
fn one_wrong_word_costs_one_setting_and_says_so() {
    let files = Files::new();
    std::fs::write(files.settings(), "theme = 'plaid'\nautostart = 'off'\nof_a_newer_agent = 1\n").unwrap();
    let store = files.open();
    assert_eq!((store.in_force().theme, store.in_force().autostart), (Theme::System, Autostart::Off));
    assert_eq!(store.notices().len(), 1);
    assert_eq!(store.notices()[0].code, ErrorCode::SettingsUnreadable);
    assert!(store.notices()[0].detail.contains("theme"));
}

#[test]
fn a_damaged_file_is_set_aside_before_it_is_written_over() {
    let files = Files::new();
    std::fs::write(files.settings(), [0xff, 0xfe, 0]).unwrap();
    let mut store = files.open();
    assert_eq!(store.in_force(), Settings::default());
    store.change(&Settings { theme: Theme::Light, ..Settings::default() }).unwrap();
    assert_eq!(store.notices(), []);
    assert_eq!(std::fs::read(files.settings().with_extension("toml.damaged")).unwrap(), [0xff, 0xfe, 0]);
    assert_eq!(files.open().in_force().theme, Theme::Light);
}

#[test]
fn what_cannot_be_kept_has_not_changed() {
    let files = Files::new();
    let mut store = SettingsStore::open(Path::new("/proc/deskside/settings.toml"), &files.policy());
    let error = store.change(&Settings { theme: Theme::Dark, ..Settings::default() }).unwrap_err();
    assert_eq!(error.code, ErrorCode::StoreUnwritable);
    assert_eq!(store.in_force(), Settings::default());
}

#[test]
fn no_token_is_shown_while_what_comes_of_it_cannot_be_kept() {
    let files = Files::new();
    let hub = "https://it.example".parse().unwrap();
    let shared = SharedSettings::new(SettingsStore::open(Path::new("/proc/deskside/settings.toml"), &files.policy()));
    assert_eq!(shared.may_enrol(&hub).unwrap_err().code, ErrorCode::StoreUnwritable);
    SharedSettings::new(files.open()).may_enrol(&hub).unwrap();
}

#[test]
fn the_helpdesk_is_its_unless_it_left_it_open() {
    let files = Files::new();
    let own = HelpdeskAddress::hub("https://own.example".parse().unwrap(), Some("Ours".to_owned()));
    let own = HelpdeskAddress { account: Some("this device".to_owned()), ..own };
    let mut store = files.open();
    assert_eq!(store.helpdesk(), None);
    store.set_helpdesk(own.clone()).unwrap();
    store.change(&Settings { theme: Theme::Dark, ..Settings::default() }).unwrap();
    assert_eq!(files.open().helpdesk(), Some(own.clone()), "it survives a change of something else");

    std::fs::write(files.policy(), "hub_url = 'https://it.example'\n").unwrap();
    let mut store = files.open();
    assert_eq!(store.helpdesk().unwrap().url.as_str(), "https://it.example/");
    assert_eq!(store.helpdesk().unwrap().name, None, "a name belongs to its helpdesk");
    assert_eq!(store.set_helpdesk(own).unwrap_err().code, ErrorCode::DecidedByPolicy);
}

#[test]
fn what_it_decided_of_the_helpdesk_is_laid_over_every_choice() {
    let files = Files::new();
    std::fs::write(
        files.policy(),
        "helpdesk_url = 'https://it.example'\nhelpdesk_fields = ['entity=3', 'app_token=s3cret']\n",
    )
    .unwrap();
    let mut store = files.open();
    let choice = |url: &str, fields: &[(&str, &str)]| HelpdeskChoice {
        url: url.to_owned(),
        kind: None,
        way: None,
        fields: fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        credential: None,
    };
    let chosen = store.choose(choice("it.example/glpi", &[("category", "7")])).unwrap();
    assert_eq!((chosen.fields["entity"].as_str(), chosen.fields["category"].as_str()), ("3", "7"));
    assert_eq!(store.choose(choice("", &[])).unwrap().url, "https://it.example/");
    for other in [choice("evil.example", &[]), choice("it.example", &[("entity", "4")])] {
        assert_eq!(store.choose(other).unwrap_err().code, ErrorCode::DecidedByPolicy);
    }
    assert_eq!(store.helpdesk(), None, "what it is shows when somebody connects it");

    let fields = chosen.fields;
    let url: url::Url = "https://it.example/glpi/".parse().unwrap();
    store
        .set_helpdesk(HelpdeskAddress { kind: HelpdeskKind::Glpi, url: url.clone(), fields, name: None, account: None })
        .unwrap();
    let kept = std::fs::read_to_string(files.settings()).unwrap();
    assert!(kept.contains("category") && !kept.contains("s3cret") && !kept.contains("entity"), "{kept}");
    let in_force = files.open().helpdesk().unwrap();
    assert_eq!((in_force.url, in_force.fields["app_token"].as_str()), (url, "s3cret"));
    let view = SharedSettings::new(files.open()).view();
    assert!(!format!("{view:?}").contains("s3cret"), "a secret is shown to no window");
    assert_eq!(view.helpdesk_decided_by_policy.fields, ["app_token", "entity"]);
    assert_eq!(files.open().forget_helpdesk().unwrap_err().code, ErrorCode::DecidedByPolicy);

    std::fs::remove_file(files.policy()).unwrap();
    let mut store = files.open();
    store.forget_helpdesk().unwrap();
    assert_eq!(files.open().helpdesk(), None);
}

#[test]
fn what_is_found_where_it_pointed_is_in_force() {
    let files = Files::new();
    let found = |kind, url: &str| HelpdeskAddress {
        kind,
        url: url.parse().unwrap(),
        fields: BTreeMap::new(),
        name: None,
        account: None,
    };
    let glpi = found(HelpdeskKind::Glpi, "https://it.example/glpi/");
    let rt = found(HelpdeskKind::RequestTracker, "https://it.example/");
    // A page that was copied, with its kind and without; an address from before there was encryption.
    for (policy, found) in [
        ("helpdesk_url = 'https://it.example/glpi/front/central.php'", &glpi),
        ("helpdesk_url = 'https://it.example/SelfService/index.html'\nhelpdesk_kind = 'request-tracker'", &rt),
        ("helpdesk_url = 'http://it.example/glpi'", &glpi),
    ] {
        std::fs::write(files.policy(), policy).unwrap();
        assert!(SharedSettings::new(files.open()).view().helpdesk_url.is_some(), "nobody has to type it");
        files.open().set_helpdesk(found.clone()).unwrap();
        assert_eq!(files.open().helpdesk().as_ref(), Some(found), "{policy}");
    }
    // What would not be in force is not kept, and IT's word changes.
    std::fs::write(files.policy(), "helpdesk_url = 'https://it.example'\nhelpdesk_kind = 'glpi'").unwrap();
    assert_eq!(files.open().set_helpdesk(rt).unwrap_err().code, ErrorCode::DecidedByPolicy);
    std::fs::write(files.policy(), "helpdesk_url = 'https://it.example/other'").unwrap();
    assert_eq!(files.open().helpdesk(), None);
}

#[test]
fn a_policy_that_changes_while_the_agent_runs_comes_into_force_once_it_is_whole() {
    let files = Files::new();
    let mut store = files.open();
    assert!(!store.look_at_policy());
    std::fs::write(files.policy(), "language = ").unwrap();
    assert!(!store.look_at_policy(), "half written");
    std::fs::write(files.policy(), "language = 'fr'\ntheme = 'plaid'\n").unwrap();
    assert!(!store.look_at_policy() && store.decided().is_empty());
    assert!(store.look_at_policy());
    assert_eq!((store.in_force().language, store.decided()), (Language::Fr, vec![SettingKey::Language]));
    assert_eq!(store.notices().iter().map(|notice| notice.code).collect::<Vec<_>>(), [ErrorCode::PolicyUnreadable]);
    assert!(!store.look_at_policy(), "it is news once");
    std::fs::remove_file(files.policy()).unwrap();
    assert!(!store.look_at_policy() && store.look_at_policy());
    assert_eq!((store.decided(), store.notices()), (vec![], &[][..]));
}

#[test]
fn what_is_typed_leads_to_what_it_named_or_nowhere() {
    let files = Files::new();
    std::fs::write(files.policy(), "helpdesk_url = 'https://it.example/glpi'\n").unwrap();
    let chosen = |url: &str| {
        let (fields, url) = (BTreeMap::new(), url.to_owned());
        let choice = HelpdeskChoice { url, kind: None, way: None, fields, credential: None };
        files.open().choose(choice).map(|choice| choice.url).map_err(|error| error.code)
    };
    assert_eq!(chosen("it.example").as_deref(), Ok("https://it.example/glpi"));
    assert_eq!(chosen("it.example/glpi/front/central.php").as_deref(), Ok("https://it.example/glpi/front/central.php"));
    for other in ["it.example/rt", "http://it.example/glpi", "evil.example/glpi"] {
        assert_eq!(chosen(other), Err(ErrorCode::DecidedByPolicy), "{other}");
    }
    let rt = "https://it.example/rt".parse().unwrap();
    assert_eq!(files.open().may_enrol(&rt).unwrap_err().code, ErrorCode::DecidedByPolicy);
}

proptest! {
    #[test]
    fn any_choice_survives_being_kept(
        language in 0..3usize, theme in 0..3usize, silent: bool, stays: bool, keys in 0..3usize
    ) {
        let files = Files::new();
        let wanted = Settings {
            language: [Language::System, Language::En, Language::Fr][language],
            theme: [Theme::System, Theme::Light, Theme::Dark][theme],
            notifications: if silent { Notifications::Off } else { Notifications::On },
            autostart: if stays { Autostart::On } else { Autostart::Off },
            shortcut: [Shortcut::default(), Shortcut::Off, Shortcut::Keys("Ctrl+F9".parse().unwrap())][keys],
        };
        files.open().change(&wanted).unwrap();
        prop_assert_eq!(files.open().in_force(), wanted);
    }
}
