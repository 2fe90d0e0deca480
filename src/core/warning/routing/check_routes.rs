//! What can be wrong with the routes and copies of `routing.toml`, and what nothing leads to.

use std::collections::BTreeSet;

use toml::Spanned;
use yujing_base::language::{Bilingual, say};

use super::check::Check;

impl Check<'_, '_> {
    pub(super) fn routes(&mut self) {
        let routes = &self.content.route;
        for route in routes {
            self.post_exists(&route.start);
        }
        match routes.iter().position(|route| route.when.is_none()) {
            Some(first) => {
                for route in &routes[first + 1..] {
                    let message = Bilingual::new(
                        "永远轮不到：前面已有无条件的路由",
                        "never reached: a route without a condition stands before",
                    );
                    let help = Bilingual::new(
                        "无条件的 `[[route]]` 应在最后",
                        "let the `[[route]]` without `when` be the last",
                    );
                    self.authored.report("routing/unreachable", route.start.span(), message, help);
                }
            }
            None => {
                let span = routes.last().map_or(0..0, |route| route.start.span());
                let message = Bilingual::new("有的预警没有路由", "there are warnings without a route");
                let help =
                    Bilingual::new("最后写一节没有 `when` 的 `[[route]]`", "add a last `[[route]]` without `when`");
                self.authored.report("routing/no-route", span, message, help);
            }
        }
    }

    pub(super) fn copies(&mut self) {
        for copy in &self.content.copy {
            self.post_exists(&copy.to);
            if let Some(candidate) = copy.candidate.as_ref().filter(|given| *given.get_ref() && copy.basis.is_empty()) {
                let message = Bilingual::new("研判线索没有写明依据", "a candidate that rests on nothing");
                let help = Bilingual::new(
                    "写 `basis = [{ law = …, article = …, confirmed = false }]`；核对过现行文本的方可写 true",
                    "write `basis = [{ law = …, article = …, confirmed = false }]`; true only once compared with the text",
                );
                self.authored.report("routing/no-basis", candidate.span(), message, help);
            }
        }
    }

    /// Posts to which nothing leads and roles that nobody has: told, not refused.
    pub(super) fn unused(&mut self) {
        let content = self.content;
        let starts = content.route.iter().map(|route| &route.start).chain(content.copy.iter().map(|copy| &copy.to));
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        for start in starts.chain([&content.default]) {
            let mut next = Some(start.get_ref().as_str());
            while let Some(post) = next.filter(|post| reached.insert(post)) {
                next = self.above(post);
            }
        }
        for name in content.posts.keys().filter(|name| !reached.contains(name.get_ref().as_str())) {
            let post = name.get_ref();
            let message = say!("没有预警会到岗位 `{post}`", "no warning comes to the post `{post}`");
            let help = Bilingual::new(
                "在 `[[route]]`、`[[copy]]` 或者其他岗位的 `above` 中写明，或者删去",
                "name it in a `[[route]]`, a `[[copy]]` or as `above` of another post, or take it out",
            );
            self.authored.report("routing/unused", name.span(), message, help);
        }
        let of_posts: BTreeSet<&String> =
            content.posts.values().flat_map(|post| post.roles.get_ref()).map(Spanned::get_ref).collect();
        for name in content.roles.keys().filter(|name| !of_posts.contains(name.get_ref())) {
            let given = name.get_ref();
            let message = say!("没有岗位由角色 `{given}` 担任", "no post is held by the role `{given}`");
            let help =
                Bilingual::new("请写入某个岗位的 `roles`，或者删去", "add it to the `roles` of a post, or take it out");
            self.authored.report("routing/unused", name.span(), message, help);
        }
    }
}
