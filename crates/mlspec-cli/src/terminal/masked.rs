//! Excerpts of pipeline files without secrets. A file that holds one is refused, and what refuses it must not show it.

/// The fields whose values must be references to the environment.
const FIELDS: [&str; 2] = ["password:", "url:"];

/// The text with every plain value of such a field masked; lines and columns stay where they are.
pub(super) fn masked(text: &str) -> String {
    text.split_inclusive('\n').map(masked_line).collect()
}

fn masked_line(line: &str) -> String {
    let mut shown = line.to_owned();
    for field in FIELDS {
        let mut from = 0;
        while let Some(at) = shown.get(from..).and_then(|rest| rest.find(field)) {
            let start = from + at + field.len();
            let rest = shown.get(start..).unwrap_or_default();
            let quoted = rest.trim_start().starts_with(['"', '\'']);
            let end = match quoted {
                true => rest.len(),
                false => rest.find([',', '}']).unwrap_or(rest.len()),
            };
            // `{env: NAME}` is a reference.
            if !rest.trim_start().starts_with('{') {
                let value = rest.get(..end).unwrap_or_default();
                let hidden: String = value.chars().map(|c| if c.is_whitespace() { c } else { '*' }).collect();
                shown.replace_range(start..start + end, &hidden);
            }
            from = start;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secrets_are_masked() {
        let check = |text: &str, expected: &str| assert_eq!(masked(text), expected, "{text}");
        check("  password: hunter2\n", "  password: *******\n");
        check("{host: db, password: hunter2, port: 1}\n", "{host: db, password: *******, port: 1}\n");
        check("password: \"a, b}\"\n", "password: *** ***\n");
        check("{password: {env: NAME}}\n", "{password: {env: NAME}}\n");
        check("url: postgres://u:pw@host/db\nnext: 1\n", "url: ***********************\nnext: 1\n");
        check("password: ключ\n", "password: ****\n");
        check("steps:\n  a: {uses: ingest@1}\n", "steps:\n  a: {uses: ingest@1}\n");
    }
}
