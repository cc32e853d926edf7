"""Which lines of a ledger are about which clip."""

from pathlib import PurePosixPath

import attrs
import pytest

from camvault.core.dashcam.clip_book import ClipBook, KnownClip
from camvault.core.dashcam.clip_life import CardClipState
from camvault.core.dashcam.clip_notes import STILL_RECORDING, ClipNote
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.ports.entries import FileIdentity

K = ProofKind
HOUR_NS = 3600 * 10**9
NAME, OTHER_NAME = PurePosixPath("Movie/A.MP4"), PurePosixPath("Movie/A~2.MP4")
CLIP = FileIdentity(100, 1_750_000_000 * 10**9 + 1)
ON_FAT = FileIdentity(100, 1_750_000_000 * 10**9)
SEEN = LedgerEntry(NAME, CLIP, "", K.SEEN, "2025-06-15T15:00:00+00:00", "67EF-9CED")
STAGED = LedgerEntry(NAME, CLIP, "a" * 64, K.STAGED, "2025-06-15T15:01:00+00:00", "", str(ClipNote(sample="s1")))
PROVEN = attrs.evolve(STAGED, kind=K.REMOTE_HASH, where="5f8d", note="pi@nas:/data")

SECOND = attrs.evolve(STAGED, path=OTHER_NAME, sha256="b" * 64, note=str(ClipNote(sample="s2", card_path=NAME)))


def book_of(*entries: LedgerEntry) -> ClipBook:
    book = ClipBook()
    for entry in entries:
        book.take(entry)
    return book


def found(book: ClipBook, path: PurePosixPath = NAME, identity: FileIdentity = CLIP) -> KnownClip:
    clip = book.find(path, identity)
    assert clip is not None
    return clip


class TestOneClip:
    def test_its_lines_are_about_one(self) -> None:
        book = book_of(SEEN, STAGED, PROVEN, attrs.evolve(PROVEN, kind=K.UNSTAGED))
        clip = found(book)
        assert list(book.clips()) == [clip]
        assert (clip.sha256, clip.sample, clip.card_number, clip.last.kind) == ("a" * 64, "s1", "67EF-9CED", K.UNSTAGED)
        assert clip.state(staged=None) is CardClipState.UNSTAGED

    def test_it_is_staged_under_another_name(self) -> None:
        line = attrs.evolve(STAGED, path=OTHER_NAME, note=str(ClipNote(card_path=NAME)))
        book = book_of(SEEN, line, attrs.evolve(PROVEN, path=OTHER_NAME))
        assert [clip.card_path for clip in book.clips()] == [NAME]
        assert found(book) == found(book, OTHER_NAME)
        assert found(book).last.kind is K.REMOTE_HASH

    def test_its_staging_keeps_times_in_coarser_steps(self) -> None:
        line = attrs.evolve(STAGED, note=str(ClipNote(staged_mtime_ns=ON_FAT.mtime_ns)))
        book = book_of(SEEN, line, attrs.evolve(PROVEN, identity=ON_FAT))
        assert found(book).last.kind is found(book, identity=ON_FAT).last.kind is K.REMOTE_HASH
        assert found(book).state(staged=ON_FAT) is CardClipState.VERIFIED
        assert len(list(book.clips())) == 1

    def test_its_staging_is_read_in_another_zone(self) -> None:
        later = FileIdentity(100, CLIP.mtime_ns + HOUR_NS)
        book = book_of(STAGED, attrs.evolve(PROVEN, identity=later))
        assert book.staged_as(NAME, later) == found(book)
        assert found(book).last.kind is K.REMOTE_HASH

    def test_it_is_still_recorded_when_it_is_seen(self) -> None:
        book = book_of(attrs.evolve(SEEN, note=str(ClipNote(remark=STILL_RECORDING))))
        assert not found(book).is_finished
        assert found(book_of(SEEN)).is_finished

    def test_it_comes_back_after_it_was_taken_for_overwritten(self) -> None:
        book = book_of(SEEN, attrs.evolve(SEEN, kind=K.OVERWRITTEN), SEEN)
        assert len(list(book.clips())) == 1
        assert found(book).state(staged=None) is CardClipState.ON_CARD

    def test_it_is_copied_again_because_the_staged_one_is_missing(self) -> None:
        book = book_of(STAGED, attrs.evolve(STAGED, sha256="b" * 64))
        assert len(list(book.clips())) == 1
        assert found(book).sha256 == "b" * 64

    def test_what_another_version_wrote_of_it_alone_names_it(self) -> None:
        clip = found(book_of(PROVEN))
        assert (clip.card_path, clip.staged_path, clip.sha256) == (NAME, NAME, "a" * 64)


