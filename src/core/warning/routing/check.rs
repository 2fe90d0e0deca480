//! What can be wrong with `routing.toml` beside its conditions: every operator must reach a post, and every ladder must
//! end at one that is always there.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use yujing_base::diagnostic::authored::Authored;
use yujing_base::diagnostic::suggest::{did_you_mean, listed};
use yujing_base::language::{Bilingual, say};

use super::file::{File, PostTable};
use super::post::{AREA, LONGEST_ID, SEPARATOR};
use super::vocabulary::Vocabulary;

/// The longest name of a role or a kind of posts: what the schema of dispositions takes for a role.
const MAX_NAME: usize = 32;

/// A file under inspection.
pub(super) struct Check<'a, 't> {
    pub content: &'a File,
    pub known: &'a Vocabulary<'a>,
    pub authored: &'a mut Authored<'t>,
}

impl<'a> Check<'a, '_> {
    pub fn all(&mut self) {
        for (name, title) in &self.content.roles {
            self.name(name);
            self.both_languages(title);
        }
        for (name, post) in &self.content.posts {
            self.name(name);
            self.post(name, post);
        }
        self.circles();
        self.default_post();
        self.routes();
        self.copies();
        self.unused();
    }

    fn post(&mut self, name: &Spanned<String>, post: &PostTable) {
        self.title(post);
        for column in &post.each {
            if !self.known.columns.contains_key(column.get_ref().as_str()) {
                let columns: Vec<&str> = self.known.columns.keys().copied().collect();
                self.unknown(column, &columns, ("登记信息列", "register column"));
            }
        }
        self.areas(post);
        self.length(name.get_ref(), post);
        if post.roles.get_ref().is_empty() {
            let message = Bilingual::new("岗位没有角色，无人可以处置", "a post without roles: nobody can act there");
            let help = Bilingual::new("请写明由哪些角色担任", "name the roles of those who hold it");
            self.authored.report("routing/empty", post.roles.span(), message, help);
        }
        let roles: Vec<&str> = self.content.roles.keys().map(|role| role.get_ref().as_str()).collect();
        let unknown = post.roles.get_ref().iter().filter(|role| !roles.contains(&role.get_ref().as_str()));
        unknown.for_each(|role| self.unknown(role, &roles, ("角色", "role")));
        match &post.above {
            Some(above) => self.post_exists(above),
            None if !post.each.is_empty() => {
                let top = name.get_ref();
                let message = say!(
                    "逐级上报到 `{top}` 为止，而并非每个辖区都有该岗位",
                    "the ladder ends at `{top}`, which not every area has"
                );
                let help = Bilingual::new(
                    "用 `above` 写明其上一级；最上一级须是不分辖区的单一岗位（不写 `each`）",
                    "say with `above` who is above; at the top stands a single post, one without `each`",
                );
                self.authored.report("routing/ladder-ends", name.span(), message, help);
            }
            None => {}
        }
    }

    /// Whether an answer has room for every id.
    fn length(&mut self, name: &str, post: &PostTable) {
        let of_column = |column: &Spanned<String>| {
            let length = self.known.lengths.get(column.get_ref().as_str()).copied().unwrap_or_default();
            SEPARATOR.len() + length
        };
        let longest = name.len() + post.each.iter().map(of_column).sum::<usize>();
        let Some(last) = post.each.last().filter(|_| longest > LONGEST_ID) else { return };
        let message = say!(
            "岗位编号可长达 {longest} 个字符，反馈中至多填写 {LONGEST_ID} 个",
            "an id may have {longest} characters, and an answer has room for {LONGEST_ID}"
        );
        let help = Bilingual::new("`each` 请少用几列，或者改用较短的列", "take fewer columns, or shorter ones");
        self.authored.report("routing/long-id", last.span(), message, help);
    }

    fn title(&mut self, post: &PostTable) {
        let Bilingual { zh, en } = post.title.get_ref();
        self.both_languages(&post.title);
        let (in_zh, in_en) = (zh.contains(AREA), en.contains(AREA));
        let wanted = !post.each.is_empty();
        if in_zh != wanted || in_en != wanted {
            let message = if wanted {
                Bilingual::new("名称没有标明辖区", "the title does not say which area")
            } else {
                Bilingual::new("单一岗位没有辖区", "a single post has no area")
            };
            let help = Bilingual::new(
                "有 `each` 的岗位，名称的两种语言均须含 `{area}`；没有 `each` 的不含",
                "with `each`, both languages have `{area}`; without, neither",
            );
            self.authored.report("routing/title", post.title.span(), message, help);
        }
    }

    fn both_languages(&mut self, title: &Spanned<Bilingual>) {
        let Bilingual { zh, en } = title.get_ref();
        if zh.trim().is_empty() || en.trim().is_empty() {
            let message = Bilingual::new("缺少一种语言的名称", "there is no title in one language");
            let help = Bilingual::new("`zh`、`en` 均须填写", "give both `zh` and `en`");
            self.authored.report("routing/title", title.span(), message, help);
        }
    }

    /// `only` names areas as they stand in the ids of posts.
    fn areas(&mut self, post: &PostTable) {
        let Some(only) = &post.only else { return };
        let help = Bilingual::new(
            "`only` 逐一列出设有该岗位的辖区；`each` 为多列时，各列的值以 `/` 连接",
            "`only` lists the areas that have the post; of several columns the values stand with `/` between",
        );
        if only.get_ref().is_empty() {
            let message = Bilingual::new("列表为空，没有一个辖区设此岗位", "an empty list: no area has the post");
            self.authored.report("routing/empty", only.span(), message, help.clone());
        }
        for area in only.get_ref() {
            let parts = area.get_ref().split('/').filter(|part| !part.is_empty()).count();
            if parts != post.each.len() {
                let (given, wanted) = (area.get_ref(), post.each.len());
                let message = say!(
                    "`{given}` 与 `each` 的列数（{wanted}）不符",
                    "`{given}` does not have as many parts as `each` has columns ({wanted})"
                );
                self.authored.report("routing/no-such-value", area.span(), message, help.clone());
            }
        }
    }

    /// Each circle is told once, at the first of its posts.
    fn circles(&mut self) {
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for name in self.content.posts.keys() {
            let start = name.get_ref().as_str();
            let circle = self.circle_of(start);
            if circle.is_empty() || circle.iter().any(|post| told.contains(post)) {
                continue;
            }
            let path = circle.iter().chain([&start]).map(|post| format!("`{post}`")).collect::<Vec<_>>().join(" → ");
            let message = say!("逐级上报成了圈：{path}", "the ladder is a circle: {path}");
            let help = Bilingual::new(
                "`above` 应当逐级向上，最上一级不写",
                "let `above` lead upwards, and leave it out at the top",
            );
            let span = self.content.posts[name].above.as_ref().map_or_else(|| name.span(), Spanned::span);
            self.authored.report("routing/circle", span, message, help);
            told.extend(circle);
        }
    }

    /// The posts from one upwards until it comes again; empty if it does not.
    fn circle_of(&self, start: &'a str) -> Vec<&'a str> {
        let mut path = vec![start];
        let mut at = start;
        while let Some(above) = self.above(at) {
            if above == start {
                return path;
            }
            if path.contains(&above) {
                break;
            }
            path.push(above);
            at = above;
        }
        Vec::new()
    }

    pub(super) fn above(&self, post: &str) -> Option<&'a str> {
        self.content.posts.get(post)?.above.as_ref().map(|above| above.get_ref().as_str())
    }

    fn default_post(&mut self) {
        let default = &self.content.default;
        self.post_exists(default);
        if self.content.posts.get(default.get_ref().as_str()).is_some_and(|post| !post.each.is_empty()) {
            let post = default.get_ref();
            let message =
                say!("`{post}` 按辖区设置，不能兜底", "`{post}` is one for each area, and so nobody to fall back on");
            let help = Bilingual::new(
                "未包保的监管对象归 `default`：请写单一岗位（不写 `each`）",
                "operators who belong to nobody go to `default`: name a single post, one without `each`",
            );
            self.authored.report("routing/default", default.span(), message, help);
        }
    }

    fn name(&mut self, given: &Spanned<String>) {
        let name = given.get_ref();
        let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_plain || name.len() > MAX_NAME || !name.starts_with(|first: char| first.is_ascii_lowercase()) {
            let message = say!("`{name}` 不能作名称", "`{name}` is not a name");
            let help = say!(
                "名称由小写字母、数字和 `_` 组成，以字母开头，最长 {MAX_NAME} 个字符",
                "names are lower-case letters, digits and `_`, begin with a letter and have at most {MAX_NAME} characters"
            );
            self.authored.report("routing/name", given.span(), message, help);
        }
    }

    pub(super) fn post_exists(&mut self, post: &Spanned<String>) {
        if !self.content.posts.contains_key(post.get_ref().as_str()) {
            let posts: Vec<&str> = self.content.posts.keys().map(|name| name.get_ref().as_str()).collect();
            self.unknown(post, &posts, ("岗位", "post"));
        }
    }

    fn unknown(&mut self, name: &Spanned<String>, known: &[&str], what: (&str, &str)) {
        let (given, span): (&str, Range<usize>) = (name.get_ref(), name.span());
        let (zh, en) = what;
        let message = say!("没有{zh} `{given}`", "there is no {en} `{given}`");
        let help = did_you_mean(given, known.iter().copied()).unwrap_or_else(|| {
            let all = listed(known.iter().copied());
            Bilingual::new(format!("可用的有：{}", all.zh), format!("there are {}", all.en))
        });
        self.authored.report("routing/unknown-name", span, message, help);
    }
}
