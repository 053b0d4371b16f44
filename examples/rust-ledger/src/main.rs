//! A ledger: entries in SQLite, sums by account, over HTTP.

mod page;
mod store;
mod web;

use std::{env, error::Error, fs, process::exit};

use store::Store;

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    if let Err(e) = run(&words.iter().map(String::as_str).collect::<Vec<_>>()) {
        eprintln!("ledger: {}", e);
        exit(1);
    }
}

fn run(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let db = env::var("LEDGER_DB").unwrap_or_else(|_| "ledger.db".to_string());
    match words {
        ["load", file] => {
            let entries: Vec<store::Entry> = serde_json::from_str(&fs::read_to_string(file)?)?;
            let store = Store::open(&db)?;
            for entry in &entries {
                store.add(entry)?;
            }
            println!("{} entries", entries.len());
            Ok(())
        }
        ["sum", account] => {
            println!("{}", store::euros(Store::open(&db)?.sum(account)?));
            Ok(())
        }
        ["serve", address] => web::serve(address, Store::open(&db)?),
        _ => Err("usage: ledger load FILE | sum ACCOUNT | serve ADDRESS".into()),
    }
}
