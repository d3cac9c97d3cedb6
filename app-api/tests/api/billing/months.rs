//! Months that are over: overage, invoices, and how they look.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{NOW, Shop, USD};
use crate::support::{
    database::{Kind, on_both_databases},
    platform::Customer,
    stand::eventually,
};

on_both_databases!(
    pro_at_250_000_calls_is_174,
    enterprise_at_12_000_000_calls_is_699,
    batches_count_once_and_to_open_months,
    numbers_have_no_gaps,
    the_overage_of_a_plan_that_ended,
    another_accounts_invoice_is_not_there,
);

/// Subscribes, counts, ends the month; answers its invoice as JSON, HTML and the PDF's text.
async fn month(shop: &Shop, plan: &str, calls: u64) -> (Value, String, String) {
    shop.subscribe(plan).await;
    let account = &shop.customer.account;
    for (batch, part) in [("a", calls / 5), ("b", calls - calls / 5)] {
        let counted = shop
            .server
            .billing
            .count_calls(batch, account, "prod", part, NOW)
            .await;
        assert!(counted.unwrap());
    }
    let invoice = shop.month_ends("2026-11").await;
    let number = invoice["number"].as_str().unwrap();
    let file = async |form: &str, kind: &str| {
        let path = format!("/api/billing/invoices/{number}.{form}");
        let response = shop
            .customer
            .request(&shop.server, Method::GET, &path)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["content-type"], kind);
        if form == "html" {
            let policy = response.headers()["content-security-policy"]
                .to_str()
                .unwrap();
            assert!(
                policy.starts_with("default-src 'none'; style-src 'sha256-"),
                "{policy}"
            );
        }
        let bytes = response.bytes().await.unwrap();
        bytes.iter().map(|b| char::from(*b)).collect::<String>()
    };
    let html = file("html", "text/html; charset=utf-8").await;
    let pdf = file("pdf", "application/pdf").await;
    assert!(pdf.starts_with("%PDF-"));
    // It is as it was issued, always.
    assert_eq!(
        shop.get_ok(&format!("/api/billing/invoices/{number}"))
            .await,
        invoice
    );
    // Nothing of the page is elsewhere.
    for word in ["src=", "href=", "http:", "https:", "url("] {
        assert!(!html.contains(word), "{word}");
    }
    let text = pdf
        .split(" Tj")
        .filter_map(|part| part.rsplit_once('(')?.1.strip_suffix(')'));
    let text = text.collect::<Vec<_>>().join("\n");
    (invoice, html, text)
}

