//! Holding the platform to account, to the nano-dollar: its double entry, read from its database, against
//! what the services outside did and what its customers are told.

mod lines;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use primis_services::upstream::Written;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::time::{Instant, sleep};

use super::windows;
use crate::api::{ApiClient, FEE_BPS};
use crate::customer::Customer;
use crate::models;
use crate::services::Services;
use crate::tally::Tally;
use crate::traffic::Traffic;
use lines::{Line, RUN, answer};

/// How long what is under way may take to be settled, and how often it is looked for.
const SETTLED_WITHIN: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(200);
const NANO_USD_PER_CENT: i128 = 10_000_000;
const BPS: i128 = 10_000;

/// What the platform's books say, nano-USD, and what is wrong with them.
#[derive(Clone, Debug, Default)]
pub struct Platform {
    /// Lines of usage.
    pub lines: u64,
    /// Prices before the subsidy.
    pub list_nano_usd: i128,
    /// Of them, of simulations that no prepaid run paid.
    pub run_nano_usd: i128,
    /// Paid by the subsidy.
    pub discount_nano_usd: i128,
    /// Paid by customers.
    pub charge_nano_usd: i128,
    /// What the upstream takes.
    pub provider_cost_nano_usd: i128,
    /// Charged in all, with plan fees and packs of runs, by the revenue report.
    pub gross_nano_usd: i128,
    /// Of it the platform's fee, by the revenue report.
    pub fee_nano_usd: i128,
    /// What was swept from the vault into the subsidy pool.
    pub subsidy_nano_usd: i128,
    /// Of it, not used yet.
    pub subsidy_left_nano_usd: i128,
    /// What the ledger holds against itself.
    pub ledger_faults: Vec<String>,
    /// What it holds against the upstream, Stripe and the customers.
    pub usage_faults: Vec<String>,
}

