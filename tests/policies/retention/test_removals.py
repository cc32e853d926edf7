"""Which files may go (INV-1, INV-2)."""

import ast
from collections.abc import Iterator
from pathlib import Path, PurePath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import camvault.core
from camvault.core import strategies
from camvault.core.retention.removals import (
    Proven,
    RemovalPlan,
    plan_leftovers,
    plan_only_copies,
    plan_proven,
)
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.removal import Leftover, Proof, Removal

SHA = "0" * 64
FILE = FileEntry(PurePath("/cam/a.mp4"), FileIdentity(7, 1))
PROOF = Proof("disc 1", SHA)
BUILD = PurePath("/desk/build")
MARKER = ".marker"


def assert_complete(plan: RemovalPlan, entries: tuple[FileEntry, ...]) -> None:
    """Every entry is decided on exactly once, and a removal is for what was seen."""
    decided = [(r.path, r.identity) for r in plan.removals] + [(k.entry.path, k.entry.identity) for k in plan.kept]
    assert sorted(decided, key=repr) == sorted(((e.path, e.identity) for e in entries), key=repr)
    assert all(kept.reason for kept in plan.kept)
    assert plan.size_bytes == sum(removal.identity.size_bytes for removal in plan.removals)


class TestProven:
    """Proof is about a file, not a name."""

    def test_a_proven_file_goes_with_its_proof_as_the_reason(self) -> None:
        plan = plan_proven([FILE], proofs={FILE.path: Proven(FILE.identity, PROOF)})
        (removal,) = plan.removals
        assert (removal.path, removal.identity, removal.reason) == (FILE.path, FILE.identity, PROOF)
        assert str(removal.reason) == "proven at disc 1"

    @pytest.mark.parametrize(
        ("entry", "proven", "reason"),
        [
            (FILE, None, "nothing proves"),
            (FILE, Proven(FileIdentity(7, 2), PROOF), "not the file that was proven"),
            (FILE, Proven(FileIdentity(8, 1), PROOF), "not the file that was proven"),
            (FILE, Proven(FILE.identity, Proof("disc 1", "")), "no SHA-256"),
            (FILE, Proven(FILE.identity, Proof("disc 1", SHA + "\n")), "no SHA-256"),
            (attrs.evolve(FILE, kind=FileKind.SYMLINK), Proven(FILE.identity, PROOF), "symlink"),
            (attrs.evolve(FILE, kind=FileKind.FOLDER), Proven(FILE.identity, PROOF), "folder"),
        ],
    )
    def test_what_is_not_clearly_proven_is_kept(self, entry: FileEntry, proven: Proven | None, reason: str) -> None:
        plan = plan_proven([entry], proofs={entry.path: proven} if proven else {})
        assert plan.removals == ()
        assert reason in plan.kept[0].reason
        assert reason in str(plan.kept[0])

    @given(data=st.data(), tree=strategies.trees())
    def test_only_the_proven_files_go(self, data: st.DataObject, tree: tuple[FileEntry, ...]) -> None:
        """For any mixture of right proofs, proofs of former files of that name, and none."""
        proofs = {
            entry.path: Proven(
                data.draw(st.one_of(st.just(entry.identity), strategies.identities())),
                data.draw(st.one_of(strategies.proofs(), st.builds(Proof, where=st.just("?"), sha256=st.text()))),
            )
            for entry in tree
            if data.draw(st.booleans())
        }
        plan = plan_proven(tree, proofs=proofs)
        assert_complete(plan, tree)
        kinds = {entry.path: entry.kind for entry in tree}
        for removal in plan.removals:
            proven = proofs[removal.path]
            assert kinds[removal.path] is FileKind.FILE
            assert proven.identity == removal.identity
            assert removal.reason == proven.proof
            assert len(bytes.fromhex(proven.proof.sha256)) == 32
        assert plan == plan_proven(tree, proofs=proofs)

    @given(tree=strategies.trees())
    def test_without_proofs_everything_stays(self, tree: tuple[FileEntry, ...]) -> None:
        assert plan_proven(tree, proofs={}).removals == ()


def may_be_footage(entry: FileEntry) -> bool:
    """Whatever does not have a name that camvault gives to what is unfinished only."""
    return not entry.path.name.endswith(".camvault-part")


class TestLeftovers:
    """What camvault made itself."""

    @given(tree=strategies.trees())
    def test_all_but_folders_go_and_the_marker_is_the_reason(self, tree: tuple[FileEntry, ...]) -> None:
        plan = plan_leftovers(tree, marker=".camvault-part")
        assert_complete(plan, tree)
        assert all(may_be_footage(k.entry) or k.entry.kind is FileKind.FOLDER for k in plan.kept)
        assert not any(may_be_footage(FileEntry(r.path, r.identity)) for r in plan.removals)
        assert {r.reason for r in plan.removals} <= {Leftover(".camvault-part")}
        assert not any(r.proof for r in plan.removals)

    def test_records_go_by_their_names_and_outputs_do_not(self) -> None:
        """INV-1: an output, whoever made it, needs a witness."""
        seen = [FileEntry(BUILD / name, FileIdentity(1, 1)) for name in ("r.json", MARKER, "a.mp4", ".x.camvault-part")]
        plan = plan_leftovers(seen, marker=MARKER, records=("r.json",))
        assert [removal.path.name for removal in plan.removals] == ["r.json", MARKER, ".x.camvault-part"]
        assert [(kept.entry, kept.reason) for kept in plan.kept] == [
            (seen[2], "it may be footage, and no witness of it was seen")
        ]

    @given(tree=strategies.trees())
    def test_without_a_marker_everything_stays(self, tree: tuple[FileEntry, ...]) -> None:
        plan = plan_leftovers(tree, marker="")
        assert_complete(plan, tree)
        assert plan.removals == ()


