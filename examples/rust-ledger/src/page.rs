//! Pages from templates: `{name}` stands for a value.

use std::{env, fs, io};

pub fn render(name: &str, values: &[(&str, String)]) -> io::Result<String> {
    let dir = env::var("LEDGER_TEMPLATES").unwrap_or_else(|_| "templates".to_string());
    let mut text = fs::read_to_string(format!("{}/{}.html", dir, name))?;
    for (key, value) in values {
        text = text.replace(&format!("{{{}}}", key), &escape(value));
    }
    Ok(text)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
