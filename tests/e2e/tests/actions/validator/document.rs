//! Bodies: actions, the rules of a site, errors.

use serde_json::Value;

/// Types of an input, and those of them that list options.
const INPUTS: [&str; 11] = [
    "text",
    "email",
    "url",
    "number",
    "date",
    "datetime-local",
    "textarea",
    "select",
    "radio",
    "checkbox",
    "",
];
const SELECTABLE: [&str; 3] = ["select", "radio", "checkbox"];
/// Words of a label.
const LONGEST_LABEL: usize = 5;

fn text<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn label(of: &Value, faults: &mut Vec<String>) {
    match text(of, "label") {
        None => faults.push("no label".into()),
        Some(label) if label.split_whitespace().count() > LONGEST_LABEL => {
            faults.push(format!("the label {label:?} has more than five words"));
        }
        Some(_) => {}
    }
}

/// What is wrong with the answer to GET.
pub fn action(json: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for name in ["title", "description"] {
        if text(json, name).is_none() {
            faults.push(format!("no {name}"));
        }
    }
    label(json, &mut faults);
    if json.get("type").is_some_and(|kind| kind != "action") {
        faults.push("the first answer's type is not action".into());
    }
    if json.get("disabled").is_some_and(|v| !v.is_boolean()) {
        faults.push("disabled is no boolean".into());
    }
    if let Some(error) = json.get("error") {
        faults.extend(self::error(error));
    }
    let icon = text(json, "icon").unwrap_or_default();
    let is_absolute = icon.starts_with("http://") || icon.starts_with("https://");
    let is_image = [".svg", ".png", ".webp"].iter().any(|e| icon.ends_with(e));
    if !is_absolute || !is_image {
        faults.push(format!(
            "the icon {icon:?} is no absolute address of an image"
        ));
    }
    if let Some(links) = json.get("links") {
        match links.get("actions").and_then(Value::as_array) {
            None => faults.push("links without actions".into()),
            Some(actions) => actions.iter().for_each(|a| linked(a, &mut faults)),
        }
    }
    faults
}

fn linked(action: &Value, faults: &mut Vec<String>) {
    label(action, faults);
    let kind = text(action, "type").unwrap_or_default();
    if !["transaction", "message", "post", "external-link"].contains(&kind) {
        faults.push(format!("a linked action of type {kind:?}"));
    }
    let href = text(action, "href").unwrap_or_default();
    if !href.starts_with('/') && !href.starts_with("https://") && !href.starts_with("http://") {
        faults.push(format!("href {href:?} is no address"));
    }
    let none = Vec::new();
    let parameters = action
        .get("parameters")
        .map_or(Some(&none), Value::as_array);
    let Some(parameters) = parameters else {
        faults.push("parameters are no list".into());
        return;
    };
    parameters.iter().for_each(|p| parameter(p, faults));
    // What stands in braces is filled in by an input of that name.
    for place in href.split('{').skip(1) {
        let name = place.split('}').next().unwrap_or_default();
        if !parameters.iter().any(|p| text(p, "name") == Some(name)) {
            faults.push(format!("nothing fills in {{{name}}} of {href:?}"));
        }
    }
}

fn parameter(parameter: &Value, faults: &mut Vec<String>) {
    let name = text(parameter, "name").unwrap_or_default();
    if name.is_empty() {
        faults.push("a parameter without a name".into());
    }
    let kind = text(parameter, "type").unwrap_or_default();
    if !INPUTS.contains(&kind) {
        faults.push(format!("parameter {name:?} is of type {kind:?}"));
    }
    if SELECTABLE.contains(&kind) {
        let options = parameter.get("options").and_then(Value::as_array);
        let complete =
            |o: &Value| text(o, "label").is_some() && o.get("value").is_some_and(Value::is_string);
        if !options.is_some_and(|options| !options.is_empty() && options.iter().all(complete)) {
            faults.push(format!("parameter {name:?} lacks options"));
        }
    }
    if parameter.get("required").is_some_and(|v| !v.is_boolean()) {
        faults.push(format!("parameter {name:?}: required is no boolean"));
    }
    if text(parameter, "pattern").is_some() && text(parameter, "patternDescription").is_none() {
        faults.push(format!(
            "parameter {name:?} has a pattern and no description of it"
        ));
    }
    let bound = |end: &str| parameter.get(end);
    let is_date = kind == "date" || kind == "datetime-local";
    for end in ["min", "max"] {
        let fits = |v: &Value| {
            if is_date {
                v.is_string()
            } else {
                v.is_number()
            }
        };
        if !bound(end).is_none_or(fits) {
            faults.push(format!("parameter {name:?}: {end} is of the wrong type"));
        }
    }
    let number = |end: &str| bound(end).and_then(Value::as_f64);
    if number("min")
        .zip(number("max"))
        .is_some_and(|(min, max)| min > max)
    {
        faults.push(format!("parameter {name:?}: min is above max"));
    }
}

/// What is wrong with `ActionError`.
pub fn error(json: &Value) -> Vec<String> {
    match text(json, "message") {
        Some(_) => Vec::new(),
        None => vec!["an error without a message".into()],
    }
}

/// What is wrong with `actions.json`.
pub fn rules(json: &Value) -> Vec<String> {
    let Some(rules) = json.get("rules").and_then(Value::as_array) else {
        return vec!["no rules".into()];
    };
    let mut faults = Vec::new();
    for rule in rules {
        for name in ["pathPattern", "apiPath"] {
            let path = text(rule, name).unwrap_or_default();
            if !path.starts_with('/') && !path.starts_with("https://") {
                faults.push(format!("{name} {path:?} is no path"));
            }
            if path.contains('?') {
                faults.push(format!("{name} {path:?} has an unsupported operator"));
            }
            if path.find("**").is_some_and(|at| at + 2 != path.len()) {
                faults.push(format!("{name} {path:?}: ** is not the last operator"));
            }
        }
    }
    faults
}