impl Platform {
    /// Waits until everything is settled that customers began, and checks it. `begin` is before anything was
    /// earned, Unix seconds.
    ///
    /// # Errors
    /// The API or its database does not answer.
    pub async fn of(
        database: &Path,
        api: &ApiClient,
        services: &Services,
        traffic: &Traffic,
        begin: i64,
    ) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(database)
            .read_only(true);
        let mut database = options.connect().await?;
        let mut platform = Self::default();
        let written = platform.settled(&mut database, services).await?;
        // The last of it may be of this very second.
        let end = jiff::Timestamp::now().as_second().saturating_add(1);
        let lines: Vec<Line> = sqlx::query_as(
            "SELECT id, kind, account, sku, detail, list_nano_usd, discount_nano_usd, charge_nano_usd, \
             loss_nano_usd, provider_cost_nano_usd FROM usage_lines",
        )
        .fetch_all(&mut database)
        .await?;
        platform.lines = u64::try_from(lines.len())?;
        platform.add_up(&lines);
        platform.answers(&lines, &written)?;
        platform.runs(&mut database, &traffic.tally()).await?;
        let books = platform.double_entry(&mut database).await?;
        platform.outside(&books, services);
        platform.report(&lines, api, services, (begin, end)).await?;
        platform
            .told(&mut database, &lines, &traffic.customers())
            .await?;
        Ok(platform)
    }

    /// Waits until each answer of the upstream has its line, and each run is paid; returns the answers.
    async fn settled(
        &mut self,
        database: &mut SqliteConnection,
        services: &Services,
    ) -> Result<Vec<Written>> {
        let deadline = Instant::now() + SETTLED_WITHIN;
        loop {
            let written = services.written();
            let open = "SELECT (SELECT COUNT(*) FROM holds WHERE state = 'held'), \
                        (SELECT COUNT(*) FROM runs WHERE accounted = 0), \
                        (SELECT COUNT(*) FROM usage_lines WHERE kind <> $1)";
            let (held, runs, lines): (i64, i64, i64) = sqlx::query_as(open)
                .bind(RUN)
                .fetch_one(&mut *database)
                .await?;
            if held == 0 && runs == 0 && usize::try_from(lines)? == written.len() {
                return Ok(written);
            }
            if Instant::now() > deadline {
                self.usage_faults.push(format!(
                    "the upstream answered {} times, and there are {lines} lines of usage, {held} holds and {runs} \
                     runs that are not paid",
                    written.len()
                ));
                return Ok(written);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    fn add_up(&mut self, lines: &[Line]) {
        for line in lines {
            self.list_nano_usd += i128::from(line.list_nano_usd);
            if line.kind == RUN {
                self.run_nano_usd += i128::from(line.list_nano_usd);
            }
            self.discount_nano_usd += i128::from(line.discount_nano_usd);
            self.charge_nano_usd += i128::from(line.charge_nano_usd);
            self.provider_cost_nano_usd += i128::from(line.provider_cost_nano_usd);
            let paid = i128::from(line.discount_nano_usd)
                + i128::from(line.charge_nano_usd)
                + i128::from(line.loss_nano_usd);
            if paid != i128::from(line.list_nano_usd) {
                self.ledger_faults
                    .push(format!("of {} not all is paid: {line:?}", line.id));
            }
            if line.loss_nano_usd != 0 {
                self.usage_faults
                    .push(format!("{} cost more than was held: {line:?}", line.id));
            }
        }
    }

    /// Each answer of the upstream is one line, with its tokens, at its price.
    fn answers(&mut self, lines: &[Line], written: &[Written]) -> Result<()> {
        let of_models = lines.iter().filter(|line| line.kind != RUN);
        let mut charged = of_models.map(answer).collect::<Result<Vec<_>>>()?;
        let mut given = Vec::new();
        for written in written {
            let Some((name, cost)) = models::cost_of(written) else {
                self.usage_faults
                    .push(format!("the upstream was asked for {}", written.model));
                continue;
            };
            given.push((
                name.to_owned(),
                written.prompt_tokens,
                written.completion_tokens,
                i128::try_from(cost.list_nano_usd)?,
                i128::try_from(cost.provider_nano_usd)?,
            ));
        }
        charged.sort_unstable();
        given.sort_unstable();
        if charged != given {
            let other = charged
                .iter()
                .zip(&given)
                .find(|(line, answer)| line != answer);
            self.usage_faults.push(format!(
                "{} lines of usage are not the upstream's {} answers: {other:?}",
                charged.len(),
                given.len()
            ));
        }
        Ok(())
    }

    /// Each simulation that customers got was run once, and paid once as they were told.
    async fn runs(&mut self, database: &mut SqliteConnection, tally: &Tally) -> Result<()> {
        let done = "SELECT COUNT(*), COUNT(CASE paid_by WHEN 'credit' THEN 1 END) FROM runs WHERE state = 'done'";
        let (all, prepaid): (i64, i64) = sqlx::query_as(done).fetch_one(&mut *database).await?;
        let stored = (
            u64::try_from(all)?,
            u64::try_from(prepaid)?,
            self.run_nano_usd,
        );
        let got = (
            tally.runs,
            tally.runs_prepaid,
            i128::try_from(tally.run_nano_usd)?,
        );
        if stored != got {
            self.usage_faults.push(format!(
                "customers got runs, prepaid ones, and paid nano-USD for others {got:?}; stored are {stored:?}"
            ));
        }
        Ok(())
    }

    /// Each posting sums to zero, and each balance is what was posted to it; the sums of the books.
    async fn double_entry(
        &mut self,
        database: &mut SqliteConnection,
    ) -> Result<BTreeMap<String, i128>> {
        let unbalanced: Vec<(String,)> = sqlx::query_as(
            "SELECT posting FROM entries GROUP BY posting HAVING SUM(amount_nano_usd) <> 0",
        )
        .fetch_all(&mut *database)
        .await?;
        for (posting,) in unbalanced {
            self.ledger_faults
                .push(format!("{posting} does not sum to zero"));
        }
        let sums: Vec<(String, i64)> =
            sqlx::query_as("SELECT book, SUM(amount_nano_usd) FROM entries GROUP BY book")
                .fetch_all(&mut *database)
                .await?;
        let books: BTreeMap<String, i128> = sums
            .into_iter()
            .map(|(book, sum)| (book, i128::from(sum)))
            .collect();
        let whole: i128 = books.values().sum();
        if whole != 0 {
            self.ledger_faults
                .push(format!("the ledger sums to {whole} nano-USD"));
        }
        let balances: Vec<(String, i64, i64)> =
            sqlx::query_as("SELECT account, balance_nano_usd, held_nano_usd FROM balances")
                .fetch_all(&mut *database)
                .await?;
        for (account, balance, held) in balances {
            let book = match account.as_str() {
                "subsidy" => account.clone(),
                _ => format!("customer:{account}"),
            };
            let posted = -books.get(&book).copied().unwrap_or_default();
            if posted != i128::from(balance) || held != 0 {
                self.ledger_faults.push(format!(
                    "{account} has {balance} nano-USD, of it {held} held; {posted} were posted"
                ));
            }
        }
        Ok(books)
    }

    /// The books that are about services outside.
    fn outside(&mut self, books: &BTreeMap<String, i128>, services: &Services) {
        let book = |name: &str| books.get(name).copied().unwrap_or_default();
        let [payments, fees, packs] = paid(services);
        self.subsidy_nano_usd = book("vault");
        self.subsidy_left_nano_usd = -book("subsidy");
        for (name, expected) in [
            ("stripe", payments.iter().sum()),
            ("revenue:subscription", -fees.iter().sum::<i128>()),
            (
                "revenue:run",
                -self.run_nano_usd - packs.iter().sum::<i128>(),
            ),
            ("revenue:gateway", self.run_nano_usd - self.list_nano_usd),
            ("provider:cost", self.provider_cost_nano_usd),
            ("provider:payable", -self.provider_cost_nano_usd),
        ] {
            if book(name) != expected {
                self.usage_faults.push(format!(
                    "the book {name} has {} nano-USD, and should {expected}",
                    book(name)
                ));
            }
        }
    }

    /// The revenue report, over all that was earned.
    async fn report(
        &mut self,
        lines: &[Line],
        api: &ApiClient,
        services: &Services,
        (begin, end): (i64, i64),
    ) -> Result<()> {
        let report = windows::settled(api, begin, end).await?;
        let [_, fees, packs] = paid(services);
        let sold = || fees.iter().chain(&packs).copied();
        let fee_of = |paid: i128| paid * i128::from(FEE_BPS) / BPS;
        let usage_fees: i128 = lines
            .iter()
            .map(|line| fee_of(i128::from(line.list_nano_usd) - i128::from(line.loss_nano_usd)))
            .sum();
        let other_fees: i128 = sold().map(fee_of).sum();
        self.gross_nano_usd = i128::from(report.gross_nano_usd);
        self.fee_nano_usd = i128::from(report.fee_nano_usd);
        for (name, told, expected) in [
            (
                "calls",
                i128::from(report.usage_events),
                i128::from(self.lines),
            ),
            (
                "gross",
                self.gross_nano_usd,
                self.list_nano_usd + sold().sum::<i128>(),
            ),
            ("fee", self.fee_nano_usd, usage_fees + other_fees),
            (
                "provider cost",
                i128::from(report.provider_cost_nano_usd),
                self.provider_cost_nano_usd,
            ),
            (
                "subsidy",
                i128::from(report.subsidy_nano_usd),
                self.discount_nano_usd,
            ),
            ("refunds", i128::from(report.refunds_nano_usd), 0),
        ] {
            if told != expected {
                self.usage_faults.push(format!(
                    "the revenue report tells {told} as {name}, and should {expected}"
                ));
            }
        }
        Ok(())
    }

    /// What each customer is told.
    async fn told(
        &mut self,
        database: &mut SqliteConnection,
        lines: &[Line],
        customers: &[Arc<Customer>],
    ) -> Result<()> {
        for customer in customers {
            let seen = customer.seen().await?;
            let own = || lines.iter().filter(|line| line.account == customer.account);
            let sum = |of: fn(&Line) -> i64| own().map(|line| i128::from(of(line))).sum::<i128>();
            let balance: Option<(i64,)> =
                sqlx::query_as("SELECT balance_nano_usd FROM balances WHERE account = $1")
                    .bind(&customer.account)
                    .fetch_optional(&mut *database)
                    .await?;
            let stored = [
                i128::try_from(own().count())?,
                sum(|line| line.list_nano_usd),
                sum(|line| line.discount_nano_usd),
                sum(|line| line.charge_nano_usd),
                balance.map_or(0, |(balance,)| i128::from(balance)),
            ];
            let told = [
                i128::from(seen.lines),
                i128::try_from(seen.list_nano_usd)?,
                i128::try_from(seen.discount_nano_usd)?,
                i128::try_from(seen.charge_nano_usd)?,
                i128::try_from(seen.balance_nano_usd)?,
            ];
            if told != stored {
                self.usage_faults.push(format!(
                    "{} is told lines, list, discount, charge and balance {told:?}, stored are {stored:?}",
                    customer.email
                ));
            }
        }
        Ok(())
    }
}

/// Payments and, of them, plan fees and packs of runs, nano-USD.
fn paid(services: &Services) -> [Vec<i128>; 3] {
    let nano = |cents: Vec<i64>| {
        let cents = cents.into_iter().map(i128::from);
        cents.map(|cents| cents * NANO_USD_PER_CENT).collect()
    };
    [
        nano(services.stripe.payments_cents()),
        nano(services.stripe.plan_fees_cents()),
        nano(services.run_packs_cents()),
    ]
}
