//! The wallet a request names.

use solana_address::Address;

use super::refusal::invalid_account;
use crate::http::ApiError;

/// Reads a wallet's address.
///
/// # Errors
/// If it is no address, or one that no key can sign for.
pub(super) fn parse(text: &str) -> Result<Address, ApiError> {
    let address: Address = text
        .trim()
        .parse()
        .map_err(|_| invalid_account("the account is not a base58 address of 32 bytes"))?;
    if !address.is_on_curve() {
        return Err(invalid_account(
            "the account is a program's address, not a wallet: nobody can sign for it",
        ));
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_sign_is_a_wallet() {
        let wallet = "vines1vzrYbzLMRdu58ou5XTby4qAqVRLmqo36NKPTg";
        assert_eq!(parse(wallet).unwrap().to_string(), wallet);
        let derived = primis_vault_interface::vault_address(1).to_string();
        for text in ["", "nonsense", "1111", &derived] {
            let told = format!("{:?}", parse(text).unwrap_err());
            assert!(told.contains("invalid_account"), "{told}");
        }
    }
}
