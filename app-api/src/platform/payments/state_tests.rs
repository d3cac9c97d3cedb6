//! Facts in any order, any number of times, with crashes between them, end in the same books.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;

const FEE_BPS: u64 = 1_000;

/// The ledger, as far as it matters here.
#[derive(Default)]
struct Books {
    entries: BTreeMap<String, i64>,
    posted: BTreeMap<String, i64>,
    gross: i64,
    refunds: i64,
    fee: i64,
}

impl Books {
    fn balance(&self) -> i64 {
        -self.of("customer:acct_a")
    }

    fn of(&self, book: &str) -> i64 {
        self.entries.get(book).copied().unwrap_or_default()
    }

    fn add(&mut self, book: &str, amount: i64) {
        *self.entries.entry(book.to_owned()).or_default() += amount;
    }

    /// Posts once for an id, and answers what the customer lacked then.
    fn post(&mut self, posting: &Posting) -> i64 {
        if let Some(short) = self.posted.get(&posting.id) {
            return *short;
        }
        assert_eq!(
            posting.entries.iter().map(|(_, a)| a).sum::<i64>(),
            0,
            "{posting:?}"
        );
        let mut short = 0;
        for (book, amount) in &posting.entries {
            let mut amount = *amount;
            if matches!(book, Book::Customer(_)) && amount > self.balance() {
                short = amount - self.balance();
                amount -= short;
                self.add("loss", short);
            }
            self.add(&book.name(), amount);
        }
        self.gross += posting.reported.gross_nano_usd;
        self.refunds += posting.reported.refunds_nano_usd + short;
        self.fee += posting.reported.fee_nano_usd;
        self.posted.insert(posting.id.clone(), short);
        short
    }
}

/// Posts what is to be posted. One that crashes posts, and forgets that it did.
fn work(payment: &mut Payment, books: &mut Books, crash: bool) {
    while let Some(mut decided) = payment.next(FEE_BPS) {
        let known = payment.postings.iter().position(|p| p.id == decided.id);
        let at = known.unwrap_or_else(|| {
            payment.postings.push(decided.clone());
            payment.postings.len() - 1
        });
        let short = books.post(&decided.posting());
        if crash {
            return;
        }
        decided.done = true;
        decided.short_nano_usd = short;
        payment.postings[at] = decided;
    }
}

/// One payment's story.
#[derive(Clone, Debug)]
struct Story {
    purpose: Purpose,
    cents: i64,
    overage: i64,
    refunds: Vec<i64>,
    dispute: Option<(i64, Outcome, bool)>,
    /// Prepaid runs, where they are what is paid for.
    runs: i64,
}

impl Story {
    fn facts(&self, n: usize) -> Vec<(usize, Fact)> {
        let paid = Fact::Paid(Paid {
            account: "acct_a".into(),
            purpose: self.purpose,
            subject: match self.purpose {
                Purpose::Run => "run_1".into(),
                Purpose::Runs => self.runs.to_string(),
                _ => String::new(),
            },
            description: "credit".into(),
            object: format!("cs_{n}"),
            cents: self.cents,
            overage_cents: self.overage,
        });
        // Two events tell of each payment.
        let mut facts = vec![paid.clone(), paid];
        facts.extend(self.refunds.iter().map(|cents| Fact::Refunded(*cents)));
        if let Some((cents, outcome, taken)) = self.dispute {
            for (outcome, taken) in [
                (Outcome::Open, taken),
                (outcome, taken && outcome == Outcome::Lost),
            ] {
                let dispute = Disputed {
                    cents,
                    taken,
                    outcome,
                };
                facts.push(Fact::Disputed(format!("dp_{n}"), dispute));
            }
        }
        facts.into_iter().map(|fact| (n, fact)).collect()
    }

    fn refunded(&self) -> i64 {
        self.refunds.iter().copied().max().unwrap_or_default()
    }

    /// Cents that stay.
    fn kept(&self) -> i64 {
        let disputed = match self.dispute {
            Some((cents, Outcome::Open | Outcome::Lost, true)) => cents,
            _ => 0,
        };
        self.cents - self.refunded() - disputed
    }
}

fn story() -> impl Strategy<Value = Story> {
    let outcome = prop_oneof![Just(Outcome::Open), Just(Outcome::Lost), Just(Outcome::Won)];
    (
        prop_oneof![
            Just(Purpose::Credit),
            Just(Purpose::Subscription),
            Just(Purpose::Run),
            Just(Purpose::Runs)
        ],
        2i64..1_000_000,
        0u8..=100,
        vec(0u8..=50, 0..3),
        proptest::option::of((1u8..=50, outcome, any::<bool>())),
        1i64..200,
    )
        .prop_map(|(purpose, cents, overage, refunds, dispute, runs)| {
            let part = |percent: u8| cents * i64::from(percent) / 100;
            Story {
                purpose,
                cents,
                overage: if purpose == Purpose::Subscription {
                    part(overage)
                } else {
                    0
                },
                runs,
                refunds: refunds.into_iter().map(part).collect(),
                dispute: dispute
                    .map(|(percent, outcome, taken)| (part(percent).max(1), outcome, taken)),
            }
        })
        .prop_filter("what goes back was paid", |s| s.kept() >= 0)
}

