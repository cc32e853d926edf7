"""The known bugs of earlier archivers: how each is brought back into the source, and the test that then fails."""

from typing import Final

import attrs

_WORKFLOWS = "core/camvault/core/workflows/archive"
_POLICIES = "core/camvault/core/archive"
_APPS = "apps/camvault/apps/_archive"
_CLI = "apps/camvault/apps/_cli"
_IN_MEMORY = "tests/archive/test_integrations.py"
_KNOWN = f"{_IN_MEMORY}::TestTheFourteenKnownBugs"
_AS_PROCESS = "tests/archive/test_e2e.py"


@attrs.frozen
class Change:
    """A piece of a file, which stands there once, and what it becomes."""

    file: str
    old: str
    new: str


@attrs.frozen
class OldBug:
    """One way in which a bug shows.

    Attributes:
        number: The bug's number in the list of the specification.
        what: What the archiver did.
        test: The test that holds it, as pytest names it.
        changes: What brings it back.
    """

    number: int
    what: str
    test: str
    changes: tuple[Change, ...]

    @property
    def test_name(self) -> str:
        """Without its file and class."""
        return self.test.rpartition("::")[2]


def _bug(number: int, what: str, test: str, *changes: Change) -> OldBug:
    return OldBug(number, what, test, changes)


_NO_ROOT_IS_LEFT_OUT = Change(
    f"{_WORKFLOWS}/job.py",
    "return frozenset(each for each in self.all if each != root)",
    "return frozenset()",
)
_HIDDEN_IS_WORK = Change(
    f"{_WORKFLOWS}/observing.py",
    'names = (name for name in listing.folders if not name.startswith("."))',
    "names = iter(listing.folders)",
)
_RECORDS_SAY_NOTHING = Change(
    f"{_WORKFLOWS}/observing.py",
    "if folder != self.root and not _RECORDS.isdisjoint(listing.folders):",
    "if False:",
)
_NAMES_ARE_GIVEN_AGAIN = (
    Change(f"{_WORKFLOWS}/archive_folders.py", "names = self.latest.get(stamp)", "names = None"),
    Change(f"{_WORKFLOWS}/archive_folders.py", "if name not in self.taken)", "if name)"),
)

