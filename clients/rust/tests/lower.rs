//! What an OpenAPI 3.1 document may say, and the generator cannot read, becomes what it can.

#[path = "../build/lower.rs"]
mod lower;

use anyhow::Result;
use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle};
use serde_json::{Value, json};

/// The generated code without spaces.
fn generated(mut document: Value) -> Result<String> {
    lower::lower(&mut document);
    let document = serde_json::from_value(document)?;
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder);
    let code = Generator::new(&settings).generate_tokens(&document)?;
    Ok(code.to_string().replace(' ', ""))
}

#[allow(clippy::indexing_slicing, reason = "a field that is not there is made")]
fn document(paths: &Value, schemas: &Value) -> Value {
    let refusal = json!({ "type": "object", "required": ["code"], "properties": { "code": { "type": "string" } } });
    let mut schemas = schemas.clone();
    schemas["ErrorBody"] = refusal;
    json!({
        "openapi": "3.1.0",
        "info": { "title": "t", "version": "1", "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" } },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

#[test]
fn answers_of_any_kind_and_refusals_of_one() -> Result<()> {
    let json_of = |name: &str| json!({ "description": "d", "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{name}") } } } });
    let text = |kind: &str| json!({ "description": "d", "content": { kind: { "schema": { "type": "string" } } } });
    let of = |id: &str, responses: Value| json!({ "operationId": id, "tags": ["public"], "responses": responses });
    let code = generated(document(
        &json!({
            "/a": {
                "get": of("one", json!({ "200": json_of("A"), "202": json_of("B"), "304": { "description": "d" }, "404": text("text/plain") })),
                "options": of("before", json!({ "204": { "description": "d" } })),
            },
            "/stream": { "get": of("events", json!({ "200": text("text/event-stream") })) },
            "/table/{of}.csv": { "get": {
                "operationId": "table", "tags": ["public"], "responses": { "200": text("text/csv") },
                "parameters": [
                    { "name": "of", "in": "path", "required": true, "schema": { "type": "string", "pattern": "^a$", "format": "solana-address" } },
                    { "name": "limit", "in": "query", "schema": { "type": ["integer", "null"], "format": "int32", "minimum": 1, "maximum": 9, "default": 5 } },
                ],
            } },
            "/secret": { "get": { "operationId": "secret", "tags": ["internal"], "responses": { "200": json_of("A") } } },
        }),
        &json!({ "A": { "type": "object" }, "B": { "type": "object" } }),
    ))?;
    for expected in [
        "pubfnone(&self)",
        "pubfntable(&self)",
        "Result<ResponseValue<ByteStream>,Error<types::ErrorBody>,>",
        "pubfnlimit<V>",
    ] {
        assert!(code.contains(expected), "no {expected} in {code}");
    }
    for unexpected in ["before", "secret", "regress", "NonZero"] {
        assert!(!code.contains(unexpected), "{unexpected} in {code}");
    }
    Ok(())
}

#[test]
fn types_stay_what_they_are() -> Result<()> {
    let code = generated(document(
        &json!({}),
        &json!({
            "Row": {
                "type": "object",
                "additionalProperties": false,
                "required": ["at", "slot", "maybe", "other", "pair"],
                "properties": {
                    "at": { "type": "string", "format": "date-time" },
                    "slot": { "type": "integer", "format": "int64", "minimum": 0 },
                    "signed": { "type": "integer", "format": "int64" },
                    "maybe": { "type": ["string", "null"], "pattern": "^[0-9]+$", "examples": ["1"] },
                    "other": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Other" }] },
                    "pair": { "type": "array", "prefixItems": [{ "type": "string" }], "items": false },
                    "kind": { "type": "string", "const": "sol" },
                },
            },
            "Other": { "type": "object", "properties": {} },
        }),
    ))?;
    for expected in [
        "pubat:::std::string::String",
        "pubslot:u64",
        "pubsigned:::std::option::Option<i64>",
        "pubmaybe:::std::option::Option<::std::string::String>",
        "pubother:::std::option::Option<Other>",
        "pubpair:::std::vec::Vec<::serde_json::Value>",
        "pubkind:::std::option::Option<RowKind>",
    ] {
        assert!(code.contains(expected), "no {expected} in {code}");
    }
    assert!(!code.contains("deny_unknown_fields"), "{code}");
    Ok(())
}
