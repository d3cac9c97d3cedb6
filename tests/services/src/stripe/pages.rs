//! The page of a checkout session, for a person with a browser: what is sold, for how much, and a button.
//! No card, no money.

use axum::{
    Router,
    extract::{Path, State as Shared},
    http::StatusCode,
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::get,
};
use serde_json::Value;

use super::Stripe;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;background:#0f1115;color:#e6e8ec;display:grid;\
    place-items:center;min-height:100vh;margin:0}main{width:20rem;padding:2rem;border:1px solid #2c313a;\
    border-radius:12px}h1{font-size:1rem;margin:0}p{margin:.5rem 0}.amount{font-size:2rem}\
    button{width:100%;padding:.75rem;border:0;border-radius:8px;background:#635bff;color:#fff;font:inherit;\
    cursor:pointer}a{color:#9aa4b2}small{color:#9aa4b2}";

pub(super) fn routes() -> Router<Stripe> {
    Router::new().route("/c/pay/{session}", get(page).post(pay))
}

async fn page(Shared(stripe): Shared<Stripe>, Path(session): Path<String>) -> Response {
    let session = stripe.object(&session);
    let text = |name: &str| escaped(session[name].as_str().unwrap_or_default());
    if session["object"] != "checkout.session" {
        return (StatusCode::NOT_FOUND, "no such checkout session").into_response();
    }
    if session["status"] != "open" {
        return back(&session);
    }
    let cents = session["amount_total"].as_i64().unwrap();
    let amount = format!("${}.{:02}", cents / 100, cents % 100);
    let each = if session["mode"] == "subscription" {
        " a month"
    } else {
        ""
    };
    let (name, cancel) = (text("_name"), text("_cancel_url"));
    Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Pay {amount}</title>\
         <style>{STYLE}</style><main><h1>{name}</h1><p class=\"amount\">{amount}{each}</p>\
         <form method=\"post\"><button>Pay {amount}</button></form><p><a href=\"{cancel}\">Cancel</a></p>\
         <small>A local stand-in for Stripe: there is no card and no money moves.</small></main></html>"
    ))
    .into_response()
}

/// Pays, once: a second click leads back as the first one did.
async fn pay(Shared(stripe): Shared<Stripe>, Path(session): Path<String>) -> Response {
    let object = stripe.object(&session);
    if object["object"] != "checkout.session" {
        return (StatusCode::NOT_FOUND, "no such checkout session").into_response();
    }
    stripe.pay_once(&session);
    back(&object)
}

fn back(session: &Value) -> Response {
    Redirect::to(session["_success_url"].as_str().unwrap()).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
