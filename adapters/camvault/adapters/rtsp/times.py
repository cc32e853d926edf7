"""Adapter for RTSP cameras, pure part: the times of pictures that come in another order than they are shown in.

When a picture arrives says nothing of when it is shown there, so the camera's own times are taken. They are repaired:

* The first picture comes without a time: ffmpeg's parser loses it. It gets one before all others.
* A camera that sets its clock makes all times jump. A step of more than `_JUMP` pictures is taken for one picture.
* Times of decoding are made up, so that they grow and lie before those of display; Matroska does not keep them.

Everything is counted in durations of a picture, because the time base that the filter is told is not that of its
packets in ffmpeg 5.1. Measured with 5.1, 7.1 and 9.0 and one to three B frames, see decision 0034.
Source: libavcodec/bsf/setts.c, https://ffmpeg.org/ffmpeg-bitstream-filters.html#setts
"""

from camvault.ports.recorder import SoundUse

_JUMP = 125
"""Five seconds of 25 pictures each."""
_LEAD = 8
"""Most pictures that a camera holds back so that later ones come first."""
_BEFORE_ALL = 5

_SHOWN = (
    "if(eq(PREV_INPTS,NOPTS),"
    f"if(eq(PTS,NOPTS),NEXT_PTS-{_BEFORE_ALL}*DURATION,PTS),"
    f"PREV_OUTPTS+if(lt(abs(PTS-PREV_INPTS),{_JUMP}*DURATION),PTS-PREV_INPTS,DURATION))"
)
_UNTIL_NEXT = f"if(lt(abs(NEXT_PTS-PTS),{_JUMP}*DURATION),NEXT_PTS-PTS,0)"
_DECODED = (
    f"max(if(eq(PREV_OUTDTS,NOPTS),-1e12,PREV_OUTDTS+DURATION/8),min({_SHOWN},{_SHOWN}+{_UNTIL_NEXT})-{_LEAD}*DURATION)"
)


def repaired_times(sound: SoundUse) -> tuple[str, ...]:
    """The flags for a stream whose times are the camera's."""
    pictures = ("-bsf:v", f"setts=pts={_quoted(_SHOWN)}:dts={_quoted(_DECODED)}")
    if sound is not SoundUse.COPIED:
        return pictures
    return (*pictures, "-bsf:a", f"setts=pts={_quoted(_SHOWN)}:dts={_quoted(_SHOWN)}")


def _quoted(expression: str) -> str:
    # a comma would begin the next filter
    return expression.replace(",", r"\,")
