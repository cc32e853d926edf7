"""The crash explorer finds the faults it is there to find, in workflows that have them on purpose."""

from pathlib import PurePath

import attrs
import pytest

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryStorage, PowerCut, watched
from camvault.adapters.memory.explorer import Exploration, Violation, explore
from camvault.core.retention.removals import Proven, plan_leftovers, plan_only_copies, plan_proven
from camvault.ports.errors import CamvaultError, StorageError, UsageError
from camvault.ports.files import Storage
from camvault.ports.removal import Proof

CAMERA, VAULT, LOG = PurePath("/camera"), PurePath("/vault"), PurePath("/vault/log")
CLIPS = {"a.mp4": b"first clip", "b.mp4": b"second clip"}


@attrs.define
class Sloppy:
    """A port that writes under the final name: what it leaves half done looks complete."""

    storage: MemoryStorage
    calls: Calls

    def write(self, path: PurePath, content: bytes) -> None:
        with self.calls.call("sloppy.write", path) as announce_half:
            self.storage.put(path, content[: len(content) // 2])
            announce_half()
            self.storage.put(path, content)


@attrs.define
class World:
    storage: MemoryStorage
    sloppy: Sloppy
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)

    def reset(self) -> None:
        self.cancel = MemoryCancellation()


def make_world(calls: Calls) -> World:
    storage = MemoryStorage(calls=calls)
    for name, content in CLIPS.items():
        storage.put(CAMERA / name, content, mtime_ns=1)
    storage.put_folder(VAULT)
    return World(storage, Sloppy(storage, calls))


def no_footage_lost(world: World) -> object:
    missing = set(CLIPS.values()) - set(world.storage.files().values())
    return f"{sorted(missing)} is gone" if missing else None


def explored(run: object, **options: object) -> Exploration:
    settings: dict[str, object] = {
        "snapshot": lambda world: world.storage.files(),
        "invariants": {"no footage is lost": no_footage_lost},
        "restart": World.reset,
        "stop": lambda world: world.cancel.request(),
        **options,
    }
    return explore(make_world, run, **settings)  # type: ignore[arg-type]


def copied(world: World, name: str) -> str:
    """Copy one clip, or find the copy of an earlier run; its digest, read back."""
    storage, target = world.storage, VAULT / name
    if storage.entry(target) is None:
        storage.copy(CAMERA / name, target=target, on_bytes=lambda _: None, cancel=world.cancel)
    return storage.digest(target, on_bytes=lambda _: None, cancel=world.cancel)


def let_go(storage: Storage, name: str, sha256: str) -> None:
    entry = storage.entry(CAMERA / name)
    if entry is not None:
        for removal in plan_proven(
            [entry], proofs={entry.path: Proven(entry.identity, Proof("vault", sha256))}
        ).removals:
            storage.remove(removal)


def right(world: World) -> None:
    """Copy, prove, record, remove; resumes from wherever it was stopped."""
    storage = world.storage
    recorded = (storage.read_text(LOG) or "").split("\n")[:-1]
    for name in CLIPS:
        world.cancel.check()
        if name not in recorded:
            sha256 = copied(world, name)
            storage.append_line(LOG, name)
            let_go(storage, name, sha256)
        else:
            let_go(storage, name, copied(world, name))


class TestFindsNothing:
    """In a workflow that keeps its promises."""

    def test_a_right_workflow_passes_and_the_numbers_are_said(self) -> None:
        said: list[str] = []
        found = explored(right, say=said.append, pairs=100_000)
        assert said == [str(found)]
        # 1 read_text; each clip: entry, copy (2 halves), digest (2 halves), append_line (3 halves), entry, remove
        assert found.call_count == 1 + 2 * 6
        assert found.cut_count == 2 * found.call_count + 2 * (2 + 2 + 3)
        assert found.error_count == found.call_count + 2 * 2  # a dying disk everywhere, a full one at two calls a clip
        assert found.stop_count == found.call_count
        assert found.pair_count == found.possible_pair_count > 1000

    def test_pairs_are_sampled_and_the_sample_is_the_same_every_time(self) -> None:
        runs: list[list[str]] = []
        for _ in range(2):
            story: list[str] = []

            def remember(world: World, story: list[str] = story) -> None:
                story.append(str(world.storage.calls.log[-1]))
                world.reset()

            explored(right, pairs=20, restart=remember)
            runs.append(story)
        assert runs[0] == runs[1]

    def test_a_workflow_without_calls_is_a_mistake_of_the_test(self) -> None:
        with pytest.raises(ValueError, match="no call"):
            explored(lambda _: None)

    def test_what_the_checks_call_is_not_explored(self) -> None:
        plain = explored(right, pairs=0)
        looking = explored(right, pairs=0, invariants={"log": lambda world: world.storage.read_text(LOG) != "nonsense"})
        assert plain == looking


class TestFindsPowerCuts:
    """What only shows if the power fails at the right moment."""

    def test_removing_before_the_copy(self) -> None:
        def run(world: World) -> None:
            for name in CLIPS:
                entry = world.storage.entry(CAMERA / name)
                if entry is not None:
                    content = world.storage.content(entry.path)
                    let_go(world.storage, name, "0" * 64)
                    world.storage.write_text(VAULT / name, content.decode())

        with pytest.raises(Violation) as found:
            explored(run)
        text = str(found.value)
        assert text.startswith("after a power cut after call 3: storage.remove(/camera/a.mp4):\n")
        assert "not true: \"no footage is lost\": [b'first clip'] is gone" in text

    def test_recording_before_the_action(self) -> None:
        def run(world: World) -> None:
            recorded = (world.storage.read_text(LOG) or "").splitlines()
            for name in CLIPS:
                if name not in recorded:
                    world.storage.append_line(LOG, name)
                    copied(world, name)

        with pytest.raises(Violation, match=r"power cut after call 2: storage.append_line[\s\S]*b.mp4|ended otherwise"):
            explored(run)

    def test_trusting_a_torn_line(self) -> None:
        def run(world: World) -> None:
            recorded = (world.storage.read_text(LOG) or "").split("\n")  # the last one may be torn
            for name in CLIPS:
                if not any(name.startswith(line) and line for line in recorded):
                    copied(world, name)
                    world.storage.append_line(LOG, name)

        with pytest.raises(Violation, match=r"power cut during call \d: storage.append_line[\s\S]*ended otherwise"):
            explored(run)

    def test_writing_under_the_final_name(self) -> None:
        def run(world: World) -> None:
            for name, content in CLIPS.items():
                if world.storage.entry(VAULT / name) is None:
                    world.sloppy.write(VAULT / name, content)

        with pytest.raises(Violation, match=r"power cut during call 2: sloppy.write[\s\S]*found b'first'"):
            explored(run)

    def test_except_and_finally_have_no_effect_after_a_power_cut(self) -> None:
        """If they had, this workflow would tidy up and pass."""

        def run(world: World) -> None:
            storage = world.storage
            marker = VAULT / "working"
            if storage.entry(marker) is not None:
                raise StorageError(marker, "is in the way")
            storage.write_text(marker, "")
            try:
                copied(world, "a.mp4")
            except Exception:  # noqa: BLE001, S110 - swallows everything it can
                pass
            finally:
                entry = storage.entry(marker)
                if entry:
                    storage.remove(plan_leftovers([entry], marker="working").removals[0])

        with pytest.raises(Violation, match="the run failed with StorageError: /vault/working: is in the way"):
            explored(run, invariants={}, errors=(), stop=None)

    def test_leaving_temporary_files_for_ever(self) -> None:
        def run(world: World) -> None:
            part = VAULT / ".b.part"
            if world.storage.entry(VAULT / "b") is None:
                world.sloppy.write(VAULT / f".{len(world.storage.files())}.part", b"x")
                world.storage.rename(max(world.storage.files(VAULT)), target=VAULT / "b")
            assert part

        with pytest.raises(
            Violation, match=r"ended otherwise than an undisturbed run: /vault/\.\d\.part: expected 'nothing'"
        ):
            explored(run, errors=(), stop=None)


class TestFindsErrors:
    """What only shows if a call fails."""

    def test_a_folder_that_cannot_be_listed_is_not_empty(self) -> None:
        def run(world: World) -> None:
            """Keep the vault like the camera."""
            try:
                there = {entry.path.name for entry in world.storage.scan(CAMERA)}
            except StorageError:
                there = set()
            for name in there:
                copied(world, name)
            for entry in tuple(world.storage.scan(VAULT)):
                if entry.path.name not in there:
                    world.storage.remove(plan_only_copies([entry], flag="mirror").removals[0])

        vault_is_kept = {"the vault only grows": lambda world: b"old" in world.storage.files().values()}

        def with_old(calls: Calls) -> World:
            world = make_world(calls)
            world.storage.put(CAMERA / "old", b"old")
            world.storage.put(VAULT / "old", b"old")
            world.storage.tree.discard(CAMERA / "old")
            world.storage.put(CAMERA / "old", b"another")
            return world

        with pytest.raises(
            Violation, match=r"after StorageError before call 1: storage.scan\(/camera\)[\s\S]*only grows"
        ):
            explore(with_old, run, snapshot=lambda world: world.storage.files(), invariants=vault_is_kept)

    def test_an_error_that_is_not_ours(self) -> None:
        def run(world: World) -> None:
            try:
                copied(world, "a.mp4")
            except StorageError as error:
                raise KeyError("a.mp4") from error

        with pytest.raises(Violation, match="the run failed with KeyError"):
            explored(run)

    def test_errors_of_other_ports(self) -> None:
        def run(world: World) -> None:
            try:
                world.sloppy.write(VAULT / "a", b"x")
            except CamvaultError:
                world.storage.write_text(VAULT / "a", "swallowed")
            world.storage.entry(VAULT / "a")

        def sulk(call: object) -> CamvaultError | None:
            return UsageError("no") if "sloppy" in str(call) else None

        right_content = {"what is there is right": lambda world: b"swallowed" not in world.storage.files().values()}
        explored(run, errors=(), invariants=right_content)
        with pytest.raises(
            Violation, match=r"after UsageError before call 1: sloppy.write[\s\S]*what is there is right"
        ):
            explored(run, errors=(sulk,), invariants=right_content)


class TestFindsStops:
    """What only shows if somebody asks to stop."""

    def test_tidying_up_too_much(self) -> None:
        def run(world: World) -> None:
            try:
                right(world)
            except CamvaultError:
                for entry in tuple(world.storage.scan(VAULT)):
                    world.storage.remove(plan_only_copies([entry], flag="mine").removals[0])
                raise

        with pytest.raises(
            Violation, match=r"after a stop that was asked for before call \d+[\s\S]*no footage is lost"
        ):
            explored(run, errors=())


class TestFindsPairs:
    """What only shows if the recovery is hit too."""

    @staticmethod
    def fragile(world: World) -> None:
        """A journal makes every first cut harmless; the recovery throws the journal away before it is done."""
        storage, journal, total = world.storage, VAULT / "journal", VAULT / "total"
        old = storage.read_text(journal)
        if old is not None:
            entry = storage.entry(journal)
            assert entry is not None
            storage.remove(plan_leftovers([entry], marker="journal").removals[0])
            storage.write_text(total, old)
        count = int(storage.read_text(total) or 0)
        if count == 0:
            storage.write_text(journal, "1")
            storage.write_text(total, "broken")
            storage.write_text(total, "1")
            entry = storage.entry(journal)
            assert entry is not None
            storage.remove(plan_leftovers([entry], marker="journal").removals[0])

    def test_a_recovery_that_cannot_be_interrupted(self) -> None:
        explored(self.fragile, errors=(), stop=None, pairs=0)
        with pytest.raises(Violation) as found:
            explored(self.fragile, errors=(), stop=None, pairs=10_000)
        assert "power cut after call 4: storage.write_text(/vault/total), then a power cut after call" in str(
            found.value
        )


class TestRefusing:
    """A run may say what it needs instead of going on (INV-8)."""

    @staticmethod
    def run(world: World) -> None:
        if world.storage.entry(VAULT / "a.mp4") is not None:
            raise UsageError("run with --resume")
        copied(world, "a.mp4")

    def test_only_if_the_test_agrees(self) -> None:
        with pytest.raises(Violation, match="UsageError: run with --resume"):
            explored(self.run)
        explored(self.run, may_refuse=lambda _, error: "--resume" in str(error))

    def test_and_only_with_that_error(self) -> None:
        with pytest.raises(Violation, match="UsageError"):
            explored(self.run, may_refuse=lambda _, error: isinstance(error, StorageError))

    def test_invariants_hold_all_the_same(self) -> None:
        def run(world: World) -> None:
            if world.storage.entry(VAULT / "a.mp4") is not None:
                let_go(world.storage, "b.mp4", "0" * 64)
                raise UsageError("run with --resume")
            copied(world, "a.mp4")

        with pytest.raises(Violation, match="no footage is lost"):
            explored(run, may_refuse=lambda _, __: True)


class TestPower:
    """What a power cut is."""

    def test_no_call_has_an_effect_until_the_restart(self) -> None:
        calls = Calls()
        storage = MemoryStorage(calls=calls)

        def cut() -> None:
            raise PowerCut

        calls.hook("storage.make_folder", cut)
        with pytest.raises(PowerCut):
            storage.make_folder(VAULT)
        with pytest.raises(PowerCut):
            storage.make_folder(VAULT)
        storage.restart()
        assert storage.entry(VAULT) is None

    def test_any_port_can_be_watched(self) -> None:
        calls = Calls()
        storage = watched(MemoryStorage(), calls=calls, name="nas")
        storage.make_folder(VAULT, must_be_new=True)
        assert [str(call) for call in calls.log] == ["call 1: nas.make_folder(/vault, must_be_new=True)"]
