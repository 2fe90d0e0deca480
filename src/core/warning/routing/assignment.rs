//! Who acts on a warning, who is above, who gets a copy: a function of the warning and of the register's row.

use super::Routing;
use super::facts::{OperatorFacts, RoutingInput};
use super::post::{Post, PostCopy, PostKind, parts_of};

/// Who is to act on a warning, who is above, who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub assignee: Post,
    /// The posts above the assignee, the nearest first.
    pub ladder: Vec<Post>,
    /// In the order of the file, each post once.
    pub copies: Vec<PostCopy>,
    /// Whether the operator belongs to nobody (未包保): no area of it has a post, so that the default has it.
    pub unrouted: bool,
}

/// Where the warnings of an operator start.
struct Start<'a> {
    post: Post,
    /// The kind of the post.
    kind: &'a str,
    unrouted: bool,
}

impl Routing {
    /// Who is to act on a warning. The first route that holds says where it starts; where the area has no such post,
    /// the one above has it. Where none of the areas has one, the default has it.
    #[must_use]
    pub fn assign(&self, input: &RoutingInput<'_>) -> Assignment {
        let route = self.routes.iter().find(|route| route.when.holds(input));
        let start = self.start(route.map_or(&self.default, |route| &route.start), input.facts);
        Assignment {
            ladder: self.above(start.kind, input.facts),
            copies: self.copies(input, &start.post),
            assignee: start.post,
            unrouted: start.unrouted,
        }
    }

    /// The same warning at a post of choice, with the posts above that one as far as the operator's areas say them;
    /// `None` if there is no such post.
    #[must_use]
    pub fn assign_to(&self, post: &str, facts: &OperatorFacts) -> Option<Assignment> {
        let assignee = Post { id: post.to_owned(), title: self.title(post)? };
        let ladder = self.above(parts_of(post).0, facts);
        Some(Assignment { assignee, ladder, copies: Vec::new(), unrouted: false })
    }

    /// Whether an operator belongs to nobody (未包保): warnings of it can go to the default because no area of it has a
    /// post.
    #[must_use]
    pub fn is_unrouted(&self, facts: &OperatorFacts) -> bool {
        let mut possible = self.routes.iter().filter(|route| route.when.holds_for(facts));
        let mut is_decided = false;
        let asked = std::iter::from_fn(|| {
            let route = possible.next().filter(|_| !is_decided)?;
            is_decided = route.when.is_only_about_the_register();
            Some(route)
        });
        asked.into_iter().any(|route| self.start(&route.start, facts).unrouted)
    }

    /// The posts above a kind that are there for an operator, the nearest first.
    fn above(&self, kind: &str, facts: &OperatorFacts) -> Vec<Post> {
        let kinds = self.upwards(kind).into_iter().skip(1);
        kinds.filter_map(|(name, kind)| kind.post_for(name, facts)).collect()
    }

    fn start(&self, kind: &str, facts: &OperatorFacts) -> Start<'_> {
        let ladder = self.upwards(kind);
        let is_single = ladder.first().is_some_and(|(_, kind)| kind.is_single());
        let mut asked = ladder.into_iter().filter(|(_, kind)| is_single || !kind.is_single());
        match asked.find_map(|(name, kind)| Some((name, kind.post_for(name, facts)?))) {
            Some((kind, post)) => Start { post, kind, unrouted: false },
            None => Start { post: self.default_post(), kind: &self.default, unrouted: true },
        }
    }

    fn default_post(&self) -> Post {
        let title = self.posts.get(&self.default).map(|kind| kind.title.clone());
        Post { id: self.default.clone(), title: title.unwrap_or_else(|| self.default.as_str().into()) }
    }

    /// Who is told; the assignee only of what it is asked to consider.
    fn copies(&self, input: &RoutingInput<'_>, assignee: &Post) -> Vec<PostCopy> {
        let mut copies: Vec<PostCopy> = Vec::new();
        for rule in self.copies.iter().filter(|rule| rule.when.holds(input)) {
            let mut upwards = self.upwards(&rule.to).into_iter();
            let nearest = upwards.find_map(|(name, kind): (&str, &PostKind)| kind.post_for(name, input.facts));
            let Some(post) = nearest.filter(|post| rule.candidate || post != assignee) else { continue };
            match copies.iter_mut().find(|copy| copy.post == post) {
                Some(copy) => copy.candidate |= rule.candidate,
                None => copies.push(PostCopy { post, candidate: rule.candidate }),
            }
        }
        copies
    }
}
