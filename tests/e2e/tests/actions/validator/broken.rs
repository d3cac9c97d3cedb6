//! The validator finds what is broken: every rule, by a document that breaks it alone.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_signer::Signer as _;
use solana_transaction::Transaction;

use super::{Answer, Asked, faults};

fn answer(status: u16, content: &str, body: &[u8]) -> Answer {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET,POST,PUT,OPTIONS"),
        (
            "access-control-allow-headers",
            "Content-Type, Authorization, Content-Encoding, Accept-Encoding",
        ),
        (
            "access-control-expose-headers",
            "X-Action-Version, X-Blockchain-Ids",
        ),
        ("x-action-version", "2.4.2"),
        (
            "x-blockchain-ids",
            "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
        ),
        ("content-type", content),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    Answer {
        status,
        headers,
        body: body.to_vec(),
    }
}

fn of_json(status: u16, json: &Value) -> Answer {
    answer(status, "application/json", json.to_string().as_bytes())
}

fn action() -> Value {
    json!({
        "type": "action", "icon": "https://a.b/i.svg", "title": "t", "description": "d",
        "label": "Stake SOL", "disabled": false, "error": {"message": "m"},
        "links": {"actions": [{
            "type": "transaction", "href": "/x?amount={amount}", "label": "Stake",
            "parameters": [{"type": "number", "name": "amount", "min": 1, "max": 2, "required": true}],
        }]},
    })
}

fn transaction(signer: &Keypair, others: &[&Keypair]) -> Value {
    let metas = others
        .iter()
        .map(|key| solana_instruction::AccountMeta::new(key.pubkey(), true))
        .collect();
    let instruction = solana_instruction::Instruction::new_with_bytes(
        solana_address::Address::new_from_array([7; 32]),
        &[],
        metas,
    );
    let unsigned = Transaction::new_with_payer(&[instruction], Some(&signer.pubkey()));
    let bytes = wincode::serialize(&solana_transaction::versioned::VersionedTransaction::from(
        unsigned,
    ))
    .unwrap();
    json!({
        "type": "transaction", "transaction": STANDARD.encode(bytes), "message": "m",
        "simulation": {
            "computeUnits": 1, "feeLamports": "5000", "rentLamports": "0",
            "changes": [{"asset": "SOL", "deltaUnits": "-5"}], "lastValidBlockHeight": 1,
        },
    })
}

/// The one fault that a change makes.
fn fault(asked: Asked<'_>, mut json: Value, pointer: &str, value: Value) -> String {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = json.pointer_mut(parent).unwrap();
    if value.is_null() {
        parent.as_object_mut().unwrap().remove(name);
    } else {
        parent[name] = value;
    }
    let status = if matches!(asked, Asked::Refused) {
        422
    } else {
        200
    };
    let found = faults(asked, &of_json(status, &json));
    assert_eq!(found.len(), 1, "{pointer}: {found:?}");
    found.concat()
}

#[test]
fn good_answers_have_no_faults() {
    let signer = Keypair::new();
    let account = signer.pubkey().to_string();
    let none = Vec::<String>::new();
    assert_eq!(faults(Asked::Action, &of_json(200, &action())), none);
    let post = of_json(200, &transaction(&signer, &[]));
    assert_eq!(faults(Asked::Transaction(&account), &post), none);
    let error = of_json(422, &json!({"message": "m"}));
    assert_eq!(faults(Asked::Refused, &error), none);
    let rules = json!({"rules": [{"pathPattern": "/a/**", "apiPath": "/b/**"}]});
    assert_eq!(faults(Asked::Rules, &of_json(200, &rules)), none);
    let icon = answer(200, "image/svg+xml", b"<svg />");
    assert_eq!(faults(Asked::Icon, &icon), none);
    assert_eq!(
        faults(Asked::Options, &answer(204, "text/plain", b"")),
        none
    );
}

#[test]
fn every_header_is_needed() {
    let good = of_json(200, &action());
    for (name, wrong) in [
        ("access-control-allow-origin", "https://a.b"),
        ("access-control-allow-methods", "GET,POST,OPTIONS"),
        (
            "access-control-allow-headers",
            "Content-Type, Authorization, Content-Encoding",
        ),
        ("access-control-expose-headers", "X-Action-Version"),
        ("x-action-version", "two"),
        ("x-blockchain-ids", "solana"),
        ("content-type", "text/html"),
    ] {
        let mut without = good.clone();
        without.headers.remove(name);
        assert!(
            !faults(Asked::Action, &without).is_empty(),
            "without {name}"
        );
        let mut with = good.clone();
        with.headers.insert(name, HeaderValue::from_static(wrong));
        let found = faults(Asked::Action, &with);
        assert_eq!(found.len(), 1, "{name}: {found:?}");
    }
}

