//! The program `tenure`.
fn main() {
    for crd in tenure::api::crds() { println!("{}", serde_json::to_string(&crd).unwrap_or_default()); }
}
