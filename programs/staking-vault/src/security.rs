//! Where to report a weakness, readable from the deployed program (security.txt).

#[cfg(not(feature = "no-entrypoint"))]
solana_security_txt::security_txt! {
    name: "Primis staking vault",
    project_url: "https://github.com/primis-network/primis",
    contacts: "link:https://github.com/primis-network/primis/security/advisories/new",
    policy: "https://github.com/primis-network/primis/blob/main/SECURITY.md",
    preferred_languages: "en",
    source_code: "https://github.com/primis-network/primis"
}
