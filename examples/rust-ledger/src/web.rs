//! The service.

use std::{error::Error, io::Read};

use tiny_http::{Header, Method, Response, Server};

use crate::page;
use crate::store::{euros, Entry, Store};

type Answer = Result<(u16, &'static str, String), Box<dyn Error>>;

pub fn serve(address: &str, store: Store) -> Result<(), Box<dyn Error>> {
    let server = Server::http(address).map_err(|e| e.to_string())?;
    println!("listening on {}", address);
    for mut request in server.incoming_requests() {
        let mut body = String::new();
        let answer = match request.as_reader().read_to_string(&mut body) {
            Ok(_) => answer(&store, request.method(), request.url(), &body),
            Err(e) => Err(e.into()),
        };
        let (status, kind, text) = answer.unwrap_or_else(|e| (500, "text/plain", format!("{}\n", e)));
        let header = Header::from_bytes(&b"Content-Type"[..], kind.as_bytes()).unwrap();
        request.respond(Response::from_string(text).with_status_code(status).with_header(header))?;
    }
    Ok(())
}

fn answer(store: &Store, method: &Method, url: &str, body: &str) -> Answer {
    let path: Vec<&str> = url.trim_matches('/').split('/').collect();
    match (method, path.as_slice()) {
        (Method::Get, [""]) => {
            let total: i64 = store.entries(None)?.iter().map(|e| e.cents).sum();
            Ok((200, "text/html; charset=utf-8", page::render("index", &[("total", euros(total))])?))
        }
        (Method::Get, ["entries"]) => Ok((200, "application/json", serde_json::to_string(&store.entries(None)?)?)),
        (Method::Get, ["accounts", name]) => Ok((200, "application/json", serde_json::to_string(&store.entries(Some(name))?)?)),
        (Method::Post, ["entries"]) => match serde_json::from_str::<Entry>(body) {
            Ok(entry) => {
                store.add(&entry)?;
                Ok((201, "application/json", serde_json::to_string(&entry)?))
            }
            Err(e) => Ok((422, "text/plain", format!("{}\n", e))),
        },
        _ => Ok((404, "text/plain", "not found\n".to_string())),
    }
}
