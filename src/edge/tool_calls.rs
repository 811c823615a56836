//! Calls of tools that the edge asks for, as they come in pieces.
//!
//! OpenAI gives each call an index, an id and a name once, and its arguments piece by piece. Others
//! leave out the index (Ollama), give every call the same one, leave out the id, or send the arguments
//! as an object; those are put right, so that a caller needs to know OpenAI's shape alone.

use serde_json::{Value, json};

/// The calls so far.
#[derive(Debug, Clone, Default)]
pub struct ToolCalls {
    calls: Vec<Call>,
}

#[derive(Debug, Clone, PartialEq)]
struct Call {
    /// What the server calls it by.
    index: Option<u64>,
    given_id: Option<String>,
    id: String,
    name: String,
    arguments: String,
}

impl ToolCalls {
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The first tool that is asked for.
    pub fn first_name(&self) -> Option<&str> {
        self.calls.first().map(|call| call.name.as_str())
    }

    /// Takes in a piece of a call, and gives it in OpenAI's shape.
    pub fn take(&mut self, piece: &Value) -> Value {
        let function = piece.get("function").unwrap_or(piece);
        let name = text_of(function.get("name")).unwrap_or_default();
        let arguments = match function.get("arguments") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(object) => object.to_string(),
        };
        let index = piece.get("index").and_then(Value::as_u64);
        let given_id = text_of(piece.get("id"));
        match self.known(index, given_id.as_deref(), &name) {
            Some(at) => {
                let call = &mut self.calls[at];
                call.arguments.push_str(&arguments);
                if call.name.is_empty() {
                    call.name = name;
                }
                json!({"index": at, "function": {"arguments": arguments}})
            }
            None => {
                let at = self.calls.len();
                let id = given_id.clone().unwrap_or_else(|| format!("call_{at}"));
                let piece = json!({"index": at, "id": id, "type": "function",
                    "function": {"name": name, "arguments": arguments}});
                self.calls.push(Call { index, given_id, id, name, arguments });
                piece
            }
        }
    }

    /// The whole calls, in OpenAI's shape.
    pub fn to_json(&self) -> Vec<Value> {
        let whole = |call: &Call| {
            json!({"id": call.id, "type": "function",
                "function": {"name": call.name, "arguments": call.arguments}})
        };
        self.calls.iter().map(whole).collect()
    }

    /// Which of the calls a piece belongs to; `None`: it begins another.
    fn known(&self, index: Option<u64>, id: Option<&str>, name: &str) -> Option<usize> {
        let at = match index {
            Some(index) => self.calls.iter().rposition(|call| call.index == Some(index))?,
            // Without an index, whatever has a name of its own begins a call.
            None if !name.is_empty() => return None,
            None => self.calls.len().checked_sub(1)?,
        };
        let call = &self.calls[at];
        let another = id.is_some() && call.given_id.as_deref() != id && !name.is_empty();
        (!another).then_some(at)
    }
}

fn text_of(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each piece is a JSON object; each call is expected as its id, name and arguments.
    #[track_caller]
    fn check(pieces: &[&str], expected: &[[&str; 3]]) {
        let mut calls = ToolCalls::default();
        // What is passed on, put together as a caller would.
        let mut joined: Vec<[String; 3]> = Vec::new();
        for piece in pieces {
            let passed = calls.take(&serde_json::from_str(piece).unwrap());
            let at = passed["index"].as_u64().unwrap() as usize;
            joined.resize(joined.len().max(at + 1), Default::default());
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let function = &passed["function"];
            for (whole, part) in joined[at].iter_mut().zip([
                &passed["id"],
                &function["name"],
                &function["arguments"],
            ]) {
                whole.push_str(&text(part));
            }
        }
        assert_eq!(joined, expected);
        let whole = calls.to_json();
        let whole = whole.iter().map(|call| {
            let function = &call["function"];
            [&call["id"], &function["name"], &function["arguments"]].map(|v| v.as_str().unwrap())
        });
        assert_eq!(whole.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn calls_come_in_openais_shape() {
        // OpenAI, vLLM.
        check(
            &[
                r#"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#,
                r#"{"index":0,"function":{"arguments":"{\"x\":"}}"#,
                r#"{"index":0,"id":null,"function":{"name":null,"arguments":"1}"}}"#,
                r#"{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}"#,
            ],
            &[["a", "f", "{\"x\":1}"], ["b", "g", "{}"]],
        );
        // Ollama: no index; and each with the same one.
        check(
            &[
                r#"{"id":"a","function":{"name":"f","arguments":"{}"}}"#,
                r#"{"id":"b","function":{"name":"f","arguments":"{\"y\":2}"}}"#,
            ],
            &[["a", "f", "{}"], ["b", "f", "{\"y\":2}"]],
        );
        check(
            &[
                r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#,
                r#"{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}"#,
            ],
            &[["a", "f", "{}"], ["b", "g", "{}"]],
        );
        // Some repeat id and name in every piece.
        check(
            &[
                r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}"#,
                r#"{"index":0,"id":"a","function":{"name":"f","arguments":"}"}}"#,
            ],
            &[["a", "f", "{}"]],
        );
        // No id, arguments as an object.
        check(
            &[r#"{"function":{"name":"f","arguments":{"x":1}}}"#],
            &[["call_0", "f", "{\"x\":1}"]],
        );
        // The `function_call` of old.
        check(
            &[r#"{"name":"f","arguments":"{"}"#, r#"{"arguments":"}"}"#],
            &[["call_0", "f", "{}"]],
        );
    }
}
