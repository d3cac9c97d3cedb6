//! What cannot be read is refused with what to send instead.

use crate::support::{
    database::{Kind, on_both_databases},
    hermes,
    stand::Stand,
    vault::{BORN, SOL, World, owner},
};

on_both_databases!(stakes, wallets);

async fn stakes(kind: Kind) {
    let mut world = World::new().await;
    world.deposit(&owner(1), 100 * SOL);
    let price = hermes::serve(150, BORN).await;
    let stand = Stand::with(kind, world, |settings| settings.price = Some(price)).await;
    stand.caught_up().await;
    for text in [
        "ten",
        "-1",
        "+1",
        "1e3",
        "NaN",
        "inf",
        "1,5",
        "1.",
        ".5",
        "1.2.3",
        "0x10",
        "1%20",
        "%D9%A1",
        // A digit beyond a lamport, and a lamport beyond 64 bits.
        "0.0000000001",
        "18446744073.709551616",
        "99999999999999999999999999",
    ] {
        let (status, refusal) = stand.server.get(&format!("/api/yield/apy/{text}")).await;
        assert_eq!(
            (status.as_u16(), refusal["code"].as_str()),
            (400, Some("invalid_stake")),
            "{text}: {refusal}"
        );
        let message = refusal["message"].as_str().unwrap();
        assert!(
            message.contains("10 or 0.5") && message.contains("nine decimals"),
            "{message}"
        );
    }
    for (text, lamports) in [
        ("0", "0"),
        ("0.000000001", "1"),
        ("007.5", "7500000000"),
        ("10.000000000", "10000000000"),
        // More than is staked: the stake is then the whole.
        ("18446744073.709551615", "18446744073709551615"),
    ] {
        let answer = stand.server.get_ok(&format!("/api/yield/apy/{text}")).await;
        assert_eq!(answer["userStakeLamports"], lamports, "{text}");
    }
    let whale = stand.server.get_ok("/api/yield/apy/1000").await;
    assert_eq!(
        (&whale["totalStakedLamports"], &whale["stakePercent"]),
        (&"1000000000000".into(), &100.0.into())
    );
    assert_eq!(whale["yearlyEarningsUSD"], 500_000.0);
}

async fn wallets(kind: Kind) {
    let stand = Stand::new(kind).await;
    stand.caught_up().await;
    let wallet = owner(1).to_string();
    for text in [
        "x",
        "0x52908400098527886E0F7030069857D2E4169EE7",
        // Letters that base58 does not have, a byte too few, a byte too many.
        &wallet.replace('1', "0"),
        &wallet.to_lowercase().replace('1', "l"),
        &wallet[2..],
        &format!("{wallet}11"),
        &format!("{wallet}%20"),
    ] {
        for path in ["/api/positions", "/api/yield/my-apy"] {
            let (status, refusal) = stand.server.get(&format!("{path}/{text}")).await;
            assert_eq!(
                (status.as_u16(), refusal["code"].as_str()),
                (400, Some("invalid_wallet")),
                "{text}: {refusal}"
            );
            assert!(
                refusal["message"]
                    .as_str()
                    .unwrap()
                    .contains("base58 address of 32 bytes")
            );
        }
    }
}
