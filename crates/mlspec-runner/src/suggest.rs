//! The name that was probably meant.

/// A hint with the known name that is nearest, if one is near.
pub(crate) fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = |candidate: &&str| {
        let distance = strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase());
        (distance <= (name.len().max(candidate.len()) + 1) / 3).then_some(distance)
    };
    let known: Vec<&str> = known.into_iter().collect();
    let best = known.iter().filter_map(|candidate| Some((near(candidate)?, *candidate))).min();
    match best {
        Some((_, candidate)) => Some(format!("did you mean `{candidate}`?")),
        None if known.is_empty() || known.len() > 20 => None,
        None if known.len() == 1 => known.first().map(|name| format!("there is only `{name}`")),
        None => {
            Some(format!("there are {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::suggest;

    #[test]
    fn near_names_are_suggested_and_others_listed() {
        let check = |name, expect: Option<&str>| {
            assert_eq!(suggest(name, ["train", "test"]).as_deref(), expect, "{name}");
        };
        check("trian", Some("did you mean `train`?"));
        check("TEST", Some("did you mean `test`?"));
        check("rows", Some("there are `train`, `test`"));
        assert_eq!(suggest("rows", ["a"]).as_deref(), Some("there is only `a`"));
        assert_eq!(suggest("rows", []), None);
    }
}
