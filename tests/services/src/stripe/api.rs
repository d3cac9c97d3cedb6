//! The API over HTTP: form in, JSON out.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State as Shared,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{Asked, Fault, State, Stripe, pages};

type Form = BTreeMap<String, String>;
type Answer = (u16, Value);

pub(super) fn router(stripe: Stripe) -> Router {
    pages::routes().fallback(answer).with_state(stripe)
}

async fn answer(
    Shared(stripe): Shared<Stripe>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).map(|v| v.to_str().unwrap().to_owned());
    let form: Form = form_urlencoded::parse(&body).into_owned().collect();
    let asked = Asked {
        path: uri.path().to_owned(),
        version: header("stripe-version"),
        idempotency_key: header("idempotency-key"),
        form: form.clone(),
    };
    let mut state = stripe.state();
    state.asked.push(asked.clone());
    if header("authorization") != Some(format!("Bearer {}", state.key)) {
        return reply(error(
            401,
            "invalid_request_error",
            None,
            "Invalid API Key provided",
        ));
    }
    let fault = state.faults.pop_front();
    match fault {
        Some(Fault::RateLimited) => {
            return reply(error(
                429,
                "invalid_request_error",
                Some("rate_limit"),
                "Too many requests",
            ));
        }
        Some(Fault::Failed) => return reply(error(500, "api_error", None, "Something went wrong")),
        Some(Fault::Busy) => {
            return reply(error(
                409,
                "idempotency_error",
                Some("idempotency_key_in_use"),
                "in use",
            ));
        }
        Some(Fault::Declined) => {
            return reply(error(
                402,
                "card_error",
                Some("card_declined"),
                "Your card was declined.",
            ));
        }
        Some(Fault::DoneAndFailed) | None => {}
    }
    let done = if method == Method::POST {
        let key = asked.idempotency_key.expect("every POST has a key");
        assert_eq!(
            header("content-type").as_deref(),
            Some("application/x-www-form-urlencoded")
        );
        match state.answers.get(&key) {
            Some((path, first, status, body)) if *path == asked.path && *first == form => {
                (*status, body.clone())
            }
            Some(_) => error(
                400,
                "idempotency_error",
                None,
                "Keys for idempotent requests can only be used with the same parameters",
            ),
            None => {
                let done = post(&mut state, &asked.path, &form);
                let entry = (asked.path.clone(), form, done.0, done.1.clone());
                state.answers.insert(key, entry);
                done
            }
        }
    } else {
        get(&state, &asked.path, uri.query().unwrap_or_default())
    };
    if fault == Some(Fault::DoneAndFailed) {
        return reply(error(500, "api_error", None, "Something went wrong"));
    }
    reply(done)
}

fn reply((status, body): Answer) -> Response {
    let mut response = (StatusCode::from_u16(status).unwrap(), Json(body)).into_response();
    if status == 429 {
        response
            .headers_mut()
            .insert("retry-after", "0".parse().unwrap());
    }
    response
}

fn error(status: u16, kind: &str, code: Option<&str>, message: &str) -> Answer {
    let mut fields = json!({ "type": kind, "message": message });
    if let Some(code) = code {
        fields["code"] = code.into();
    }
    (status, json!({ "error": fields }))
}

fn missing(id: &str) -> Answer {
    error(
        404,
        "invalid_request_error",
        Some("resource_missing"),
        &format!("No such object: '{id}'"),
    )
}

fn get(state: &State, path: &str, query: &str) -> Answer {
    let id = path.rsplit('/').next().unwrap();
    let Some(object) = state.objects.get(id) else {
        return missing(id);
    };
    let mut object = object.clone();
    // Only whoever asks for it is told how an invoice was paid.
    if object["object"] == "invoice" && query != "expand%5B%5D=payments" {
        object.as_object_mut().unwrap().remove("payments");
    }
    (200, object)
}

