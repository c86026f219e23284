//! What the documents promise is held by a test: those that they name exist.

use crate::programs::tracked_texts;

/// The documents that say which test holds what.
const DOCUMENTS: &[&str] = &["docs/threat-model.md", "docs/privacy.md"];

/// The names of functions between back quotes: longer than any word that stands there for another reason.
fn tests_named(document: &str) -> Vec<&str> {
    let is_name =
        |word: &&str| word.matches('_').count() >= 2 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    document.split('`').skip(1).step_by(2).filter(is_name).collect()
}

#[test]
fn every_test_that_a_document_names_exists() {
    let files = tracked_texts();
    for document in DOCUMENTS {
        let (_, text) = files.iter().find(|(path, _)| path == document).expect("the document is there");
        let named = tests_named(text);
        assert!(named.len() > 3, "{document} names no tests");
        for test in named {
            let there = files.iter().any(|(path, text)| {
                path.ends_with(".rs") && [format!("fn {test}("), format!("fn {test}<")].iter().any(|f| text.contains(f))
            });
            assert!(there, "{document} names {test}, which does not exist");
        }
    }
}
