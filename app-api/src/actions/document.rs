//! What an action says of itself: the answer to GET, as the specification of Solana Actions has it.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Verb, amount,
    earned::NOT_COMPOUNDED,
    now::PoolNow,
    plan::{closed, room_units},
    unstake::ALL,
};
use crate::stats::Headline;

/// Amounts offered as buttons, in whole units of the asset.
const PRESETS: [&str; 4] = ["0.1", "1", "5", "10"];

/// An action, for a wallet to show.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActionView {
    /// `action`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Absolute address of an image.
    icon: String,
    /// What it is called.
    title: String,
    /// What it does, with the rate and the bounds of now.
    description: String,
    /// For a button.
    label: String,
    /// The button does nothing now; `error` says why.
    disabled: bool,
    /// Buttons; left out where the action itself is the only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    links: Option<Links>,
    /// Why it cannot be done now; left out where it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ActionError>,
}

/// The buttons, where there is more than one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Links {
    /// One for each button.
    actions: Vec<LinkedAction>,
}

/// A button, with an input or without.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkedAction {
    /// `transaction`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Where to POST; `{amount}` stands for what is entered.
    href: String,
    /// What the button says.
    label: String,
    /// Inputs; left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<Parameter>,
}

/// An input.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Parameter {
    /// `number`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What stands in `href` for it.
    name: &'static str,
    /// What the input says.
    label: String,
    /// Whether it must be filled in.
    required: bool,
    /// Least number taken; left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    /// Greatest number taken; left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
}

/// Why something is not possible.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActionError {
    /// The reason, in words.
    message: String,
}

/// Describes an action on a pool. `base`: the address this server is reached at.
pub(super) fn describe(
    verb: Verb,
    pool: &PoolNow,
    headline: Option<Headline>,
    base: &str,
) -> ActionView {
    let symbol = pool.symbol();
    let (label, about) = match verb {
        Verb::Stake => (format!("Stake {symbol}"), staking(pool)),
        Verb::Unstake => (format!("Unstake {symbol}"), unstaking(pool)),
        Verb::Claim => (
            "Claim yield".into(),
            format!("Pays the yield your {symbol} earned to your wallet, in SOL."),
        ),
        Verb::Compound => (
            "Compound yield".into(),
            "Stakes the yield your SOL earned.".into(),
        ),
    };
    let error = why_not(verb, pool);
    let links = match verb {
        Verb::Stake => Some(stake_links(pool)),
        Verb::Unstake => Some(unstake_links(pool)),
        Verb::Claim | Verb::Compound => None,
    };
    ActionView {
        kind: "action",
        icon: format!("{base}{}", super::ICON_PATH),
        title: format!("Primis: {label}"),
        description: [about, rate(headline)].concat(),
        label,
        disabled: error.is_some(),
        links,
        error: error.map(|message| ActionError { message }),
    }
}

fn why_not(verb: Verb, pool: &PoolNow) -> Option<String> {
    match verb {
        Verb::Compound if !pool.is_sol() => Some(NOT_COMPOUNDED.into()),
        Verb::Stake | Verb::Compound => closed(pool).map(|(_, why)| why),
        Verb::Unstake | Verb::Claim => None,
    }
}

fn staking(pool: &PoolNow) -> String {
    let least = pool.told(pool.pool.min_deposit_units);
    format!(
        "Earns a share of what a compute platform takes in, second by second, in SOL. You can unstake at any time. At least {least}."
    )
}

fn unstaking(pool: &PoolNow) -> String {
    if !pool.is_sol() {
        return "Returns what you staked to your wallet at once. Yield you have not claimed stays yours.".into();
    }
    let free = amount::sol(pool.instant_lamports());
    format!(
        "Returns what you staked to your wallet: up to {free} SOL at once, more when staked SOL returns. Yield you have not claimed stays yours."
    )
}

fn rate(headline: Option<Headline>) -> String {
    match headline {
        Some(Headline {
            apr_percent,
            is_realised: true,
        }) => format!(" {apr_percent} % APR over the last 7 days."),
        Some(Headline { apr_percent, .. }) => format!(" {apr_percent} % APR projected."),
        None => String::new(),
    }
}

fn link(verb: Verb, pool: &PoolNow, amount: &str, label: String) -> LinkedAction {
    LinkedAction {
        kind: "transaction",
        href: format!(
            "/api/actions/{}?pool={}&amount={amount}",
            verb.name(),
            pool.query_name()
        ),
        label,
        parameters: Vec::new(),
    }
}

fn input(verb: Verb, pool: &PoolNow, label: String, bounds: [Option<u64>; 2]) -> LinkedAction {
    let [min, max] = bounds.map(|units| pool.plain(units?).parse().ok());
    let parameter = Parameter {
        kind: "number",
        name: "amount",
        label: format!("Amount of {}", pool.symbol()),
        required: true,
        min,
        max,
    };
    LinkedAction {
        parameters: vec![parameter],
        ..link(verb, pool, "{amount}", label)
    }
}

fn stake_links(pool: &PoolNow) -> Links {
    let symbol = pool.symbol();
    let (least, room) = (pool.pool.min_deposit_units, room_units(pool));
    let fits = |preset: &&str| {
        amount::parse(preset, pool.pool.decimals)
            .is_ok_and(|units| units >= least && room.is_none_or(|room| units <= room))
    };
    let mut actions: Vec<LinkedAction> = PRESETS
        .iter()
        .filter(|preset| fits(preset))
        .map(|preset| {
            link(
                Verb::Stake,
                pool,
                preset,
                format!("Stake {preset} {symbol}"),
            )
        })
        .collect();
    actions.push(input(
        Verb::Stake,
        pool,
        format!("Stake {symbol}"),
        [Some(least), room],
    ));
    Links { actions }
}

fn unstake_links(pool: &PoolNow) -> Links {
    let symbol = pool.symbol();
    Links {
        actions: vec![
            link(Verb::Unstake, pool, ALL, "Unstake everything".into()),
            input(
                Verb::Unstake,
                pool,
                format!("Unstake {symbol}"),
                [Some(1), None],
            ),
        ],
    }
}
