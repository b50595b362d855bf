//! What was probably meant.

/// The candidate most like a text, if it is like enough: one edit in three characters, case aside.
pub(crate) fn closest<'c>(text: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    // A hostile key is not worth a quadratic comparison.
    const LONGEST: usize = 64;
    let folded = text.to_lowercase().replace('_', "-");
    if folded.len() > LONGEST {
        return None;
    }
    let limit = |candidate: &str| folded.chars().count().max(candidate.chars().count()).div_ceil(3);
    candidates
        .filter(|candidate| candidate.len() <= LONGEST && *candidate != text)
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &candidate.to_lowercase().replace('_', "-")), candidate))
        .filter(|(distance, candidate)| *distance <= limit(candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Names in backticks, at most twelve.
pub(crate) fn listed(names: &[impl AsRef<str>]) -> String {
    const MOST: usize = 12;
    let mut text = names.iter().take(MOST).map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text.push_str(&format!(" and {} more", names.len() - MOST));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_suggested_if_it_is_close() {
        let known = ["uses", "inputs", "settings", "after", "description"];
        for (written, expect) in [
            ("usse", Some("uses")),
            ("Uses", Some("uses")),
            ("input", Some("inputs")),
            ("setings", Some("settings")),
            ("DESCRIPTION", Some("description")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(closest(written, known.into_iter()), expect, "{written}");
        }
        assert_eq!(closest(&"x".repeat(100_000), known.into_iter()), None);
        assert_eq!(closest("uses", ["uses"].into_iter()), None, "what is written is no suggestion");
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(listed(&["a", "b"]), "`a`, `b`");
        assert!(listed(&["x"; 20]).ends_with("`x` and 8 more"));
    }
}
