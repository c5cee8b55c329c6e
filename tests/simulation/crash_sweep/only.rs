//! The variables that take some of the cases only. One that names nothing must not look like success: with nothing to do
//! every test passes.

/// The variables; their parts, which stand between slashes; and how many of them may be given.
const FILTERS: [(&str, &[&str], &[usize]); 4] = [
    ("TENURE_SWEEP_ONLY", &["scenario"], &[1]),
    ("TENURE_SWEEP_ONE", &["scenario", "fault", "k"], &[3]),
    ("TENURE_FAULTS_ONLY", &["scenario", "fault", "who", "k"], &[1, 2, 4]),
    ("TENURE_LIFECYCLE_ONLY", &["scene"], &[1]),
];

/// The part that is a number from 1; whoever asks looks whether there are so many.
const NUMBER: &str = "k";

/// The parts that the variable of the environment names; none, if it is not set or empty. `names` are those that each part
/// may have.
pub fn only(variable: &str, names: &[Vec<String>]) -> Vec<String> {
    let value = std::env::var(variable).unwrap_or_default();
    read(variable, &value, names).unwrap_or_else(|complaint| panic!("{complaint}"))
}

/// The names of values as they print themselves.
pub fn printed<T: std::fmt::Debug>(values: &[T]) -> Vec<String> {
    values.iter().map(|value| format!("{value:?}")).collect()
}

fn read(variable: &str, value: &str, names: &[Vec<String>]) -> Result<Vec<String>, String> {
    if value.is_empty() {
        return Ok(Vec::new());
    }
    let filter = FILTERS.iter().find(|(name, ..)| *name == variable);
    let (_, parts, counts) = filter.ok_or_else(|| format!("{variable} is not among the filters"))?;
    let given: Vec<&str> = value.split('/').collect();
    if !counts.contains(&given.len()) {
        let forms: Vec<String> = counts.iter().map(|count| parts[..*count].join("/")).collect();
        return Err(format!("{variable}={value}: it may be {}", forms.join(" or ")));
    }
    for (position, (part, given)) in parts.iter().zip(&given).enumerate() {
        if *part == NUMBER {
            if !given.parse::<u64>().is_ok_and(|number| number > 0) {
                return Err(format!("{variable}={value}: {given} is no {part}, which is a number from 1"));
            }
        } else if !names.get(position).is_some_and(|names| names.iter().any(|name| name == given)) {
            let may_be = names.get(position).map_or(String::new(), |names| names.join(", "));
            return Err(format!("{variable}={value}: {given} is no {part}; it may be {may_be}"));
        }
    }
    Ok(given.into_iter().map(str::to_owned).collect())
}

#[test]
fn a_filter_that_names_nothing_is_refused() {
    let names = |of: &[&str]| of.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let names = [names(&["joiner", "leaver"]), names(&["Refuse", "Lose"]), names(&["Lease", "Execute"])];
    // What is complained about; none: it names something.
    let cases = [
        ("TENURE_SWEEP_ONLY", "", None),
        ("TENURE_SWEEP_ONLY", "leaver", None),
        ("TENURE_SWEEP_ONLY", "leavers", Some("leavers is no scenario; it may be joiner, leaver")),
        ("TENURE_SWEEP_ONLY", "Leaver", Some("Leaver is no scenario; it may be joiner, leaver")),
        ("TENURE_SWEEP_ONLY", " ", Some("  is no scenario; it may be joiner, leaver")),
        ("TENURE_SWEEP_ONLY", "leaver/Refuse", Some("it may be scenario")),
        ("TENURE_SWEEP_ONE", "leaver/Refuse/40", None),
        ("TENURE_SWEEP_ONE", "leaver", Some("it may be scenario/fault/k")),
        ("TENURE_SWEEP_ONE", "leaver/refuse/40", Some("refuse is no fault; it may be Refuse, Lose")),
        ("TENURE_SWEEP_ONE", "leaver/Refuse/0", Some("0 is no k, which is a number from 1")),
        ("TENURE_SWEEP_ONE", "leaver/Refuse/x", Some("x is no k, which is a number from 1")),
        ("TENURE_FAULTS_ONLY", "joiner", None),
        ("TENURE_FAULTS_ONLY", "joiner/Lose", None),
        ("TENURE_FAULTS_ONLY", "joiner/Lose/Execute/3", None),
        ("TENURE_FAULTS_ONLY", "joiner/", Some(" is no fault; it may be Refuse, Lose")),
        ("TENURE_FAULTS_ONLY", "joiner/Lost", Some("Lost is no fault; it may be Refuse, Lose")),
        ("TENURE_FAULTS_ONLY", "joiner/Lose/Execute", Some("it may be scenario or scenario/fault or scenario/fault/who/k")),
        ("TENURE_FAULTS_ONLY", "joiner/Lose/Nobody/3", Some("Nobody is no who; it may be Lease, Execute")),
        ("TENURE_FAULTS_ONLY", "joiner/Lose/Execute/3/4", Some("it may be scenario or")),
        ("TENURE_LIFECYCLE_ONLY", "leaver", None),
        ("TENURE_LIFECYCLE_ONLY", "heals", Some("heals is no scene; it may be joiner, leaver")),
        ("TENURE_SWEEPS", "leaver", Some("TENURE_SWEEPS is not among the filters")),
    ];
    for (variable, value, complaint) in cases {
        let found = read(variable, value, &names);
        let parts = value.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        match complaint {
            None => assert_eq!(found, Ok(parts), "{variable}={value}"),
            Some(complaint) => {
                let found = found.expect_err(variable);
                assert!(found.contains(variable) && found.contains(complaint), "{variable}={value}: `{found}` lacks `{complaint}`");
            }
        }
    }
}