OLD_BUGS: Final = (
    _bug(
        1,
        "a failed transcode removed the clip",
        f"{_KNOWN}::test_bug_01_a_failed_transcode_keeps_clip_and_picture",
        Change(
            f"{_WORKFLOWS}/transcoding.py",
            "        self.tally.failed_count += 1\n",
            "        self.tally.failed_count += 1\n"
            "        for removal in plan.removals:\n"
            "            assert removal.to is not None\n"
            "            self.job.ports.storage.make_folder(removal.to.parent)\n"
            "            self.job.ports.storage.move(removal.path, target=removal.to)\n",
        ),
    ),
    _bug(
        2,
        "a large partial output counted as an archive, and its clip was removed",
        f"{_KNOWN}::test_bug_02_a_large_partial_output_is_no_archive",
        Change(
            f"{_WORKFLOWS}/verifying.py",
            "doubts = self._doubts(candidate, clip.entry)",
            "doubts = () if read.identity.size_bytes > 1_048_576 else self._doubts(candidate, clip.entry)",
        ),
    ),
    _bug(
        2,
        "a failed transcode left its output",
        f"{_KNOWN}::test_bug_02_a_failed_transcode_leaves_nothing_behind",
        Change(
            f"{_WORKFLOWS}/transcoding.py",
            "            discard_temporary(temporary_path(plan.archive), storage=self.job.ports.storage)\n",
            "            pass\n",
        ),
    ),
    _bug(
        2,
        "a killed run left its output for ever",
        f"{_KNOWN}::test_bug_02_what_a_killed_run_left_is_removed",
        Change(f"{_WORKFLOWS}/archive_folders.py", "        if self.is_sweeping:\n", "        if False:\n"),
    ),
    _bug(
        2,
        "the encoder wrote under the name of the archive, where a kill leaves half of it",
        "tests/archive/test_crashes.py::test_cut_off_everywhere[trash]",
        Change(
            "core/camvault/core/workflows/steps/target_claim.py",
            "    return target.with_name(temporary_name(target.name))\n",
            "    return target if target.suffix == '.mp4' else target.with_name(temporary_name(target.name))\n",
        ),
    ),
    _bug(
        3,
        "two clips of one second got one archive name",
        f"{_KNOWN}::test_bug_03_two_cameras_of_one_second_get_two_archives",
        *_NAMES_ARE_GIVEN_AGAIN,
        Change(f"{_WORKFLOWS}/transcoding.py", "replace=is_replacing)", "replace=True)"),
    ),
    _bug(
        3,
        "the archive of a clip that came later took the place of the first one",
        f"{_KNOWN}::test_bug_03_a_second_camera_that_uploads_later_overwrites_nothing",
        *_NAMES_ARE_GIVEN_AGAIN,
        Change(f"{_WORKFLOWS}/transcoding.py", "replace=is_replacing)", "replace=True)"),
    ),
    _bug(
        3,
        "pictures were found by their second, whatever their camera",
        "tests/policies/archive/test_clip_pairs.py::test_a_picture_belongs_to_the_clip_of_its_camera_and_second",
        Change(
            f"{_POLICIES}/clip_pairs.py",
            "return folder.text, name.camera, name.stamp",
            'return folder.text, "", name.stamp',
        ),
    ),
    _bug(
        4,
        "what is in the trash was work",
        f"{_KNOWN}::test_bug_04_what_is_in_the_trash_is_never_work",
        _NO_ROOT_IS_LEFT_OUT,
        _HIDDEN_IS_WORK,
        _RECORDS_SAY_NOTHING,
    ),
    _bug(
        4,
        "the trash of another run was work",
        f"{_KNOWN}::test_bug_04_a_trash_that_this_run_does_not_use_is_no_work_either",
        _RECORDS_SAY_NOTHING,
    ),
    _bug(4, "hidden folders were work", f"{_KNOWN}::test_bug_04_hidden_folders_are_no_work", _HIDDEN_IS_WORK),
    _bug(
        5,
        "`--clean-output` without `--cleanup` removed archives",
        f"{_KNOWN}::test_bug_05_clean_output_without_cleanup_does_nothing_to_the_archive",
        Change(
            f"{_WORKFLOWS}/workflow.py",
            "        if options.is_cleanup:\n            yield from self._cleanup.evictions()\n        else:\n",
            "        if options.is_cleanup or options.is_output_cleaned:\n"
            "            yield from self._cleanup.evictions()\n"
            "        if not options.is_cleanup:\n",
        ),
    ),
    _bug(
        5,
        "what is in the archive was work",
        f"{_KNOWN}::test_bug_05_the_archive_is_never_work",
        _NO_ROOT_IS_LEFT_OUT,
        _RECORDS_SAY_NOTHING,
    ),
    _bug(
        6,
        "the trash was flat",
        f"{_KNOWN}::test_bug_06_the_trash_keeps_the_tree",
        Change(
            "core/camvault/core/retention/trash.py",
            "below = path.relative_to(root) if path.is_relative_to(root) else PurePath(path.name)",
            "below = PurePath(path.name)",
        ),
    ),
    _bug(
        7,
        "the question was asked twice",
        f"{_AS_PROCESS}::TestTheQuestion::test_everything_but_yes_is_no",
        Change(
            f"{_CLI}/asking.py",
            "    sys.stderr.write(question)\n",
            "    sys.stderr.write(question)\n    sys.stderr.write(question)\n",
        ),
    ),
    _bug(
        7,
        "a dry run made the archive's folder and the log",
        f"{_AS_PROCESS}::test_clips_become_archives_and_go_to_the_trash",
        Change(
            f"{_APPS}/running.py",
            "    items = ArchiveRun(job, is_preview=True).work()\n    if options.json_output:\n",
            "    items = ArchiveRun(job, is_preview=True).work()\n"
            "    job.ports.storage.make_folder(job.roots.output)\n"
            "    _open_log(context, options)\n"
            "    if options.json_output:\n",
        ),
    ),
    _bug(
        7,
        "a dry run removed empty folders",
        f"{_KNOWN}::test_bug_07_a_dry_run_changes_nothing",
        Change(
            f"{_WORKFLOWS}/cleaning.py",
            "            self.empty_folders += tree.empty_folders\n",
            "            for folder in tree.empty_folders:\n"
            "                self.job.ports.storage.prune(folder, is_root_included=True)\n",
        ),
    ),
    _bug(
        8,
        "without a clip nothing was cleaned",
        f"{_KNOWN}::test_bug_08_a_folder_with_nothing_but_pictures_is_cleaned",
        Change(
            f"{_WORKFLOWS}/cleaning.py",
            "        tree, cut, is_all_kept = ",
            "        units = (unit for units, _ in self.units.by_day(self.units.tree(root), area) for unit in units)\n"
            "        if all(unit.is_orphan for unit in units):\n"
            "            return\n"
            "        tree, cut, is_all_kept = ",
        ),
    ),
    _bug(
        9,
        "empty folders of the trash and of the archive were removed",
        f"{_KNOWN}::test_bug_09_empty_folders_of_trash_and_archive_stay",
        Change(
            f"{_WORKFLOWS}/evicting.py",
            "        for folder in (*empty_folders, *self._touched):\n",
            "        self._prune(root)\n        for folder in (*empty_folders, *self._touched):\n",
        ),
    ),
    _bug(
        10,
        "a picture was removed whose clip was still uploaded",
        f"{_KNOWN}::test_bug_10_a_fresh_picture_whose_clip_is_still_uploaded_stays",
        Change(
            f"{_WORKFLOWS}/units.py",
            "if unit.changed_ns < self.settled_ns:",
            "if unit.is_orphan or unit.changed_ns < self.settled_ns:",
        ),
        Change(
            f"{_WORKFLOWS}/cleaning.py",
            "reason = rules.age_reason(unit) or (",
            "reason = RetentionReason('orphan', 'any age') if unit.is_orphan else rules.age_reason(unit) or (",
        ),
    ),
    _bug(
        10,
        "a clip was taken that was still written",
        f"{_KNOWN}::test_bug_10_a_clip_that_is_still_written_stays",
        Change(f"{_POLICIES}/plan.py", "    return abs(age_s) >= settle_s\n", "    return True\n"),
    ),
    _bug(
        10,
        "a clip was taken whose picture was still written",
        f"{_KNOWN}::test_bug_10_a_clip_whose_picture_is_still_written_stays",
        Change(
            f"{_WORKFLOWS}/planning.py",
            "for file in clip.files], key=abs)",
            "for file in clip.files[-1:]], key=abs)",
        ),
    ),
    _bug(
        11,
        "a clip named `.Mp4` was taken for a picture",
        f"{_KNOWN}::test_bug_11_an_extension_in_mixed_case_is_a_clip",
        Change(
            f"{_POLICIES}/dated_names.py",
            "kind == _CLIP",
            'extension in ("mp4", "MP4")',
        ),
    ),
    _bug(
        12,
        "the size of the input counted the archive",
        f"{_KNOWN}::test_bug_12_the_size_of_the_input_counts_neither_archive_nor_trash",
        Change(
            f"{_WORKFLOWS}/cutting.py",
            "kept_bytes=sums.kept_bytes,",
            "kept_bytes=sums.kept_bytes + self.sums(self.units.tree(self.job.roots.output), 'output').kept_bytes,",
        ),
    ),
    _bug(
        12,
        "the size of the input counted the trash",
        f"{_KNOWN}::test_bug_12_the_size_of_the_input_counts_neither_archive_nor_trash",
        _NO_ROOT_IS_LEFT_OUT,
        _HIDDEN_IS_WORK,
    ),
    _bug(
        12,
        "what was moved to the trash of the same disk counted as freed",
        f"{_KNOWN}::test_bug_12_what_goes_to_the_trash_of_the_same_disk_frees_nothing",
        Change(
            f"{_WORKFLOWS}/cutting.py",
            "return trash is None or storage.device_of(trash) != storage.device_of(root)",
            "return True",
        ),
    ),
    _bug(
        12,
        "what was in the trash was put there again, one level deeper",
        "tests/policies/retention/test_trash.py::test_a_file_keeps_its_path_below_the_trash_and_is_never_nested",
        Change("core/camvault/core/retention/trash.py", "    if path.is_relative_to(trash):\n", "    if False:\n"),
    ),
    _bug(
        13,
        "links were taken for clips",
        f"{_KNOWN}::test_bug_13_links_and_unfinished_uploads_are_no_footage",
        Change(
            f"{_WORKFLOWS}/observing.py",
            "            for file in listing.files:\n                name = pattern",
            "            links = [file._replace(name=name) for file in listing.files[:1] for name in listing.others]\n"
            "            for file in (*listing.files, *links):\n                name = pattern",
        ),
    ),
    _bug(
        13,
        "an unfinished upload was taken for a clip",
        f"{_KNOWN}::test_bug_13_links_and_unfinished_uploads_are_no_footage",
        Change(
            f"{_POLICIES}/dated_names.py",
            'name.rpartition(".")',
            'name.removesuffix(".part").rpartition(".")',
        ),
    ),
    _bug(
        14,
        "without a terminal it ended with the error of the question",
        f"{_AS_PROCESS}::TestTheQuestion::test_without_a_terminal_y_is_named_and_nothing_touched",
        Change(f"{_APPS}/asking.py", "    if not has_terminal():\n", "    if False:\n"),
        Change(
            f"{_APPS}/asking.py",
            "    return typed(QUESTION, cancel=cancel) in _YES\n",
            "    return input(QUESTION) in _YES\n",
        ),
    ),
    _bug(
        14,
        "the end of the input was an error, and not a no",
        f"{_AS_PROCESS}::TestTheQuestion::test_everything_but_yes_is_no",
        Change(
            f"{_CLI}/asking.py",
            "    cancel.check()\n    return answer",
            "    cancel.check()\n    if not answer:\n        raise EOFError\n    return answer",
        ),
    ),
)
