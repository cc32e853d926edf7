"""BatchRecord files are saved after every clip: what is kept from one time to the next must not show."""

import json
from pathlib import PurePath

import attrs
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.contracts._batch_records import batch_records
from camvault.adapters.memory.storage import MemoryStorage
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.ports.batch_record import BatchRecord

PATH = PurePath("/desk/progress.json")


def saved(files: JsonProgressFiles, progress: BatchRecord) -> str:
    files.save(PATH, progress)
    text = files.records.read_text(PATH)
    assert text is not None
    return text


def new() -> JsonProgressFiles:
    storage = MemoryStorage()
    storage.make_folder(PATH.parent)
    return JsonProgressFiles(storage)


@given(st.lists(batch_records(), min_size=1, max_size=4), st.data())
def test_the_text_does_not_depend_on_what_was_saved_before(jobs: list[BatchRecord], data: st.DataObject) -> None:
    """Other jobs, the same job, and the same job with some clips changed: as if each was the first one."""
    files = new()
    for job in jobs:
        changed = tuple(
            attrs.evolve(clip, duration_s=clip.duration_s + 1) if data.draw(st.booleans()) else clip
            for clip in job.clips
        )
        for progress in (job, attrs.evolve(job, clips=changed), attrs.evolve(job, clips=changed[:1]), job):
            text = saved(files, progress)
            assert text == saved(new(), progress)
            assert text == json.dumps(json.loads(text), indent=2) + "\n"
            assert files.load(PATH) == progress


@given(batch_records())
def test_what_did_not_change_is_not_rendered_again(progress: BatchRecord) -> None:
    """The texts that are kept are those of this job's clips, and the very same ones."""
    files = new()
    saved(files, progress)
    before = list(files._rows)
    saved(files, attrs.evolve(progress, clips=(*progress.clips,)))
    assert [rows.clip for rows in files._rows] == list(progress.clips)
    assert all(one is other for one, other in zip(before, files._rows, strict=True))


@given(batch_records())
def test_a_record_without_the_lowest_rate_allows_every_rate(progress: BatchRecord) -> None:
    """Versions before kept none."""
    files = new()
    document = json.loads(saved(files, progress))
    assert document["options"].pop("min_kbps") == progress.options.min_kbps
    files.records.write_text(PATH, json.dumps(document))
    assert files.load(PATH) == attrs.evolve(progress, options=attrs.evolve(progress.options, min_kbps=1))
