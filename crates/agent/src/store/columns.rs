//! Columns as the protocol's types: words, identities and moments.

use deskside_protocol::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Result, StoreError};

/// A unit-like enum of the protocol as its word.
#[must_use]
pub fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// A word as an enum of the protocol.
///
/// # Errors
/// `Damaged` if the column holds another word.
pub fn enumeration<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Result<T> {
    let text: String = row.try_get(column)?;
    serde_json::from_value(serde_json::Value::String(text))
        .map_err(|error| StoreError::Damaged(format!("column {column}: {error}")))
}

/// A word as an enum of the protocol, or nothing.
///
/// # Errors
/// `Damaged` if the column holds another word.
pub fn maybe_enumeration<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Result<Option<T>> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| {
        serde_json::from_value(serde_json::Value::String(text))
            .map_err(|error| StoreError::Damaged(format!("column {column}: {error}")))
    })
    .transpose()
}

/// A text that must parse (an identity).
///
/// # Errors
/// `Damaged` if it does not.
pub fn parsed<T: std::str::FromStr>(row: &SqliteRow, column: &str) -> Result<T>
where
    T::Err: std::fmt::Display,
{
    let text: String = row.try_get(column)?;
    text.parse().map_err(|error| StoreError::Damaged(format!("column {column}: {error}")))
}

/// JSON.
///
/// # Errors
/// `Damaged` if it cannot be read.
pub fn json<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Result<T> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|error| StoreError::Damaged(format!("column {column}: {error}")))
}

/// JSON, or nothing. A damaged store that is salvaged may be of an older schema, without the column: nothing.
///
/// # Errors
/// `Damaged` if it cannot be read.
pub fn maybe_json<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Result<Option<T>> {
    let text: Option<String> = match row.try_get(column) {
        Err(sqlx::Error::ColumnNotFound(_)) => None,
        read => read?,
    };
    text.map(|text| {
        serde_json::from_str(&text).map_err(|error| StoreError::Damaged(format!("column {column}: {error}")))
    })
    .transpose()
}

/// A moment.
///
/// # Errors
/// [`StoreError`].
pub fn moment(row: &SqliteRow, column: &str) -> Result<Timestamp> {
    Ok(Timestamp::from_unix_ms(row.try_get(column)?))
}

/// A count or size. Negative values, which we never write, count as none.
///
/// # Errors
/// [`StoreError`].
pub fn unsigned(row: &SqliteRow, column: &str) -> Result<u64> {
    let value: i64 = row.try_get(column)?;
    Ok(u64::try_from(value).unwrap_or(0))
}

/// A count as SQLite holds it.
#[must_use]
pub fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// JSON text of a value of ours, which always serialises.
///
/// # Errors
/// `Fault` if it does not.
pub fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Fault(error.to_string()))
}
