use deskside_protocol::Sha256;

use super::cursor::SEEN;
use super::*;

#[test]
fn many_changes_of_one_minute_are_not_looked_at_for_ever() {
    let rows: Vec<(i64, u64)> = (1..=20).map(|id| (1_000, id)).collect();
    let first = Cursor::default().after_all(&rows, 0, 5_000);
    let soon = first.after_all(&rows, 0, 5_030);
    assert!(rows.iter().any(|row| soon.wants(*row)), "some may still become visible");
    let later = soon.after_all(&rows, 0, 5_064);
    assert!(!rows.iter().any(|row| later.wants(*row)) && later.wants((1_001, 3)));
    let next = later.after_all(&[(1_001, 3)], 0, 5_100);
    assert!(next.wants((1_001, 3)) && next.wants((1_000, 99)), "a new minute begins");
    let written = serde_json::to_string(&soon).unwrap();
    assert!(written.len() <= deskside_protocol::limits::CURSOR_BYTES, "{written}");
}

#[test]
fn each_change_is_looked_at_once_more_when_its_second_is_over_and_then_no_more() {
    let rows = [(1_000, 4), (1_030, 7)];
    let none = Cursor::default();
    assert!(rows.iter().all(|row| none.wants(*row)));
    let first = none.after_all(&rows, 0, 500);
    assert!(first.wants(rows[0]) && first.wants(rows[1]), "in that second more may have happened");
    let soon = first.after_all(&rows, 0, 501);
    assert!(soon.wants(rows[1]), "too soon after the first look");
    let later = soon.after_all(&rows, 0, 503);
    assert!(!later.wants(rows[0]) && !later.wants(rows[1]));
    assert!(later.wants((1_030, 8)) && later.wants((1_031, 7)) && !later.wants((900, 3)));
    // A clock that was set back begins anew.
    assert!(first.after_all(&rows, 0, 400).wants(rows[1]));
}

#[test]
fn a_round_goes_on_where_it_stopped() {
    let cursor = Cursor { after: Some((1_000, 4)), ..Cursor::default() };
    assert!(!cursor.wants((1_000, 4)) && !cursor.wants((999, 9)) && cursor.wants((1_000, 5)));
}

#[test]
fn the_largest_cursor_fits() {
    let seen = vec![(9_999_999_999, 9_999_999_999, 9_999_999_999); SEEN];
    let cursor = Cursor {
        since: i64::MAX,
        ahead: -50_400,
        seen,
        after: Some((i64::MAX, u64::MAX)),
        since_at: i64::MAX,
        settled: false,
    };
    assert!(serde_json::to_string(&cursor).unwrap().len() <= limits::CURSOR_BYTES);
}

fn file(id: u128, content: u8) -> Enclosure {
    Enclosure {
        meta: AttachmentMeta {
            id: AttachmentId(uuid::Uuid::from_u128(id)),
            name: format!("{id}.txt"),
            media_type: "text/plain".into(),
            size_bytes: 3,
            sha256: Sha256::from([content; 32]),
            screenshot: false,
        },
        path: "nowhere".into(),
    }
}

#[test]
fn files_are_told_by_their_order_and_equal_ones_count_once() {
    let all = [file(1, 1), file(2, 1), file(3, 2)];
    let all: Vec<&Enclosure> = all.iter().collect();
    let missing = |documents| files::after(&all, documents).iter().map(|id| id.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(missing(0), [1, 2, 3]);
    assert_eq!(missing(1), [3]);
    assert!(missing(2).is_empty() && missing(4).is_empty());
}

#[test]
fn a_reply_is_paragraphs_and_no_markup_of_its_writer() {
    assert_eq!(paragraphs("a <b>\nc\n\nd & e\n"), "<p>a &lt;b&gt;<br>c</p><p>d &amp; e</p>");
}

#[test]
fn what_was_not_taken_stands_before_the_marker() {
    assert_eq!(
        files::before_marker("<p>a</p><p>Deskside-Ref: x</p>", "<p>b</p>"),
        "<p>a</p><p>b</p><p>Deskside-Ref: x</p>"
    );
}

#[test]
fn a_refused_file_is_refused_for_what_it_is() {
    assert_eq!(files::not_taken("Filetype not allowed").code, ErrorCode::FileType);
    assert_eq!(files::not_taken("File is too big").code, ErrorCode::FileTooLarge);
}