class TestOnlyCopies:
    @given(tree=strategies.trees())
    def test_all_but_folders_go_and_the_flag_is_named(self, tree: tuple[FileEntry, ...]) -> None:
        plan = plan_only_copies(tree, flag="--flag")
        assert_complete(plan, tree)
        assert all(str(r.reason).startswith("--flag: ") and r.witness is None for r in plan.removals)
        assert all(kept.entry.kind is FileKind.FOLDER for kept in plan.kept)


class TestStrategies:
    """What is shipped for users' own tests."""

    @given(removal=strategies.removals())
    def test_removals_have_a_reason(self, removal: Removal) -> None:
        assert str(removal.reason)

    @given(name=strategies.names())
    def test_names_are_possible_file_names(self, name: str) -> None:
        raw = name.encode("utf-8", "surrogateescape")
        assert 0 < len(raw) <= 255
        assert not {b"/", b"\0"} & {raw[i : i + 1] for i in range(len(raw))}
        assert name not in {".", ".."}


TOP = Path(next(iter(camvault.core.__path__))).parents[2]


def sources() -> Iterator[Path]:
    """Every module of the four source roots."""
    for root in ("core", "ports", "adapters", "apps"):
        yield from (TOP / root).rglob("*.py")


def mentions(tree: ast.AST, name: str) -> Iterator[ast.AST]:
    """Where a name is used in a way that could construct it: called, aliased, handed on; not in annotations."""
    annotations: set[int] = set()
    for node in ast.walk(tree):
        for field in ("annotation", "returns"):
            if (annotation := getattr(node, field, None)) is not None:
                annotations.update(id(inner) for inner in ast.walk(annotation))
    for node in ast.walk(tree):
        is_named = (isinstance(node, ast.Name) and node.id == name) or (
            isinstance(node, ast.Attribute) and node.attr == name
        )
        is_renamed = isinstance(node, ast.alias) and node.name == name and node.asname not in {None, name}
        if (is_named or is_renamed) and id(node) not in annotations:
            yield node


def test_inv1_only_retention_constructs_removals() -> None:
    """INV-1: the name `Removal` stands nowhere but in annotations, imports and the retention policy."""
    found = {
        str(path.relative_to(TOP)): [
            getattr(node, "lineno", 0) for node in mentions(ast.parse(path.read_text("utf-8")), "Removal")
        ]
        for path in sources()
    }
    guilty = {name: lines for name, lines in found.items() if lines}
    assert set(guilty) == {"core/camvault/core/retention/removals.py"}


@pytest.mark.parametrize(
    "source",
    [
        "Removal(path, identity, reason)",
        "removal.Removal(path, identity, reason)",
        "from camvault.ports.removal import Removal as Gone",
        "make = Removal",
        "attrs.make_class('x', bases=(Removal,))",
        "class Mine(Removal): pass",
        "structure(raw, Removal)",
    ],
)
def test_the_reading_of_the_source_sees_every_way(source: str) -> None:
    assert list(mentions(ast.parse(source), "Removal"))


@pytest.mark.parametrize("source", ["def remove(removal: Removal) -> tuple[Removal, ...]: ...", "x: Removal"])
def test_the_reading_of_the_source_allows_annotations(source: str) -> None:
    assert not list(mentions(ast.parse(source), "Removal"))


TAKES_A_NAME_AWAY = {"unlink", "rmdir", "rmtree", "removedirs"}
OF_OS = {"remove", "rename", "renames", "replace", "truncate", "ftruncate"}


def takes_a_name_away(node: ast.AST) -> bool:
    if not isinstance(node, ast.Attribute):
        return False
    is_of_os = isinstance(node.value, ast.Name) and node.value.id == "os" and node.attr in OF_OS
    return is_of_os or node.attr in TAKES_A_NAME_AWAY


def test_inv1_names_are_taken_away_in_few_places_each_known() -> None:
    """INV-1: footage by the remover only; elsewhere only temporary files, torn lines, and renames onto records."""
    found = {
        f"{path.parent.name}/{path.name}: {node.attr}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if takes_a_name_away(node) and isinstance(node, ast.Attribute)
    }
    assert found <= {
        "_shared/unions.py: rmdir",  # the empty folder with which it is tried whether two folders are one
        "discfile/disc.py: unlink",  # its own temporary file
        "farm/order.py: unlink",  # an order, which is an empty temporary file, and a worker's own temporary file
        "farm/order.py: replace",  # what a worker made, onto its order
        "systemd/folder.py: unlink",  # a link to a unit file
        "services/links.py: unlink",  # asks for that
        "contracts/units.py: unlink",  # asks for that
        "bridge/builder.py: ftruncate",  # makes room in its own temporary image
        "filesystem/copier.py: replace",  # publish(replace=True)
        "filesystem/records.py: ftruncate",  # a torn last line
        "rsync/look.py: replace",  # its marker at the target, from a temporary name
        "reporting/logfile.py: rename",  # logs that are numbered: each to the next number, which nothing has
        "reporting/logfile.py: replace",  # a log that has grown, onto the one before
        "filesystem/records.py: replace",
        "filesystem/remover.py: rmdir",
        "filesystem/remover.py: unlink",  # the door
        "filesystem/steps.py: rename",  # refuses an existing target
        "filesystem/sameness.py: unlink",  # the empty file with which it is tried whether two files are one
        "filesystem/steps.py: unlink",  # temporary files
    }
