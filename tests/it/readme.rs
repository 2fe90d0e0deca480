//! What the README shows is what the program makes.

#[test]
fn the_warning_in_the_readme_is_the_golden_file_of_a_test() {
    let golden = include_str!("../../src/warning/snapshots/yujing__warning__record__tests__opened.snap");
    let warning = golden.splitn(3, "---\n").nth(2).expect("a golden file has a head");
    assert!(include_str!("../../README.md").contains(warning.trim()));
}