/// Stories and all their facts, each at least once, shuffled.
fn delivered() -> impl Strategy<Value = (Vec<Story>, Vec<(usize, Fact)>)> {
    (vec(story(), 1..5), vec(any::<Index>(), 0..12)).prop_flat_map(|(stories, again)| {
        let facts: Vec<_> = stories
            .iter()
            .enumerate()
            .flat_map(|(n, s)| s.facts(n))
            .collect();
        let mut all = facts.clone();
        all.extend(again.iter().map(|index| index.get(&facts).clone()));
        (Just(stories), Just(all).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn any_order_ends_in_the_same_books(
        (stories, facts) in delivered(),
        crashes in vec(any::<bool>(), 60),
    ) {
        let mut payments: Vec<Payment> = (0..stories.len())
            .map(|n| Payment { id: format!("pi_{n}"), ..Payment::default() })
            .collect();
        let mut books = Books::default();
        for ((n, fact), crash) in facts.iter().zip(crashes.iter().cycle()) {
            payments[*n].learn(fact.clone());
            work(&mut payments[*n], &mut books, *crash);
            prop_assert!(books.balance() >= 0);
        }
        for payment in &mut payments {
            work(payment, &mut books, false);
            prop_assert_eq!(payment.next(FEE_BPS), None);
            let ids: BTreeSet<_> = payment.postings.iter().map(|p| &p.id).collect();
            prop_assert_eq!(ids.len(), payment.postings.len());
        }
        let kept = |purpose| -> i64 {
            stories.iter().filter(|s| s.purpose == purpose).map(|s| nano(s.kept())).sum()
        };
        prop_assert_eq!(books.balance(), kept(Purpose::Credit));
        let plans = -books.of("revenue:subscription") - books.of("revenue:overage");
        prop_assert_eq!(plans, kept(Purpose::Subscription));
        let runs = -books.of("revenue:run");
        prop_assert_eq!(runs, kept(Purpose::Run) + kept(Purpose::Runs));
        let earned = plans + runs;
        prop_assert_eq!(books.of("stripe"), earned + books.balance());
        prop_assert_eq!(books.of("loss"), 0);
        prop_assert_eq!(books.entries.values().sum::<i64>(), 0);
        // What the keeper hears is what was earned, and the fee a share of it.
        prop_assert_eq!(books.gross - books.refunds, earned);
        let fees: i64 = stories.iter().filter(|s| s.purpose != Purpose::Credit)
            .map(|s| share(nano(s.kept()), FEE_BPS)).sum();
        prop_assert_eq!(books.fee, fees);
        // Prepaid runs are left for what was kept, and the part of one that was given back stays.
        for (story, payment) in stories.iter().zip(&payments) {
            let left: i64 = payment.postings.iter().map(Decided::run_credits).sum();
            let gone = i128::from(story.runs) * i128::from(story.cents - story.kept());
            let expected = i128::from(story.runs) - gone / i128::from(story.cents);
            let expected = if story.purpose == Purpose::Runs { expected } else { 0 };
            prop_assert_eq!(i128::from(left), expected);
            let run = (story.purpose == Purpose::Run).then_some("run_1");
            prop_assert_eq!(payment.postings[0].run(), run);
        }
    }

    /// What a customer spends meanwhile makes losses, but no debts: the platform bears what was gone.
    #[test]
    fn spending_meanwhile_makes_no_debts(
        (stories, facts) in delivered(),
        spends in vec(0i64..5_000_000_000_000, 60),
    ) {
        let mut payments: Vec<Payment> = (0..stories.len())
            .map(|n| Payment { id: format!("pi_{n}"), ..Payment::default() })
            .collect();
        let mut books = Books::default();
        let mut spent = 0;
        for ((n, fact), spend) in facts.iter().zip(spends.iter().cycle()) {
            payments[*n].learn(fact.clone());
            work(&mut payments[*n], &mut books, false);
            let spend = (*spend).min(books.balance());
            books.add("customer:acct_a", spend);
            books.add("revenue:gateway", -spend);
            spent += spend;
            prop_assert!(books.balance() >= 0);
            prop_assert!(books.of("loss") >= 0);
        }
        let kept: i64 = stories.iter().filter(|s| s.purpose == Purpose::Credit).map(|s| nano(s.kept())).sum();
        prop_assert_eq!(books.balance() - books.of("loss") + spent, kept);
        prop_assert_eq!(books.entries.values().sum::<i64>(), 0);
        let earned = -books.of("revenue:subscription") - books.of("revenue:overage") - books.of("revenue:run");
        prop_assert_eq!(books.gross - books.refunds, earned - books.of("loss"));
    }
}

/// Each amount where it belongs, once.
#[test]
fn a_subscription_with_overage_is_refunded_in_parts() {
    let mut payment = Payment {
        id: "pi_1".into(),
        ..Payment::default()
    };
    payment.learn(Fact::Refunded(10_000));
    assert_eq!(
        payment.next(FEE_BPS),
        None,
        "a refund waits for its payment"
    );
    payment.learn(Fact::Paid(Paid {
        account: "acct_a".into(),
        purpose: Purpose::Subscription,
        subject: String::new(),
        description: "PRO".into(),
        object: "in_1".into(),
        cents: 17_400,
        overage_cents: 7_500,
    }));
    let mut books = Books::default();
    work(&mut payment, &mut books, false);
    assert_eq!(books.of("revenue:subscription"), 0);
    assert_eq!(books.of("revenue:overage"), -nano(7_400));
    assert_eq!(books.fee, nano(740));
    let ids: Vec<&str> = payment.postings.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(
        ids,
        ["stripe:payment_intent:pi_1", "stripe:refund:pi_1:10000"]
    );
}
