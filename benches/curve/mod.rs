//! A picture of measured times over numbers of people, both in powers of ten, so that what is linear is straight.

use std::fmt::Write as _;

/// One measurement.
pub struct Point {
    pub people: f64,
    pub seconds: f64,
}

/// The measurements of one rule.
pub struct Series {
    pub label: &'static str,
    pub points: Vec<Point>,
}

const COLOURS: [&str; 2] = ["#0b6bcb", "#b3541e"];
/// The drawing area: left, top, right, bottom.
const AREA: [f64; 4] = [80.0, 56.0, 740.0, 380.0];
/// Powers of ten on the axes: people, seconds.
const PEOPLE: [i32; 2] = [4, 6];
const SECONDS: [i32; 2] = [-4, 0];

/// The slope of the straight line that is nearest to the points in powers of ten: 1 is linear.
pub fn exponent(points: &[Point]) -> f64 {
    let (mut count, mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for point in points {
        let (people, seconds) = (point.people.log10(), point.seconds.log10());
        count += 1.0;
        x += people;
        y += seconds;
        xx += people * people;
        xy += people * seconds;
    }
    (count * xy - x * y) / (count * xx - x * x)
}

fn place(people: f64, seconds: f64) -> (f64, f64) {
    let along = |value: f64, range: [i32; 2]| (value.log10() - f64::from(range[0])) / f64::from(range[1] - range[0]);
    let [left, top, right, bottom] = AREA;
    (left + along(people, PEOPLE) * (right - left), bottom - along(seconds, SECONDS) * (bottom - top))
}

/// The picture as SVG.
pub fn picture(series: &[Series]) -> String {
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 780 520\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n\
         <rect width=\"780\" height=\"520\" fill=\"#fff\"/>\n\
         <text x=\"80\" y=\"30\" font-size=\"17\">Evaluating one rule for everybody, on one core</text>\n",
    );
    axes(&mut svg);
    for (number, series) in series.iter().enumerate() {
        draw(&mut svg, series, COLOURS[number % COLOURS.len()], f64::from(u32::try_from(number).unwrap_or(0)));
    }
    svg.push_str("</svg>\n");
    svg
}

// Writing to a String cannot fail.
fn axes(svg: &mut String) {
    let [left, top, right, bottom] = AREA;
    for power in PEOPLE[0]..=PEOPLE[1] {
        let (x, _) = place(10_f64.powi(power), 1.0);
        let label = ["10,000", "100,000", "1,000,000"][usize::try_from(power - PEOPLE[0]).unwrap_or(0)];
        let _ = writeln!(svg, "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"#ddd\"/>");
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>", bottom + 20.0);
    }
    for power in SECONDS[0]..=SECONDS[1] {
        let (_, y) = place(1.0, 10_f64.powi(power));
        let label = ["0.1 ms", "1 ms", "10 ms", "100 ms", "1 s"][usize::try_from(power - SECONDS[0]).unwrap_or(0)];
        let _ = writeln!(svg, "<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"#ddd\"/>");
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>", left - 8.0, y + 4.0);
    }
    let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">people</text>", f64::midpoint(left, right), bottom + 42.0);
}

fn draw(svg: &mut String, series: &Series, colour: &str, number: f64) {
    let places: Vec<(f64, f64)> = series.points.iter().map(|point| place(point.people, point.seconds)).collect();
    let line: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", line.join(" "));
    for (x, y) in &places {
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>");
    }
    let Some(last) = series.points.last() else { return };
    let rate = last.people / last.seconds / 1e6;
    let power = exponent(&series.points);
    let y = AREA[3] + 72.0 + number * 40.0;
    let _ = writeln!(svg, "<circle cx=\"86\" cy=\"{:.1}\" r=\"5\" fill=\"{colour}\"/>", y - 4.0);
    let _ = writeln!(svg, "<text x=\"98\" y=\"{y:.1}\" font-family=\"monospace\">{}</text>", series.label);
    let measured =
        format!("{rate:.1} million evaluations a second at a million people; the cost grows with people to the power of {power:.2}");
    let _ = writeln!(svg, "<text x=\"98\" y=\"{:.1}\" font-size=\"12\">{measured}</text>", y + 16.0);
}
