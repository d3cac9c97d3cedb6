//! What an answer costs, in integers.

use serde::{Deserialize, Serialize};

/// Tokens that prices are for.
const PER_TOKENS: i128 = 1_000_000;
/// Basis points that make the whole.
const BPS: i128 = 10_000;
/// Nano-USD have nine decimals.
const NANO_DECIMALS: i32 = 9;

/// What an upstream takes, nano-USD for 1,000,000 tokens, and what is put on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// For the prompt.
    pub prompt_nano_usd: u64,
    /// For those of the prompt's tokens that it had cached.
    pub cached_nano_usd: u64,
    /// For what it answers.
    pub completion_nano_usd: u64,
    /// Put on the cost, basis points of it.
    pub markup_bps: u64,
}

/// What an answer used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Of the prompt, with the cached ones.
    pub prompt: u64,
    /// Of these, cached.
    pub cached: u64,
    /// Of the answer.
    pub completion: u64,
}

/// Nano-USD of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// What the upstream takes.
    pub provider_nano_usd: i64,
    /// The price to the customer, before the subsidy.
    pub list_nano_usd: i64,
}

impl Prices {
    /// What `tokens` cost.
    ///
    /// Upstreams bill sums of fractions of a nano-USD, so both are rounded up, each once an answer and from
    /// the exact sum of its parts: rounded down, a customer who sends small requests would pay less than
    /// they cost. Beyond 63 bits it is the largest number there is.
    pub fn of(&self, tokens: Tokens) -> Cost {
        let cached = tokens.cached.min(tokens.prompt);
        let fresh = tokens.prompt.saturating_sub(cached);
        let exact = [
            (fresh, self.prompt_nano_usd),
            (cached, self.cached_nano_usd),
            (tokens.completion, self.completion_nano_usd),
        ]
        .into_iter()
        .fold(0i128, |sum, (tokens, price)| {
            sum.saturating_add(i128::from(tokens).saturating_mul(i128::from(price)))
        });
        Cost {
            provider_nano_usd: up(exact, PER_TOKENS),
            list_nano_usd: up(
                exact.saturating_mul(self.with_markup()),
                PER_TOKENS.saturating_mul(BPS),
            ),
        }
    }

    /// What an answer costs of which the upstream says that it took `provider_nano_usd`. Rounded up once, as
    /// [`Prices::of`].
    pub fn on_top(&self, provider_nano_usd: i64) -> Cost {
        let exact = i128::from(provider_nano_usd).saturating_mul(self.with_markup());
        Cost {
            provider_nano_usd,
            list_nano_usd: up(exact, BPS),
        }
    }

    fn with_markup(&self) -> i128 {
        BPS.saturating_add(i128::from(self.markup_bps))
    }
}

/// `exact / per`, rounded up; neither is negative.
fn up(exact: i128, per: i128) -> i64 {
    i64::try_from(ceil(exact, per)).unwrap_or(i64::MAX)
}

fn ceil(exact: i128, per: i128) -> i128 {
    let whole = exact.checked_div(per).unwrap_or(i128::MAX);
    let rest = exact.checked_rem(per).unwrap_or_default();
    whole.saturating_add(i128::from(rest > 0))
}

