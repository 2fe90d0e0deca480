//! The page in a browser.

mod with_kafka {
    use rstest::rstest;

    use super::super::with_kafka::{report, scene};
    use crate::support::browser::dom;

    #[rstest]
    #[case::zh("zh", ["食品安全风险预警监管月报", "（2026年3月）", "共发布食品安全风险预警 1 件"])]
    #[case::en("en", ["Food-safety early warning: monthly report", "March 2026", "Warnings opened in March 2026: 1"])]
    fn the_page_stands_alone_and_shows_its_figures(#[case] language: &str, #[case] shown: [&str; 3]) {
        let (program, folder) = scene();
        let (code, _, err) = report(&program, folder.path(), language);
        assert_eq!(code, Some(0), "{err}");
        let file = folder.path().join("report.html");
        let page = std::fs::read_to_string(&file).expect("a page");
        for outside in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!page.contains(outside), "the page needs {outside}");
        }
        let seen = dom(&file, "");
        assert!(seen.contains(&format!("data-language=\"{language}\"")), "it opens in {language}");
        for words in shown.into_iter().chain(["合成数据", "<svg", "统计口径"]) {
            assert!(seen.contains(words), "the page does not show {words}");
        }
        assert_eq!(seen.matches("<section").count(), 9, "summary, seven parts, what they mean");
    }
}
