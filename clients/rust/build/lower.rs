//! OpenAPI 3.1 as the generator reads it, 3.0: the same answers, said in the older words.

use serde_json::{Map, Value, json};

/// Words of a schema that say nothing about a type, or that only the server needs to check: what it
/// takes may widen without a new client.
const UNTYPED: [&str; 11] = [
    "const",
    "default",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxLength",
    "maximum",
    "minLength",
    "pattern",
    "prefixItems",
    "propertyNames",
];

/// The body of every refusal.
const ERROR: &str = "#/components/schemas/ErrorBody";

/// Rewrites a document in place.
pub fn lower(document: &mut Value) {
    if let Some(root) = document.as_object_mut() {
        root.insert("openapi".to_owned(), json!("3.0.3"));
    }
    if let Some(license) = document
        .pointer_mut("/info/license")
        .and_then(Value::as_object_mut)
    {
        license.remove("identifier");
    }
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        paths.retain(|_, path| !internal(path));
        // What browsers and proxies ask before they ask.
        for path in paths.values_mut().filter_map(Value::as_object_mut) {
            path.retain(|method, _| !matches!(&**method, "options" | "head"));
        }
    }
    for operation in values(document.get_mut("paths")).flat_map(|path| values(Some(path))) {
        responses(operation);
        for parameter in operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Some(of) = parameter.get_mut("schema") {
                schema(of);
                // What may be left out is not null as well.
                of.as_object_mut().and_then(|of| of.remove("nullable"));
            }
        }
        for media in values(operation.pointer_mut("/requestBody/content")) {
            media.get_mut("schema").map(schema);
        }
        archive(operation);
    }
    for of in values(document.pointer_mut("/components/schemas")) {
        schema(of);
    }
}

/// Whether only operators ask it.
fn internal(path: &Value) -> bool {
    let mut operations = path.as_object().into_iter().flat_map(Map::values);
    operations.any(|operation| operation["tags"] == json!(["internal"]))
}

/// An archive goes out as any other bytes: the generator knows no archives.
fn archive(operation: &mut Value) {
    let content = operation.pointer_mut("/requestBody/content");
    let Some(content) = content.and_then(Value::as_object_mut) else {
        return;
    };
    if content.remove("application/zip").is_some() {
        let bytes = json!({ "schema": { "type": "string", "format": "binary" } });
        content.insert("application/octet-stream".to_owned(), bytes);
    }
}

/// One kind of success and one of refusal: the generator knows no more of each.
fn responses(operation: &mut Value) {
    let Some(all) = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let mut found = false;
    all.retain(|status, _| status.starts_with('2') && !std::mem::replace(&mut found, true));
    for response in all.values_mut() {
        // What is there as a page or on paper too is read as JSON.
        if let Some(content) = response.get_mut("content").and_then(Value::as_object_mut)
            && content.contains_key("application/json")
        {
            content.retain(|kind, _| kind == "application/json");
        }
        for media in values(response.get_mut("content")) {
            media.get_mut("schema").map(schema);
        }
    }
    let refusal = json!({
        "description": "Refused, and why.",
        "content": { "application/json": { "schema": { "$ref": ERROR } } },
    });
    for range in ["4XX", "5XX"] {
        all.insert(range.to_owned(), refusal.clone());
    }
}

/// Rewrites a schema and all in it.
fn schema(of: &mut Value) {
    let Some(map) = of.as_object_mut() else {
        return;
    };
    if let Some(constant) = map.get("const").filter(|value| value.is_string()) {
        let only = json!([constant]);
        map.insert("enum".to_owned(), only);
    }
    map.retain(|word, _| !UNTYPED.contains(&word.as_str()));
    // Of bounds only the sign makes a type.
    if map.remove("minimum") == Some(json!(0)) {
        match map.get("format").and_then(Value::as_str) {
            Some("int64") => map.insert("format".to_owned(), json!("uint64")),
            Some("int32") => map.insert("format".to_owned(), json!("uint32")),
            _ => None,
        };
    }
    // A tuple is a list, and what an answer gains later breaks no client.
    for word in ["items", "additionalProperties"] {
        if map.get(word).is_some_and(Value::is_boolean) {
            map.remove(word);
        }
    }
    null_type(map);
    // A time or an address stays the text it is.
    if map.get("type") == Some(&json!("string")) {
        map.remove("format");
    }
    null_choice(map);
    for word in [
        "properties",
        "additionalProperties",
        "items",
        "oneOf",
        "anyOf",
        "allOf",
    ] {
        match map.get_mut(word) {
            Some(Value::Array(list)) => list.iter_mut().for_each(schema),
            Some(found) if word == "properties" => values(Some(found)).for_each(schema),
            Some(found) => schema(found),
            None => {}
        }
    }
}

/// `"type": ["string", "null"]` becomes a nullable string.
fn null_type(map: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = map.get("type") else {
        return;
    };
    let one = types.iter().find(|ty| *ty != "null").cloned();
    if let Some(one) = one {
        map.insert("type".to_owned(), one);
        map.insert("nullable".to_owned(), json!(true));
    }
}

/// One of null and a type becomes that type, nullable.
fn null_choice(map: &mut Map<String, Value>) {
    for word in ["oneOf", "anyOf"] {
        let Some(Value::Array(choices)) = map.get_mut(word) else {
            continue;
        };
        let before = choices.len();
        choices.retain(|choice| choice["type"] != "null");
        if choices.len() == before {
            continue;
        }
        if let [one] = choices.as_slice() {
            let one = json!([one]);
            map.remove(word);
            map.insert("allOf".to_owned(), one);
        }
        map.insert("nullable".to_owned(), json!(true));
    }
}

/// The values of an object; none where it is not there.
fn values(of: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    of.and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(Map::values_mut)
}
