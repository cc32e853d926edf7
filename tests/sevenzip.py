"""7-Zip, which did not write the images that it opens, under the name that the system has.

Debian's package `7zip` holds `7zz` alone in Debian 12 and `7z`, without `7zz`, in Debian 13.
"""

import shutil
from typing import Final

SEVEN_ZIP: Final = next((name for name in ("7zz", "7z") if shutil.which(name)), "7zz")