#[test]
fn broken_actions_are_found() {
    let linked = "/links/actions/0";
    for (pointer, value, part) in [
        ("/icon", json!("/i.svg"), "icon"),
        ("/icon", json!("https://a.b/i.gif"), "icon"),
        ("/title", json!(""), "no title"),
        ("/description", json!(null), "no description"),
        ("/label", json!("one two three four five six"), "five words"),
        ("/label", json!(null), "no label"),
        ("/type", json!("completed"), "not action"),
        ("/disabled", json!("no"), "disabled"),
        ("/error", json!({}), "message"),
        ("/links", json!({}), "links"),
        (&format!("{linked}/type"), json!("get"), "type"),
        (
            &format!("{linked}/href"),
            json!("x?amount={amount}"),
            "href",
        ),
        (&format!("{linked}/href"), json!("/{other}"), "fills in"),
        (&format!("{linked}/label"), json!(null), "label"),
        (&format!("{linked}/parameters"), json!({}), "parameters"),
        (
            &format!("{linked}/parameters/0/type"),
            json!("hidden"),
            "type",
        ),
        (
            &format!("{linked}/parameters/0/type"),
            json!("select"),
            "options",
        ),
        (&format!("{linked}/parameters/0/min"), json!("1"), "min"),
        (&format!("{linked}/parameters/0/min"), json!(3), "above max"),
        (
            &format!("{linked}/parameters/0/required"),
            json!(1),
            "required",
        ),
        (
            &format!("{linked}/parameters/0/pattern"),
            json!("^a$"),
            "pattern",
        ),
    ] {
        if pointer.ends_with("parameters") {
            // Without the list nothing fills in the address either, so it is checked by itself.
            let mut broken = action();
            broken.pointer_mut(linked).unwrap()["parameters"] = value;
            let found = faults(Asked::Action, &of_json(200, &broken));
            assert!(found.concat().contains(part), "{found:?}");
            continue;
        }
        let found = fault(Asked::Action, action(), pointer, value);
        assert!(found.contains(part), "{pointer}: {found}");
    }
}

#[test]
fn transactions_a_wallet_must_not_sign_are_found() {
    let (signer, other) = (Keypair::new(), Keypair::new());
    let account = signer.pubkey().to_string();
    let of = |json: &Value| faults(Asked::Transaction(&account), &of_json(200, json)).concat();
    assert!(of(&transaction(&signer, &[&other])).contains("malicious"));
    assert!(of(&transaction(&other, &[])).contains("no signature of the account"));
    let asked = Asked::Transaction(&account);
    for (pointer, value, part) in [
        ("/transaction", json!("?"), "base64"),
        ("/transaction", json!("AAAA"), "transaction"),
        ("/transaction", json!(null), "no transaction"),
        ("/transaction", json!(STANDARD.encode([0; 1_233])), "1233"),
        ("/type", json!("message"), "type"),
        ("/message", json!(1), "message"),
        ("/simulation/feeLamports", json!(5_000), "feeLamports"),
        ("/simulation/computeUnits", json!("1"), "computeUnits"),
        ("/simulation/changes", json!([]), "changes"),
    ] {
        let found = fault(asked, transaction(&signer, &[]), pointer, value);
        assert!(found.contains(part), "{pointer}: {found}");
    }
}

#[test]
fn broken_rules_errors_and_images_are_found() {
    let rules = json!({"rules": [{"pathPattern": "/a/**", "apiPath": "/b/**"}]});
    for (pointer, value) in [
        ("/rules", json!({})),
        ("/rules/0/apiPath", json!("b")),
        ("/rules/0/pathPattern", json!("/**/b")),
        ("/rules/0/pathPattern", json!("/a?")),
    ] {
        fault(Asked::Rules, rules.clone(), pointer, value);
    }
    fault(
        Asked::Refused,
        json!({"message": "m"}),
        "/message",
        json!(""),
    );
    let error = of_json(422, &json!({"message": "m"}));
    assert!(!faults(Asked::Action, &error).is_empty());
    assert!(!faults(Asked::Refused, &of_json(200, &action())).is_empty());
    for icon in [
        answer(200, "image/gif", b"GIF89a"),
        answer(200, "image/png", b"<svg />"),
    ] {
        assert_eq!(faults(Asked::Icon, &icon).len(), 1);
    }
}
