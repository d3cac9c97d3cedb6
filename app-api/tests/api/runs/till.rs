//! A shop whose runs are paid by card, and what its customers do there.

use reqwest::{Method, RequestBuilder, StatusCode, redirect::Policy};

use super::{Shop, Told, told};
use crate::{
    billing::sell,
    ledger::NOW,
    support::{
        database::Kind,
        server::TestServer,
        stripe::{Delivery, Stripe},
    },
};

/// A shop that takes cards too.
pub struct Till {
    pub shop: Shop,
    pub stripe: Stripe,
}

impl Till {
    pub async fn open(kind: Kind) -> Self {
        let stripe = Stripe::start(NOW).await;
        let shop = Shop::with(kind, |settings| {
            sell(settings, &stripe.url);
            settings.http.public_url = Some("https://primis.example".into());
        })
        .await;
        Self { shop, stripe }
    }

    /// Somebody orders, and is told what to pay.
    pub async fn order(&self) -> Told {
        let unpaid = told(self.shop.simulate(&self.shop.job(0))).await;
        assert_eq!(unpaid.status, StatusCode::PAYMENT_REQUIRED, "{unpaid:?}");
        unpaid
    }

    /// Goes where an order can be paid.
    pub async fn visit(&self, order: &Told) -> Told {
        told(self.page(&self.shop.server, order)).await
    }

    pub fn page(&self, server: &TestServer, order: &Told) -> RequestBuilder {
        let url = order.body["checkout"]["url"].as_str().unwrap();
        let path = url.strip_prefix("https://primis.example").unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .redirect(Policy::none());
        let client = client.build().unwrap();
        client.get(format!("{}{path}", server.base))
    }

    /// The session of an order's page.
    pub async fn session(&self, order: &Told) -> String {
        let page = self.visit(order).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{page:?}");
        let url = page.header("location");
        url.rsplit('/').next().unwrap().to_owned()
    }

    /// Everything that Stripe has to tell arrives.
    pub async fn deliver(&self) {
        let delivery = Delivery::at(NOW);
        delivery.all(&self.shop.server, &self.stripe.events()).await;
    }

    pub async fn run(&self, order: &Told) -> Told {
        told(self.read(order)).await
    }

    pub fn read(&self, order: &Told) -> RequestBuilder {
        let checkout = &order.body["checkout"];
        let path = format!("/api/runs/{}", checkout["run"].as_str().unwrap());
        let request = self.shop.server.request(Method::GET, &path);
        request.header("x-run-token", checkout["token"].as_str().unwrap_or("none"))
    }

    pub async fn ended(&self, order: &Told) -> Told {
        crate::support::stand::eventually("the run ends", || async {
            let run = self.run(order).await;
            (run.body["state"] == "done").then_some(run)
        })
        .await
    }

    /// What Stripe has, and what runs brought, nano-USD; the books agree.
    pub async fn books(&self) -> (i64, i64) {
        self.shop.books.agree().await;
        let sum = |sql| self.shop.count(sql);
        let stripe = "SELECT 'sum', CAST(COALESCE(SUM(amount_nano_usd), 0) AS BIGINT) FROM entries \
                      WHERE book = 'stripe'";
        let runs = "SELECT 'sum', CAST(COALESCE(-SUM(amount_nano_usd), 0) AS BIGINT) FROM entries \
                    WHERE book = 'revenue:run'";
        (sum(stripe).await, sum(runs).await)
    }

    pub fn returned(&self) -> Vec<String> {
        let asked = self.stripe.asked("/v1/refunds");
        let mut payments: Vec<_> = asked
            .into_iter()
            .map(|a| a.form["payment_intent"].clone())
            .collect();
        payments.dedup();
        payments
    }
}
