use super::*;

fn day(number: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + chrono::TimeDelta::days(number)
}

fn closes(key: &str, due: i64, closing: Closing) -> Closer {
    Closer { key: key.to_owned(), due: day(due), closing, spares_the_hire: false }
}

fn candidate(id: usize, category: Category, due: i64) -> Candidate {
    Candidate {
        id,
        category,
        due: day(due),
        workflow: format!("w{id}"),
        key: format!("k{id}"),
        is_of_hire: category == Category::Joiner,
        closer: None,
        exempt: false,
    }
}

fn closing(id: usize, due: i64) -> Candidate {
    Candidate { closer: Some(closes(&format!("k{id}"), due, Closing::Leaving)), ..candidate(id, Category::Leaver, due) }
}

fn open(key: &str, category: Category, due: i64) -> OpenWork {
    OpenWork {
        key: key.to_owned(),
        slice: format!("s{key}"),
        category,
        due: day(due),
        is_of_hire: category == Category::Joiner,
        exempt: false,
    }
}

fn left(key: &str) -> Departure {
    Departure { left: Some(key.to_owned()), ..Departure::default() }
}

/// What gives way to what, in a few words: `2<k0` says that candidate 2 gives way to k0.
fn outcome(candidates: &[Candidate], departure: &Departure) -> Vec<String> {
    let placed = place(candidates, &[], departure).candidates;
    let word = |(id, placement): &(usize, Placement)| match placement {
        Placement::Superseded { by } => format!("{id}<{by}"),
        Placement::Planned { .. } => id.to_string(),
    };
    placed.iter().map(word).collect()
}

#[test]
fn only_who_has_left_gives_way() {
    use Category::{Joiner, Leaver, Mover};
    let (joiner, mover) = (candidate(0, Joiner, 1), candidate(1, Mover, 2));
    let reminder = candidate(2, Leaver, 3);
    let not_of_hire = Candidate { is_of_hire: false, ..joiner.clone() };
    let idle = |due| Candidate { closer: Some(closes("k2", due, Closing::State)), ..candidate(2, Leaver, due) };
    let sparing = Candidate { closer: Some(Closer { spares_the_hire: true, ..closes("k2", 3, Closing::Leaving) }), ..reminder.clone() };
    let both = [joiner.clone(), mover.clone()];
    let with = |leaver: &Candidate| [joiner.clone(), mover.clone(), leaver.clone()];
    let earlier = Departure { closers: vec![closes("old", 1, Closing::Leaving)], ..Departure::default() };
    let earlier_idle = Departure { closers: vec![closes("idle", 5, Closing::State)], ..Departure::default() };
    let back = Departure { is_return: true, ..left("leave") };
    let cases: [(&str, &[Candidate], Departure, &[&str]); 13] = [
        ("nobody leaves", &both, Departure::default(), &["1", "0"]),
        ("a reminder supersedes nobody", &with(&reminder), Departure::default(), &["2", "1", "0"]),
        ("off-boarding in the same evaluation", &with(&closing(2, 3)), Departure::default(), &["2", "1<k2", "0<k2"]),
        ("off-boarding of an earlier evaluation", &both, earlier.clone(), &["1<old", "0<old"]),
        ("the later of two", &with(&closing(2, 3)), earlier, &["2", "1<k2", "0<k2"]),
        ("only the leave date says so", &both, left("leave"), &["1<leave", "0<leave"]),
        ("a reminder for who has left", &with(&reminder), left("leave"), &["2", "1<leave", "0<leave"]),
        ("between two employments: the return's own work is done", &both, back.clone(), &["1<leave", "0"]),
        ("other joiner work is not", &[not_of_hire], back, &["0<leave"]),
        ("work that spares the hire", &with(&sparing), Departure::default(), &["2", "1<k2", "0"]),
        ("closed for inactivity: joiner work that was due before", &with(&idle(3)), Departure::default(), &["2", "1", "0<k2"]),
        ("closed for inactivity: joiner work that is due later", &with(&idle(0)), Departure::default(), &["2", "1", "0"]),
        ("closed for inactivity earlier", &both, earlier_idle, &["1", "0<idle"]),
    ];
    for (what, candidates, departure, expected) in cases {
        assert_eq!(outcome(candidates, &departure), expected, "{what}");
    }
}

#[test]
fn what_a_person_asked_for_by_name_is_done() {
    let exempt = Candidate { exempt: true, ..candidate(0, Category::Joiner, 1) };
    assert_eq!(outcome(&[exempt], &left("leave")), ["0"]);
}

#[test]
fn open_work_gives_way_or_is_waited_for() {
    let work = [open("j", Category::Joiner, 1), open("l", Category::Leaver, 1)];
    let placed = place(&[closing(0, 3)], &work, &Departure::default());
    assert_eq!(placed.superseded, [("j".to_owned(), "sj".to_owned(), "k0".to_owned())]);
    assert_eq!(
        placed.candidates[0].1,
        Placement::Planned { after: vec![], slices: vec!["sl".to_owned()], supersedes: vec!["sj".to_owned()], off_boards: true }
    );
    let placed = place(&[candidate(0, Category::Leaver, 3)], &work, &Departure::default());
    assert!(placed.superseded.is_empty());
    assert_eq!(
        placed.candidates[0].1,
        Placement::Planned { after: vec![], slices: vec!["sj".to_owned(), "sl".to_owned()], supersedes: vec![], off_boards: false },
        "leaver work that closes nothing takes its turn"
    );
}

#[test]
fn open_work_gives_way_also_where_nothing_new_is_due() {
    let placed = place(&[], &[open("m", Category::Mover, 1)], &left("leave"));
    assert_eq!(placed.superseded, [("m".to_owned(), "sm".to_owned(), "leave".to_owned())]);
}

#[test]
fn what_a_person_asked_for_after_somebody_had_left_gives_way_to_a_new_departure_only() {
    let asked = [OpenWork { exempt: true, ..open("m", Category::Mover, 5) }];
    let departure = Departure { closers: vec![closes("old", 1, Closing::Leaving)], ..left("leave") };
    assert!(place(&[], &asked, &departure).superseded.is_empty());
    let placed = place(&[closing(0, 6)], &asked, &departure);
    assert_eq!(placed.superseded, [("m".to_owned(), "sm".to_owned(), "k0".to_owned())]);
}

#[test]
fn order_is_category_then_due_then_name() {
    let placed = place(
        &[candidate(0, Category::Joiner, 1), candidate(1, Category::Mover, 9), candidate(2, Category::Mover, 8)],
        &[],
        &Departure::default(),
    )
    .candidates;
    assert_eq!(placed.iter().map(|entry| entry.0).collect::<Vec<_>>(), [2, 1, 0]);
    assert_eq!(placed[2].1, Placement::Planned { after: vec![2, 1], slices: vec![], supersedes: vec![], off_boards: false });
}