class TestSeveralClips:
    def test_inv_2_a_name_with_another_size_or_time_is_another_clip(self) -> None:
        book = book_of(STAGED, attrs.evolve(SEEN, identity=FileIdentity(101, CLIP.mtime_ns)))
        assert len(list(book.clips())) == 2
        assert found(book).last == STAGED

    def test_what_is_seen_after_it_was_staged_is_another_clip_of_the_same_name_size_and_time(self) -> None:
        book = book_of(STAGED, SEEN)
        assert [clip.last.kind for clip in book.alike(NAME, CLIP)] == [K.SEEN, K.STAGED]

    def test_a_further_clip_under_another_name_leaves_the_first_one_as_it_is(self) -> None:
        book = book_of(PROVEN, SECOND)
        assert [clip.staged_path for clip in book.alike(NAME, CLIP)] == [OTHER_NAME, NAME]
        assert found(book, OTHER_NAME).sha256 == "b" * 64

    @pytest.mark.parametrize("kind", [K.SENT, K.REMOTE_HASH, K.UNSTAGED, K.WITHDRAWN])
    def test_inv_37_what_happened_to_one_did_not_happen_to_another_of_its_name_size_and_time(
        self, kind: ProofKind
    ) -> None:
        """The proof of the first counted for the second, which was then never copied again."""
        book = book_of(SEEN, STAGED, SEEN, SECOND, attrs.evolve(PROVEN, kind=kind))
        second, first = book.alike(NAME, CLIP)
        assert (first.sha256, first.last.kind) == ("a" * 64, kind)
        assert (second.sha256, second.last.kind) == ("b" * 64, K.STAGED)

    def test_inv_37_a_proof_of_the_second_is_none_of_the_first(self) -> None:
        book = book_of(SEEN, STAGED, SEEN, SECOND, attrs.evolve(PROVEN, path=OTHER_NAME, sha256="b" * 64))
        assert [clip.last.kind for clip in book.alike(NAME, CLIP)] == [K.REMOTE_HASH, K.STAGED]

    def test_one_that_is_copied_again_is_not_the_other(self) -> None:
        spoiled = attrs.evolve(STAGED, kind=K.WITHDRAWN, where="")
        book = book_of(SEEN, STAGED, spoiled, SEEN, SECOND, STAGED)
        assert [(clip.staged_path, clip.last.kind) for clip in book.alike(NAME, CLIP)] == [
            (OTHER_NAME, K.STAGED),
            (NAME, K.STAGED),
        ]

    def test_one_that_is_overwritten_is_not_the_other(self) -> None:
        spoiled = attrs.evolve(STAGED, kind=K.WITHDRAWN, where="")
        lost = attrs.evolve(SEEN, kind=K.OVERWRITTEN, sha256="a" * 64)
        book = book_of(SEEN, STAGED, spoiled, SEEN, SECOND, lost)
        assert [clip.last.kind for clip in book.alike(NAME, CLIP)] == [K.STAGED, K.OVERWRITTEN]

    def test_what_stands_under_its_name_with_another_digest_is_another(self) -> None:
        book = book_of(STAGED, attrs.evolve(PROVEN, sha256="b" * 64))
        assert [clip.sha256 for clip in book.alike(NAME, CLIP)] == ["b" * 64, "a" * 64]

    def test_the_one_of_the_same_time_is_the_most_likely(self) -> None:
        shifted = FileIdentity(100, CLIP.mtime_ns + HOUR_NS)
        book = book_of(STAGED, attrs.evolve(SEEN, identity=shifted))
        assert [clip.mtime_ns for clip in book.alike(NAME, CLIP)] == [CLIP.mtime_ns, shifted.mtime_ns]

    @pytest.mark.parametrize("apart_ns", [HOUR_NS - 60 * 10**9, 27 * HOUR_NS])
    def test_one_of_any_other_time_is_not_alike(self, apart_ns: int) -> None:
        assert book_of(STAGED).alike(NAME, FileIdentity(100, CLIP.mtime_ns + apart_ns)) == ()
        assert book_of(STAGED).staged_as(NAME, FileIdentity(100, CLIP.mtime_ns + apart_ns)) is None

    def test_those_that_followed_under_its_name_are_known(self) -> None:
        grown = attrs.evolve(SEEN, identity=FileIdentity(200, CLIP.mtime_ns))
        book = book_of(SEEN, grown)
        first, second = list(book.clips())
        assert book.others_of(first) == (second,)
        assert book.others_of(second) == ()