/// Reads a number of USD as JSON writes it into nano-USD, rounded up as it will be billed; never through a
/// float. `None`: negative, not a number, or beyond 63 bits.
pub fn nano_usd(text: &str) -> Option<i64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    if digits.is_empty() || digits.len() > 30 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i128 = digits.parse().ok()?;
    let shift = exponent
        .checked_add(NANO_DECIMALS)?
        .checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let power = |n: i32| 10i128.checked_pow(n.unsigned_abs());
    let exact = match (number, shift) {
        (0, _) => 0,
        (_, 0..) => number.checked_mul(power(shift)?)?,
        // So small that it is less than one.
        (_, _) => match power(shift) {
            Some(per) => ceil(number, per),
            None => 1,
        },
    };
    i64::try_from(exact).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GPT: Prices = Prices {
        prompt_nano_usd: 2_000_000_000,
        cached_nano_usd: 500_000_000,
        completion_nano_usd: 8_000_000_000,
        markup_bps: 2_000,
    };

    #[test]
    fn twenty_percent_on_six_dollars_forty() {
        // 800,000 × $2 + 600,000 × $8, a million tokens each.
        let cost = GPT.of(Tokens {
            prompt: 800_000,
            cached: 0,
            completion: 600_000,
        });
        assert_eq!(
            (cost.provider_nano_usd, cost.list_nano_usd),
            (6_400_000_000, 7_680_000_000)
        );
        assert_eq!(GPT.on_top(6_400_000_000).list_nano_usd, 7_680_000_000);
    }

    #[test]
    fn cached_tokens_lie_inside_the_prompts() {
        let tokens = |prompt, cached| Tokens {
            prompt,
            cached,
            completion: 0,
        };
        assert_eq!(GPT.of(tokens(1_000, 400)).provider_nano_usd, 1_400_000);
        // More cached than there were is told by nobody in his senses: it is all of them.
        assert_eq!(GPT.of(tokens(1_000, 4_000)), GPT.of(tokens(1_000, 1_000)));
    }

    #[test]
    fn dollars_are_read_as_they_are_written() {
        for (text, nano) in [
            ("6.40", Some(6_400_000_000)),
            ("6.4e0", Some(6_400_000_000)),
            ("0", Some(0)),
            ("0.0e-400", Some(0)),
            ("1.5e-05", Some(15_000)),
            ("0.0000000001", Some(1)),
            ("1e-300", Some(1)),
            ("12E1", Some(120_000_000_000)),
            ("1e11", None),
            ("99999999999999999999.5", None),
            ("-1", None),
            ("\"1\"", None),
            ("", None),
            (".", None),
            ("1e99999999999", None),
        ] {
            assert_eq!(nano_usd(text), nano, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_price_is_rounded_up_once(prompt in 0u64..1 << 40, cached in 0u64..1 << 40, completion in 0u64..1 << 40,
                                      p in 0u64..1 << 40, c in 0u64..1 << 40, k in 0u64..1 << 40, markup_bps in 0u64..100_000) {
            let prices = Prices { prompt_nano_usd: p, cached_nano_usd: c, completion_nano_usd: k, markup_bps };
            let cost = prices.of(Tokens { prompt, cached, completion });
            let inside = i128::from(cached.min(prompt));
            let exact = (i128::from(prompt) - inside) * i128::from(p) + inside * i128::from(c) + i128::from(completion) * i128::from(k);
            let list = exact * (10_000 + i128::from(markup_bps));
            let (told, whole) = (i128::from(cost.list_nano_usd), 10_000_000_000i128);
            prop_assume!(cost.list_nano_usd < i64::MAX);
            prop_assert!(told * whole >= list && (told - 1) * whole < list);
            prop_assert!(cost.list_nano_usd >= cost.provider_nano_usd || markup_bps == 0);
        }

        #[test]
        fn more_tokens_never_cost_less(prompt in 0u64..1 << 30, completion in 0u64..1 << 30, more in 0u64..1 << 30, cached in 0u64..1 << 30) {
            let of = |prompt, completion| GPT.of(Tokens { prompt, cached: 0, completion });
            prop_assert!(of(prompt + more, completion).list_nano_usd >= of(prompt, completion).list_nano_usd);
            prop_assert!(of(prompt, completion + more).list_nano_usd >= of(prompt, completion).list_nano_usd);
            // The hold supposes that nothing is cached.
            let some_cached = GPT.of(Tokens { prompt, cached, completion });
            prop_assert!(some_cached.list_nano_usd <= of(prompt, completion).list_nano_usd);
        }

        #[test]
        fn nano_usd_of_any_text_does_not_panic(text in "\\PC*") {
            let _ = nano_usd(&text);
        }

        #[test]
        fn nano_usd_reads_what_was_written(nano in 0i64..i64::MAX) {
            let text = format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
            prop_assert_eq!(nano_usd(&text), Some(nano));
        }
    }
}