async fn pro_at_250_000_calls_is_174(kind: Kind) {
    let shop = Shop::open(kind).await;
    let (invoice, html, pdf) = month(&shop, "pro", 250_000).await;
    assert_eq!(invoice["totalNanoUsd"], "174000000000");
    let lines: Vec<_> = invoice["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| {
            (
                l["kind"].as_str().unwrap(),
                l["amountNanoUsd"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(lines, [("plan", "99000000000"), ("overage", "75000000000")]);
    let description = "150,000 calls above the 100,000 of PRO, at $0.50 per 1,000";
    for text in [&html, &pdf] {
        for part in [
            "INV-000001",
            "PRO, one month",
            "$99.00",
            description,
            "$75.00",
            "$174.00",
            "2026-11",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    // It is paid with the next fee, once.
    let item = eventually("the overage is told to the provider", || async {
        shop.stripe.asked("/v1/invoiceitems").pop()
    })
    .await;
    assert_eq!(
        (
            item.form["amount"].as_str(),
            item.form["metadata[primis_overage]"].as_str()
        ),
        ("7500", "2026-11")
    );
    let subscription = item.form["subscription"].clone();
    eventually("the item is known", || async {
        let open = shop
            .store
            .rows("SELECT account, amount_cents FROM overage_charges WHERE item IS NULL")
            .await;
        open.is_empty().then_some(())
    })
    .await;
    shop.stripe.renew(&subscription);
    shop.deliver().await;
    assert_eq!(shop.book("revenue:subscription").await, -198 * USD);
    assert_eq!(shop.book("revenue:overage").await, -75 * USD);
    assert_eq!(shop.book("stripe").await, 273 * USD);
    // December's invoice has its fee, and not November's overage again.
    let december = shop.month_ends("2026-12").await;
    assert_eq!(december["totalNanoUsd"], "99000000000");
    assert_eq!(shop.stripe.asked("/v1/invoiceitems").len(), 1);
    shop.agree().await;
}

async fn enterprise_at_12_000_000_calls_is_699(kind: Kind) {
    let shop = Shop::open(kind).await;
    let (invoice, html, pdf) = month(&shop, "enterprise", 12_000_000).await;
    assert_eq!(invoice["totalNanoUsd"], "699000000000");
    let description = "2,000,000 calls above the 10,000,000 of ENTERPRISE, at $0.10 per 1,000";
    for text in [&html, &pdf] {
        for part in ["$499.00", description, "$200.00", "$699.00"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

async fn batches_count_once_and_to_open_months(kind: Kind) {
    let shop = Shop::open(kind).await;
    shop.subscribe("pro").await;
    let account = &shop.customer.account;
    let billing = &shop.server.billing;
    let count = async |batch: &str, calls, at| {
        billing
            .count_calls(batch, account, "prod", calls, at)
            .await
            .unwrap()
    };
    assert!(count("a", 150_000, NOW).await);
    // At once, and of two servers.
    let other = shop.beside().await;
    let again = futures_util::future::join_all((0..8).map(|n| {
        let billing = if n % 2 == 0 { billing } else { &other.billing };
        billing.count_calls("b", account, "prod", 1_000, NOW)
    }))
    .await;
    assert_eq!(
        again
            .into_iter()
            .filter(|counted| *counted.as_ref().unwrap())
            .count(),
        1
    );
    let usage = &shop.get_ok("/api/billing").await["usage"];
    assert_eq!(
        (&usage["calls"], &usage["overageNanoUsd"]),
        (&json!(151_000), &json!("25500000000"))
    );
    assert_eq!(
        usage["systems"],
        json!([{ "system": "prod", "calls": 151_000 }])
    );
    let november = shop.month_ends("2026-11").await;
    assert_eq!(november["totalNanoUsd"], "124500000000");
    // What comes late counts to the month that is open.
    assert!(count("late", 7, NOW).await);
    assert!(!count("a", 150_000, NOW).await);
    let usage = &shop.get_ok("/api/billing").await["usage"];
    assert_eq!(
        (&usage["month"], &usage["calls"]),
        (&json!("2026-12"), &json!(7))
    );
}

async fn numbers_have_no_gaps(kind: Kind) {
    let shop = Shop::open(kind).await;
    let other = shop.beside().await;
    let mut customers = vec![shop.customer.clone()];
    for _ in 0..7 {
        customers.push(Customer::new(&shop.server).await);
    }
    for customer in &customers {
        let body = json!({ "pack": "small" });
        let request = customer
            .request(&other, Method::POST, "/api/billing/checkout")
            .json(&body);
        let (_, body) = crate::support::platform::answer(request).await;
        shop.stripe.pay(body["session"].as_str().unwrap());
    }
    shop.deliver().await;
    // Two servers close the same month.
    shop.month_ends("2026-11").await;
    let numbers = eventually("all invoices", || async {
        let rows = shop
            .store
            .rows("SELECT number, issued_at FROM invoices ORDER BY number")
            .await;
        (rows.len() == customers.len()).then_some(rows)
    })
    .await;
    for (n, (number, _)) in numbers.iter().enumerate() {
        assert_eq!(*number, format!("INV-{:06}", n + 1));
    }
    shop.agree().await;
}

/// There is no next fee to pay it with: it has an invoice of its own.
async fn the_overage_of_a_plan_that_ended(kind: Kind) {
    let shop = Shop::open(kind).await;
    let subscription = shop.subscribe("pro").await;
    let counted = shop
        .server
        .billing
        .count_calls("a", &shop.customer.account, "prod", 200_000, NOW)
        .await;
    assert!(counted.unwrap());
    shop.stripe.end(&subscription);
    shop.deliver().await;
    shop.month_ends("2026-11").await;
    let invoice = eventually("an invoice of its own", || async {
        shop.stripe
            .invoices()
            .into_iter()
            .find(|i| i["parent"].is_null())
    })
    .await;
    assert_eq!(invoice["amount_due"], 5_000);
    shop.stripe.pay_invoice(invoice["id"].as_str().unwrap());
    shop.deliver().await;
    assert_eq!(shop.book("revenue:overage").await, -50 * USD);
    shop.agree().await;
}

async fn another_accounts_invoice_is_not_there(kind: Kind) {
    let shop = Shop::open(kind).await;
    shop.buy("small").await;
    let invoice = shop.month_ends("2026-11").await;
    assert_eq!(invoice["lines"][0]["description"], "Prepaid credit");
    let number = invoice["number"].as_str().unwrap();
    let other = Customer::new(&shop.server).await;
    for path in [
        number.to_owned(),
        format!("{number}.html"),
        format!("{number}.pdf"),
        "INV-999999".into(),
        "x.exe".into(),
    ] {
        let path = format!("/api/billing/invoices/{path}");
        let request = other.request(&shop.server, Method::GET, &path);
        let (status, refusal) = crate::support::platform::answer(request).await;
        assert_eq!(
            (status.as_u16(), refusal["code"].as_str()),
            (404, Some("unknown_invoice")),
            "{path}"
        );
    }
    let request = other.request(&shop.server, Method::GET, "/api/billing/invoices");
    let (_, all) = crate::support::platform::answer(request).await;
    assert_eq!(all, json!({ "invoices": [], "next": null }));
    // Pages, and places of another form.
    let now = shop.stripe.state().now;
    shop.at(now + 1);
    shop.stripe.refund(&shop.buy("medium").await, 100);
    shop.deliver().await;
    let first = shop.get_ok("/api/billing/invoices?limit=1").await;
    assert_eq!(first["invoices"][0]["kind"], "creditNote");
    let next = first["next"].as_str().unwrap();
    let second = shop
        .get_ok(&format!("/api/billing/invoices?limit=1&before={next}"))
        .await;
    assert_eq!(second["invoices"][0]["number"], number);
    for query in ["limit=0", "before=x", "page=2"] {
        let (status, _) = shop.get(&format!("/api/billing/invoices?{query}")).await;
        assert_eq!(status, 400, "{query}");
    }
}