/// `metadata[name]` below a prefix.
fn metadata(form: &Form, prefix: &str) -> Value {
    let of = |key: &str| {
        let name = key.strip_prefix(prefix)?.strip_prefix("[metadata][");
        name.or_else(|| key.strip_prefix("metadata[").filter(|_| prefix.is_empty()))?
            .strip_suffix(']')
            .map(str::to_owned)
    };
    form.iter()
        .filter_map(|(key, value)| Some((of(key)?, Value::from(value.as_str()))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn post(state: &mut State, path: &str, form: &Form) -> Answer {
    let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
    match parts.as_slice() {
        ["customers"] => {
            let id = state.id("cus");
            (
                200,
                state
                    .put(json!({ "id": id, "object": "customer", "metadata": metadata(form, "") })),
            )
        }
        ["products"] => {
            let id = form["id"].clone();
            if state.objects.contains_key(&id) {
                return error(
                    400,
                    "invalid_request_error",
                    Some("resource_already_exists"),
                    "Product already exists.",
                );
            }
            (
                200,
                state.put(json!({ "id": id, "object": "product", "name": form["name"] })),
            )
        }
        ["checkout", "sessions"] => (200, session(state, form)),
        ["subscriptions", id] => subscription(state, id, form),
        ["invoiceitems"] => {
            if !state.objects.contains_key(&form["customer"]) {
                return missing(&form["customer"]);
            }
            let id = state.id("ii");
            let item = json!({
                "id": id, "object": "invoiceitem", "customer": form["customer"],
                "amount": form["amount"].parse::<i64>().unwrap(), "currency": form["currency"],
                "description": form["description"], "metadata": metadata(form, ""),
                "subscription": form.get("subscription"), "invoice": null,
            });
            (200, state.put(item))
        }
        ["invoices"] => {
            let items = super::objects::pending(state, &form["customer"], None);
            let invoice =
                super::objects::invoice(state, &form["customer"], None, items, metadata(form, ""));
            (200, invoice)
        }
        ["refunds"] => {
            let amount = form.get("amount").map(|cents| cents.parse().unwrap());
            super::objects::refund(state, &form["payment_intent"], amount).unwrap_or_else(
                |(code, message)| error(400, "invalid_request_error", Some(code), message),
            )
        }
        _ => error(
            404,
            "invalid_request_error",
            None,
            "Unrecognized request URL",
        ),
    }
}

fn session(state: &mut State, form: &Form) -> Value {
    let id = state.id("cs_test");
    let number = |key: &str| form[key].parse::<i64>().unwrap();
    let amount = number("line_items[0][price_data][unit_amount]");
    assert!(form["success_url"].starts_with("http") && form["cancel_url"].starts_with("http"));
    let url = format!("{}/c/pay/{id}", state.pages);
    let product = form
        .get("line_items[0][price_data][product]")
        .and_then(|id| state.objects.get(id))
        .and_then(|product| product["name"].as_str());
    let name = product.map(str::to_owned).or_else(|| {
        form.get("line_items[0][price_data][product_data][name]")
            .cloned()
    });
    state.put(json!({
        "id": id, "object": "checkout.session", "mode": form["mode"], "status": "open",
        "payment_status": "unpaid", "url": url, "amount_total": amount, "currency": "usd",
        "customer": form["customer"], "client_reference_id": form["client_reference_id"],
        "payment_intent": null, "subscription": null, "metadata": metadata(form, ""),
        // What it becomes is made of these; they are not told.
        "_subscription_metadata": metadata(form, "subscription_data"),
        "_name": name, "_success_url": form["success_url"], "_cancel_url": form["cancel_url"],
    }))
}

fn subscription(state: &mut State, id: &str, form: &Form) -> Answer {
    let Some(mut subscription) = state.objects.get(id).cloned() else {
        return missing(id);
    };
    if subscription["status"] == "canceled" {
        return missing(id);
    }
    if let Some(cancel) = form.get("cancel_at_period_end") {
        subscription["cancel_at_period_end"] = (cancel == "true").into();
    }
    if let Some(amount) = form.get("items[0][price_data][unit_amount]") {
        assert_eq!(
            Some(form["items[0][id]"].as_str()),
            subscription["items"]["data"][0]["id"].as_str()
        );
        assert!(
            state
                .objects
                .contains_key(&form["items[0][price_data][product]"])
        );
        subscription["items"]["data"][0]["price"]["unit_amount"] =
            amount.parse::<i64>().unwrap().into();
    }
    for (name, value) in metadata(form, "").as_object().unwrap() {
        subscription["metadata"][name] = value.clone();
    }
    let subscription = state.put(subscription);
    state.event("customer.subscription.updated", id);
    (200, subscription)
}
