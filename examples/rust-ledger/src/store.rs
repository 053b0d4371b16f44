//! The entries, in SQLite.

use rusqlite::{params, Connection, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Entry {
    pub day: String,
    pub account: String,
    pub cents: i64,
    #[serde(default)]
    pub note: String,
}

pub struct Store(Connection);

impl Store {
    pub fn open(path: &str) -> Result<Store> {
        let db = Connection::open(path)?;
        db.execute_batch(
            "CREATE TABLE IF NOT EXISTS entry (day TEXT NOT NULL, account TEXT NOT NULL, cents INTEGER NOT NULL, note TEXT NOT NULL)",
        )?;
        Ok(Store(db))
    }

    pub fn add(&self, e: &Entry) -> Result<()> {
        self.0.execute(
            "INSERT INTO entry VALUES (?, ?, ?, ?)",
            params![e.day, e.account, e.cents, e.note],
        )?;
        Ok(())
    }

    pub fn sum(&self, account: &str) -> Result<i64> {
        self.0.query_row(
            "SELECT coalesce(sum(cents), 0) FROM entry WHERE account = ?",
            params![account],
            |row| row.get(0),
        )
    }

    pub fn entries(&self, account: Option<&str>) -> Result<Vec<Entry>> {
        let mut query = self.0.prepare(
            "SELECT day, account, cents, note FROM entry WHERE ?1 IS NULL OR account = ?1 ORDER BY day, account",
        )?;
        let rows = query.query_map(params![account], |row| {
            Ok(Entry {
                day: row.get(0)?,
                account: row.get(1)?,
                cents: row.get(2)?,
                note: row.get(3)?,
            })
        })?;
        rows.collect()
    }
}

pub fn euros(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{}{}.{:02}", sign, cents.abs() / 100, cents.abs() % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums() {
        let store = Store::open(":memory:").unwrap();
        for cents in [1250, -300] {
            store
                .add(&Entry { day: "2026-01-02".into(), account: "tea".into(), cents, note: String::new() })
                .unwrap();
        }
        assert_eq!(store.sum("tea").unwrap(), 950);
        assert_eq!(store.sum("coffee").unwrap(), 0);
        assert_eq!(store.entries(Some("tea")).unwrap().len(), 2);
    }

    #[test]
    fn writes_euros() {
        assert_eq!(euros(-5), "-0.05");
        assert_eq!(euros(123456), "1234.56");
    }
}
