"""What holds of the watch whatever is seen, in whichever order."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.doctor import watch
from bot.doctor.incident import HOUR, Decision, Mute, Post
from bot.doctor.sight import NOT_KNOWN, SeenVersions, Sight
from tests.support.watched import DAY, MINUTE, SECOND, Watched, failing

RANKS = st.lists(st.integers(0, 4), max_size=3, unique=True).map(sorted)
VERSIONS = st.sampled_from([NOT_KNOWN, SeenVersions("8.8.0"), SeenVersions("8.9.1")])
UNCHECKED = st.sampled_from([(), ("Check 1",), ("Check 3", "Check 9")])
SIGHTS = st.builds(lambda ranks, v, u: failing(*ranks, versions=v, unchecked=u), RANKS, VERSIONS, UNCHECKED)
PAUSES = st.sampled_from([SECOND, 30 * SECOND, MINUTE, 10 * MINUTE, 40 * MINUTE, HOUR, 5 * HOUR, DAY])
EVENTS = st.one_of(
    st.tuples(st.just("looked"), SIGHTS),
    st.tuples(st.just("tested"), SIGHTS),
    st.tuples(st.just("scheduled"), SIGHTS),
    st.tuples(st.just("not scheduled"), SIGHTS),
    st.tuples(st.just("ticked"), st.none()),
    st.tuples(st.just("acknowledged"), st.none()),
    st.tuples(st.just("muted"), st.sampled_from([timedelta(0), HOUR, DAY])),
    st.tuples(st.just("editing"), st.booleans()),
)
STORIES = st.lists(st.tuples(PAUSES, EVENTS), max_size=25)
Story = list[tuple[timedelta, tuple[str, object]]]


class Recorded(Watched):
    """Remembers each decision, and checks each message as it is posted."""

    def __init__(self) -> None:
        super().__init__()
        self.decisions: list[Decision] = []
        self.worst: dict[str, int] = {}
        """The stem of an incident's keys -> the worst rank that was posted."""
        self.refusing = False

    def act(self, decision: Decision) -> Watched:
        self.decisions.append(decision)
        for action in decision.actions:
            if isinstance(action, Post):
                assert self.refusing or decision.state.is_fresh(self.now), "nobody looked"
                self.check(action, muted=decision.state.mute is not None)
        before, self.refusing = self.refusing, not self.edits_allowed
        super().act(decision)
        self.refusing = before
        return self

    def check(self, post: Post, *, muted: bool) -> None:
        what, *rest = post.key.split()
        if what != "incident":
            assert not muted
            return
        stem, kind = rest[0], rest[1]
        if "reminder" in rest:
            assert stem in self.worst
        elif kind == "recovered":
            assert self.worst.pop(stem) is not None
            assert not muted
        else:
            rank = int(post.text.partition("Check ")[2].partition(":")[0])
            assert stem not in self.worst or rank < self.worst[stem] or self.refusing
            assert not (muted and stem in self.worst and rank >= self.worst[stem])
            assert stem in self.worst or kind == "1"
            self.worst[stem] = min(rank, self.worst.get(stem, rank))


def told(story: Story) -> Recorded:
    """The story as a caller lives it, who also keeps the time that the watch asks for."""
    watched = Recorded()
    for pause, (event, value) in story:
        watched.later(pause)
        if isinstance(value, Sight) and event.endswith("scheduled"):
            watched.act(watch.overheard(watched.state, value, watched.now, scheduled=event == "scheduled"))
        elif isinstance(value, Sight):
            watched.looked(value) if event == "looked" else watched.tested(value)
        elif isinstance(value, timedelta):
            watched.act(watch.muted(watched.state, Mute(watched.now + value, ""), watched.now))
        elif isinstance(value, bool):
            watched.edits_allowed = value
        elif event == "ticked":
            watched.ticked()
        else:
            watched.act(watch.acknowledged(watched.state, "anna", watched.now))
    return watched


@settings(max_examples=60)
@given(STORIES)
def test_no_incident_is_posted_twice_without_a_worse_cause_or_a_refused_edit(story: Story) -> None:
    """And nothing has recovered of which no failure was posted, and no key is used twice: see `Recorded`."""
    told(story)


@settings(max_examples=60)
@given(STORIES)
def test_the_watch_decides_the_same_each_time(story: Story) -> None:
    assert told(story).decisions == told(story).decisions


@settings(max_examples=60)
@given(STORIES)
def test_what_is_due_is_done_by_a_tick(story: Story) -> None:
    """Otherwise its caller would never sleep."""
    watched = told(story)
    for _ in range(10):
        if (due := watch.due(watched.state)) is None:
            break
        watched.now = max(watched.now, due)
        watched.ticked()
        assert watched.looks or (watch.due(watched.state) or watched.now + SECOND) > watched.now
        if watched.looks:
            watched.tested(watched.state.sight or Sight())


@settings(max_examples=60)
@given(STORIES, SIGHTS)
def test_one_look_is_enough_for_what_is_due(story: Story, sight: Sight) -> None:
    """Otherwise both systems would be asked again and again."""
    watched = told(story)
    for _ in range(10):
        if (due := watch.due(watched.state)) is None:
            break
        watched.now = max(watched.now, due)
        if watched.ticked().looks:
            watched.looked(sight)
        after = watch.due(watched.state)
        assert after is None or after > watched.now


@settings(max_examples=60)
@given(STORIES)
def test_in_the_end_the_newest_message_is_true(story: Story) -> None:
    """Unmuted, and after hours of the same verdict: what fails is in a message that says so, and nothing else is."""
    watched = told(story)
    watched.edits_allowed = True
    watched.act(watch.muted(watched.state, Mute(watched.now, ""), watched.now))
    for sight in (failing(2), Sight(), failing(3)):
        for _ in range(4):
            watched.tested(sight).waited(watched.now + HOUR, sight)
        broken = [key for key, texts in watched.messages.items() if "\nIt has failed since" in texts[-1]]
        state = watched.state
        assert (state.flapping, state.suspected_at) == (None, None)
        assert (state.incident is not None) is state.failing is sight.failed
        if state.incident:
            assert state.incident.key in broken


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(1, 19), st.integers(1, 19)), min_size=5, max_size=30))
def test_flapping_of_any_rhythm_makes_two_posts(rhythm: list[tuple[int, int]]) -> None:
    """Three changes take less than an hour in each of these."""
    watched = Watched().looked(Sight())
    for broken, fine in rhythm:
        watched.tested(failing(3)).waited(watched.now + broken * MINUTE, failing(3))
        watched.tested(Sight()).waited(watched.now + fine * MINUTE, Sight())
    assert [key.split()[0] for key in watched.posts] == ["incident", "flapping"]
