//! Words of the protocol as the databases keep them, and rows turned back into them.

use deskside_protocol::desk::{Deed, Role, TicketRow};
use deskside_protocol::ticket::{AttachmentMeta, Author, FollowUp, Level, TicketState};
use deskside_protocol::{Sha256, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Result, StoreError, truth};

/// The word that JSON has for a value of one of the protocol's enumerations.
pub(super) fn word<T: Serialize>(value: T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(_) | Err(_) => Err(StoreError::Unreadable("a value without a word".to_owned())),
    }
}

fn value_of<T: DeserializeOwned>(word: String) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|e| StoreError::Unreadable(e.to_string()))
}

pub(super) fn state(row: &AnyRow, column: &'static str) -> Result<TicketState> {
    value_of(row.try_get(column)?)
}

pub(super) fn role(row: &AnyRow) -> Result<Role> {
    value_of(row.try_get("role")?)
}

pub(super) fn deed(row: &AnyRow) -> Result<Deed> {
    value_of(row.try_get("deed")?)
}

fn level(row: &AnyRow, column: &'static str) -> Result<Level> {
    value_of(row.try_get(column)?)
}

fn author(row: &AnyRow) -> Result<Author> {
    value_of(row.try_get("author")?)
}

pub(super) fn moment(row: &AnyRow, column: &'static str) -> Result<Timestamp> {
    Ok(Timestamp::from_unix_ms(row.try_get(column)?))
}

pub(super) fn maybe_moment(row: &AnyRow, column: &'static str) -> Result<Option<Timestamp>> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_unix_ms))
}

/// A number that is never negative in the database.
pub(super) fn count<T: TryFrom<i64>>(row: &AnyRow, column: &'static str) -> Result<T> {
    let value: i64 = row.try_get(column)?;
    T::try_from(value).map_err(|_| StoreError::Unreadable(format!("{column} is {value}")))
}

pub(super) fn id<T: std::str::FromStr>(row: &AnyRow, column: &'static str) -> Result<T> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| StoreError::Unreadable(format!("{column} is not an identity")))
}

pub(super) fn attachment(row: &AnyRow) -> Result<AttachmentMeta> {
    Ok(AttachmentMeta {
        id: id(row, "id")?,
        name: row.try_get("name")?,
        media_type: row.try_get("media_type")?,
        size_bytes: count(row, "size_bytes")?,
        sha256: Sha256::try_from(row.try_get::<String, _>("sha256")?)
            .map_err(|e| StoreError::Unreadable(e.to_string()))?,
        screenshot: truth(row, "screenshot")?,
    })
}

pub(super) fn follow_up(row: &AnyRow, attachments: Vec<AttachmentMeta>) -> Result<FollowUp> {
    let new_state: Option<String> = row.try_get("new_state")?;
    Ok(FollowUp {
        id: id(row, "id")?,
        author: author(row)?,
        author_name: row.try_get("author_name")?,
        at: moment(row, "at")?,
        text: row.try_get("text")?,
        new_state: new_state.map(value_of).transpose()?,
        attachments,
    })
}

pub(super) fn ticket_row(row: &AnyRow) -> Result<TicketRow> {
    Ok(TicketRow {
        number: count(row, "number")?,
        title: row.try_get("title")?,
        state: state(row, "state")?,
        urgency: level(row, "urgency")?,
        impact: level(row, "impact")?,
        requester: row.try_get("requester")?,
        device: row.try_get("device")?,
        assignee: row.try_get("assignee")?,
        created_at: moment(row, "created_at")?,
        updated_at: moment(row, "updated_at")?,
        findings: count(row, "findings")?,
        screenshot: truth(row, "screenshot")?,
        awaits_answer: truth(row, "awaits_answer")?,
    })
}
