//! Headers: pages of any origin must be able to read every answer.

use super::Answer;

/// What is wrong with the headers of any answer.
pub fn faults(answer: &Answer) -> Vec<String> {
    let mut faults = Vec::new();
    if answer.header("access-control-allow-origin") != "*" {
        faults.push("access-control-allow-origin is not *".into());
    }
    for (header, needed) in [
        (
            "access-control-allow-methods",
            &["GET", "POST", "PUT", "OPTIONS"][..],
        ),
        (
            "access-control-allow-headers",
            &[
                "content-type",
                "authorization",
                "content-encoding",
                "accept-encoding",
            ],
        ),
        (
            "access-control-expose-headers",
            &["x-action-version", "x-blockchain-ids"],
        ),
    ] {
        let listed: Vec<String> = answer
            .header(header)
            .split(',')
            .map(|name| name.trim().to_lowercase())
            .collect();
        for name in needed {
            if !listed.contains(&name.to_lowercase()) {
                faults.push(format!("{header} lacks {name}"));
            }
        }
    }
    let version = answer.header("x-action-version");
    if version.is_empty() || !version.split('.').all(|part| part.parse::<u32>().is_ok()) {
        faults.push(format!("x-action-version is {version:?}"));
    }
    let ids = answer.header("x-blockchain-ids");
    if !ids.split(',').all(|id| is_caip2(id.trim())) {
        faults.push(format!("x-blockchain-ids is {ids:?}"));
    }
    faults
}

/// `namespace:reference` by CAIP-2; Solana's reference is the first 32 characters of the genesis hash.
fn is_caip2(id: &str) -> bool {
    let Some((namespace, reference)) = id.split_once(':') else {
        return false;
    };
    let allowed = |c: char| c.is_ascii_alphanumeric();
    namespace == "solana" && reference.len() == 32 && reference.chars().all(allowed)
}

/// What is wrong with an image.
pub fn icon(answer: &Answer) -> Vec<String> {
    let begins: (&str, &[u8]) = match answer.header("content-type") {
        "image/svg+xml" => ("svg", b"<svg "),
        "image/png" => ("png", b"\x89PNG"),
        "image/webp" => ("webp", b"RIFF"),
        other => return vec![format!("an image of type {other:?}")],
    };
    if answer.body.starts_with(begins.1) {
        Vec::new()
    } else {
        vec![format!("the image is no {}", begins.0)]
    }
}
