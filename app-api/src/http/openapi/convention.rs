//! What holds for all endpoints, said once: refusals that any of them may give, codes as schemas, the
//! form of amounts, and that no field is ever left out of an answer.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use utoipa::openapi::{
    Content, Header, OpenApi, Ref, RefOr, Response,
    path::{Operation, PathItem},
    schema::{
        AllOfBuilder, ArrayItems, KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType,
        Type,
    },
};

const JSON: &str = "application/json";
const SCHEMAS: &str = "#/components/schemas/";
/// Fields that the specification of Solana Actions leaves out where they say nothing; and those of a price
/// rule, which is asked and answered in one form, that may be left out where it is asked.
const LEFT_OUT: [(&str, &str); 11] = [
    ("PriceRule", "cached_nano_usd"),
    ("PriceRule", "cost"),
    ("PriceRule", "kind"),
    ("PriceRule", "markup_bps"),
    ("PriceRule", "priority"),
    ("PriceRule", "upstream_model"),
    ("ActionView", "links"),
    ("ActionView", "error"),
    ("LinkedAction", "parameters"),
    ("Parameter", "min"),
    ("Parameter", "max"),
];
/// Any request may end so.
const ANYWHERE: [(&str, &str); 3] = [
    (
        "414",
        "`uri_too_long`: path and query have more than 8,000 bytes",
    ),
    (
        "500",
        "`internal`: something failed on this side; it is logged",
    ),
    (
        "504",
        "`timeout`: no answer could be made within 30 seconds",
    ),
];

/// Any request by a customer may end so.
const BY_CUSTOMERS: [(&str, &str); 3] = [
    (
        "401",
        "`unauthorized`: without an API key or an access token that is taken",
    ),
    (
        "429",
        "`rate_limited`: the key has made as many requests as it may",
    ),
    (
        "503",
        "`not_configured`: there are no secrets to know customers by",
    ),
];
/// How far its limit is used.
const LIMIT_HEADERS: [(&str, &str); 3] = [
    (
        "X-RateLimit-Limit",
        "Requests that the window of the tightest limit takes.",
    ),
    ("X-RateLimit-Remaining", "Of them, still free."),
    ("X-RateLimit-Reset", "When the window ends, Unix seconds."),
];

/// Applies them to a document made of the handlers' own descriptions.
pub(super) fn apply(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            answers(operation);
        }
    }
    let answered = answered(document);
    let schemas = document.components.iter_mut();
    for (name, schema) in schemas.flat_map(|components| components.schemas.iter_mut()) {
        if let RefOr::T(schema) = schema {
            fields(schema, answered.contains(name.as_str()));
            leave_out(name, schema);
        }
    }
}

/// All operations of a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.options,
        &mut item.head,
        &mut item.patch,
    ]
    .into_iter()
    .flatten()
}

fn answers(operation: &mut Operation) {
    let paged = operation
        .parameters
        .iter()
        .flatten()
        .any(|parameter| parameter.name == "cursor");
    let by_customers = names_security(operation, "apiKey");
    let responses = &mut operation.responses.responses;
    for (status, description) in ANYWHERE {
        responses
            .entry(status.to_owned())
            .or_insert_with(|| Response::new(description).into());
    }
    if by_customers {
        for (status, description) in BY_CUSTOMERS {
            responses
                .entry(status.to_owned())
                .or_insert_with(|| Response::new(description).into());
        }
    }
    let conditional = responses.contains_key("304");
    for (status, response) in responses.iter_mut() {
        let RefOr::T(response) = response else {
            continue;
        };
        if by_customers && (status.starts_with('2') || status == "429") {
            for (name, description) in LIMIT_HEADERS {
                header(response, name, description);
            }
        }
        if status.starts_with(['4', '5']) {
            refusal(status, response);
            continue;
        }
        if paged && status == "200" {
            header(
                response,
                "Link",
                "The next page with `rel=\"next\"`, RFC 8288; not there on the last.",
            );
        }
        if conditional {
            header(
                response,
                "ETag",
                "Names this answer: send it as `If-None-Match`.",
            );
            header(response, "Cache-Control", "How long it may be kept.");
        }
    }
}

/// Whether `name` is one of the ways to say who asks.
fn names_security(operation: &Operation, name: &str) -> bool {
    // A requirement tells its names only as JSON.
    let ways = serde_json::to_value(&operation.security).unwrap_or_default();
    let mut ways = ways.as_array().into_iter().flatten();
    ways.any(|way| way.get(name).is_some())
}

/// Gives a refusal its body, with the codes of its description.
fn refusal(status: &str, response: &mut Response) {
    let codes: Vec<Value> = codes(&response.description).map(Value::from).collect();
    if ["425", "429", "503"].contains(&status) {
        header(
            response,
            "Retry-After",
            "Seconds after which asking again can help, where that is known.",
        );
    }
    // One that answers with another form says so by its body.
    let own = response
        .content
        .get(JSON)
        .is_some_and(|content| !refers_to(content, "ErrorBody"));
    let Some(first) = codes.first().filter(|_| !own).cloned() else {
        return;
    };
    let code = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(codes));
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name("ErrorBody"))
        .item(ObjectBuilder::new().property("code", code))
        .build();
    let mut content = Content::new(Some(Schema::AllOf(schema)));
    content.example =
        Some(json!({ "code": first, "message": "what is wrong, and what to do about it" }));
    response.content.insert(JSON.to_owned(), content);
}

/// The lower-case words in backticks.
fn codes(description: &str) -> impl Iterator<Item = &str> {
    description.split('`').skip(1).step_by(2).filter(|word| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    })
}

fn header(response: &mut Response, name: &str, description: &str) {
    let mut header = Header::default();
    header.description = Some(description.to_owned());
    response.headers.entry(name.to_owned()).or_insert(header);
}

fn refers_to(content: &Content, name: &str) -> bool {
    matches!(&content.schema, Some(RefOr::Ref(r)) if r.ref_location == format!("{SCHEMAS}{name}"))
}

/// Names of the schemas that answers are made of.
fn answered(document: &OpenApi) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&RefOr<Schema>> = document
        .paths
        .paths
        .values()
        .flat_map(|item| [&item.get, &item.put, &item.post, &item.delete])
        .flatten()
        .flat_map(|operation| operation.responses.responses.values())
        .filter_map(|response| match response {
            RefOr::T(response) => Some(response),
            RefOr::Ref(_) => None,
        })
        .flat_map(|response| response.content.values())
        .filter_map(|content| content.schema.as_ref())
        .collect();
    let schemas = document.components.as_ref().map(|c| &c.schemas);
    while let Some(schema) = open.pop() {
        match schema {
            RefOr::T(schema) => open.extend(parts(schema)),
            RefOr::Ref(r) => {
                let name = r.ref_location.trim_start_matches(SCHEMAS);
                if found.insert(name.to_owned()) {
                    open.extend(schemas.and_then(|schemas| schemas.get(name)));
                }
            }
        }
    }
    found
}

/// What a schema is made of.
fn parts(schema: &Schema) -> Vec<&RefOr<Schema>> {
    match schema {
        Schema::Object(object) => object.properties.values().collect(),
        Schema::AllOf(all) => all.items.iter().collect(),
        Schema::OneOf(one) => one.items.iter().collect(),
        Schema::AnyOf(any) => any.items.iter().collect(),
        Schema::Array(array) => match &array.items {
            ArrayItems::RefOrSchema(items) => vec![items],
            ArrayItems::False => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The form of a schema's fields, which their names tell; in an answer none is left out.
fn fields(schema: &mut Schema, answered: bool) {
    match schema {
        Schema::Object(object) => {
            if answered {
                object.required = object.properties.keys().cloned().collect();
            }
            for (name, property) in &mut object.properties {
                if let RefOr::T(Schema::Object(property)) = property {
                    amount(name, property);
                }
            }
        }
        Schema::AllOf(all) => {
            for item in &mut all.items {
                if let RefOr::T(item) = item {
                    fields(item, answered);
                }
            }
        }
        _ => {}
    }
}

/// Takes back what is not always there.
fn leave_out(name: &str, schema: &mut Schema) {
    if let Schema::Object(object) = schema {
        let left_out = |field: &String| LEFT_OUT.contains(&(name, field.as_str()));
        object.required.retain(|field| !left_out(field));
    }
}

/// Money is a decimal string of a whole number, and says so.
fn amount(name: &str, property: &mut utoipa::openapi::Object) {
    let string = match &property.schema_type {
        SchemaType::Type(kind) => *kind == Type::String,
        SchemaType::Array(kinds) => kinds.contains(&Type::String),
        SchemaType::AnyValue => false,
    };
    let whole = ["Lamports", "Units", "NanoUsd", "_nano_usd"]
        .iter()
        .any(|unit| name.ends_with(unit))
        || name == "units";
    if string && whole && property.pattern.is_none() && property.enum_values.is_none() {
        property.pattern = Some("^[0-9]+$".to_owned());
        if property.examples.is_empty() && property.example.is_none() {
            property.examples = vec![json!("1500000000")];
        }
    }
    if name.ends_with("Unix") && property.format.is_none() {
        property.format = Some(SchemaFormat::KnownFormat(KnownFormat::Int64));
    }
}

#[cfg(test)]
mod tests {
    use super::codes;

    #[test]
    fn codes_are_the_words_in_backticks() {
        let text = "`not_settled`: events before `to` may settle; `x-y` and `A` are no codes";
        assert_eq!(codes(text).collect::<Vec<_>>(), ["not_settled", "to"]);
    }
}
