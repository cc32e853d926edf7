/*
 * vburn: a blank BD-R writer without hardware, kernel or root.
 *
 * A shared object for LD_PRELOAD. The path $VBURN_DEV (default /dev/sr5) then looks like an optical drive to the
 * program: open, stat and ioctl on it are answered here, SG_IO commands by a subset of MMC-6 for a BD-R in sequential
 * recording mode. Written against what xorriso, cdrskin, growisofs, dvd+rw-mediainfo and camvault expect, not against
 * the text of MMC: a passing test is necessary, not sufficient.
 *
 *     gcc -O2 -shared -fPIC -o vburn.so vburn.c -ldl
 *     VBURN_DIR=folder VBURN_BLOCKS=20000 LD_PRELOAD=./vburn.so xorriso -outdev /dev/sr5 -toc
 *
 * $VBURN_DIR holds the medium: `disc.img` (its data) and `state` (struct state), so that a burn can be checked with cmp
 * and the next program sees what the last one left.
 *
 * Knobs are environment variables; a file of the same name in $VBURN_DIR wins, so that they can be changed while a
 * program runs. All block numbers are of 2,048 bytes.
 *
 *     VBURN_MEDIA      bdr | none                       what lies in the drive (default bdr)
 *     VBURN_STATE      blank | appendable | closed      how a medium without `state` file starts (default blank)
 *     VBURN_BLOCKS     n                                size of the unformatted disc (default 12,219,392)
 *     VBURN_FAIL_LBA   n                                write error at this block
 *     VBURN_FLIP_LBA   n                                this block is stored with one bit changed, silently
 *     VBURN_RFAIL_LBA  n                                read error at this block
 *     VBURN_GONE_LBA   n                                the drive vanishes for good when this block is written
 *     VBURN_RGONE_LBA  n                                the drive vanishes for good when this block is read
 *     VBURN_HANG_LBA   n                                the drive never answers again when this block is written, as
 *                                                       behind a USB bridge that hangs: the program waits until it is
 *                                                       killed, and the next one finds the drive as it was
 *     VBURN_RHANG_LBA  n                                the drive does not answer when this block is read, and the kernel
 *                                                       ends the command after the time limit that came with it
 *     VBURN_CLOSE_MS   n                                closing the session or the disc takes so long
 *     VBURN_KBPS       n                                writes take the time they would at n kB/s
 *     VBURN_HURRY      n                                the program's own naps are n times shorter (default 1): libburn
 *                                                       and growisofs give a real drive seconds that this one needs not
 *     VBURN_SLIM       1                                the tray opens by itself but must be closed by hand
 *     VBURN_LOG        path                             every command, in hexadecimal
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/cdrom.h>
#include <linux/fs.h>
#include <poll.h>
#include <pthread.h>
#include <scsi/sg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define SECTOR 2048
#define CLUSTER 32 /* BD-R is written in clusters of 32 sectors */
#define MAX_TRACKS 32
#define MAX_FDS 1024
#define STATE_MAGIC 0x5643
#define CDROM_INFO "/proc/sys/dev/cdrom/info"

/* Sense data as key << 16 | asc << 8 | ascq; 0 is success. */
enum sense {
    GOOD = 0,
    MEDIUM_NOT_PRESENT = 0x023a00,
    WRITE_ERROR = 0x030c00,
    UNRECOVERED_READ_ERROR = 0x031100,
    INVALID_COMMAND = 0x052000,
    LBA_OUT_OF_RANGE = 0x052100,
    INVALID_ADDRESS_FOR_WRITE = 0x052102,
    INVALID_FIELD_IN_CDB = 0x052400,
    INVALID_FIELD_IN_PARAMETERS = 0x052600,
    FORMAT_NOT_SUPPORTED = 0x053002,
    INCOMPATIBLE_MEDIUM = 0x053005,
};

enum disc_status { BLANK = 0, APPENDABLE = 1, COMPLETE = 2 };

struct track {
    uint32_t start, size, session;
};

/* The medium, as stored in $VBURN_DIR/state. */
struct state {
    uint32_t magic;
    uint32_t total;    /* blocks of the unformatted disc */
    uint32_t capacity; /* blocks that can be written: less than total once formatted with spares */
    uint32_t is_formatted, status, session_count, track_count;
    uint32_t next_writable, reserved, is_track_open, spare_blocks, is_pow;
    uint32_t is_tray_open;
    struct track tracks[MAX_TRACKS];
};

static struct state disc;
static char device[256], folder[512], state_path[600], image_path[600], gone_path[600], info_path[600];
static int is_initialised, is_ours[MAX_FDS];
static FILE *log_file;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int (*real_open)(const char *, int, ...), (*real_open64)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...), (*real_openat64)(int, const char *, int, ...);
static int (*real_close)(int), (*real_access)(const char *, int), (*real_ioctl)(int, unsigned long, ...);
static int (*real_stat)(const char *, struct stat *), (*real_lstat)(const char *, struct stat *);
static int (*real_fstat)(int, struct stat *), (*real_fstatat)(int, const char *, struct stat *, int);
static int (*real_stat64)(const char *, struct stat64 *), (*real_lstat64)(const char *, struct stat64 *);
static int (*real_fstat64)(int, struct stat64 *), (*real_fstatat64)(int, const char *, struct stat64 *, int);

/* --- knobs and state ---------------------------------------------------------------------------------------------- */

/* The text of a knob: from $VBURN_DIR/NAME, else from the environment, else "". */
static const char *knob_text(const char *name) {
    static __thread char text[128];
    char path[700];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = real_open(path, O_RDONLY);
    if (fd >= 0) {
        ssize_t n = read(fd, text, sizeof text - 1);
        real_close(fd);
        text[n > 0 ? n : 0] = 0;
        text[strcspn(text, "\n")] = 0;
        return text;
    }
    const char *value = getenv(name);
    return value ? value : "";
}

static long knob(const char *name, long fallback) {
    const char *text = knob_text(name);
    return *text ? strtol(text, 0, 0) : fallback;
}

static void initialise(void);

static int nap(double ns) {
    struct timespec left = {(time_t)(ns / 1e9), (long)(ns - 1e9 * (double)(time_t)(ns / 1e9))};
    return nanosleep(&left, 0);
}

static double hurry(void) {
    long times = knob("VBURN_HURRY", 1);
    return times > 1 ? (double)times : 1;
}

int usleep(useconds_t us) {
    initialise();
    return nap(us * 1e3 / hurry());
}

unsigned sleep(unsigned seconds) {
    initialise();
    return nap(seconds * 1e9 / hurry()) ? 1 : 0;
}

int poll(struct pollfd *files, nfds_t count, int timeout_ms) {
    struct timespec limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    initialise();
    if (!count && timeout_ms > 0) return nap(timeout_ms * 1e6 / hurry()); /* a nap in disguise */
    return ppoll(files, count, timeout_ms < 0 ? 0 : &limit, 0);
}

static int is_medium_absent(void) { return disc.is_tray_open || !strcmp(knob_text("VBURN_MEDIA"), "none"); }

static int is_drive_gone(void) {
    struct stat unused;
    int saved = errno, is_there = real_stat(gone_path, &unused) == 0;
    errno = saved; /* growisofs looks at errno after calls that succeeded */
    return is_there;
}

static void save_state(void) {
    int fd = real_open(state_path, O_CREAT | O_WRONLY, 0666);
    if (fd < 0) return;
    if (pwrite(fd, &disc, sizeof disc, 0) < 0) perror("vburn: state");
    real_close(fd);
}

static void start_medium(void) {
    memset(&disc, 0, sizeof disc);
    disc.magic = STATE_MAGIC;
    disc.total = disc.capacity = knob("VBURN_BLOCKS", 12219392);
    const char *text = knob_text("VBURN_STATE");
    int is_closed = !strcmp(text, "closed");
    if (is_closed || !strcmp(text, "appendable")) { /* one finished session of some other data */
        disc.status = is_closed ? COMPLETE : APPENDABLE;
        disc.session_count = disc.track_count = 1;
        disc.tracks[0] = (struct track){0, 320, 1};
        disc.next_writable = 320;
    }
    save_state();
}

static void load_state(void) {
    int fd = real_open(state_path, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, &disc, sizeof disc) : 0;
    if (fd >= 0) real_close(fd);
    if (n != sizeof disc || disc.magic != STATE_MAGIC) start_medium();
}

static void *find(const char *name) { return dlsym(RTLD_NEXT, name); }

static void initialise(void) {
    if (is_initialised) return;
    is_initialised = 1;
    int saved = errno;
    real_open = find("open"), real_open64 = find("open64");
    real_openat = find("openat"), real_openat64 = find("openat64");
    real_close = find("close"), real_access = find("access"), real_ioctl = find("ioctl");
    real_stat = find("stat"), real_lstat = find("lstat"), real_fstat = find("fstat"), real_fstatat = find("fstatat");
    real_stat64 = find("stat64"), real_lstat64 = find("lstat64"), real_fstat64 = find("fstat64");
    real_fstatat64 = find("fstatat64");
    snprintf(device, sizeof device, "%s", getenv("VBURN_DEV") ?: "/dev/sr5");
    snprintf(folder, sizeof folder, "%s", getenv("VBURN_DIR") ?: "/tmp/vburn");
    snprintf(state_path, sizeof state_path, "%s/state", folder);
    snprintf(image_path, sizeof image_path, "%s/disc.img", folder);
    snprintf(gone_path, sizeof gone_path, "%s/gone", folder);
    snprintf(info_path, sizeof info_path, "%s/cdrom-info", folder);
    if (getenv("VBURN_LOG")) log_file = fopen(getenv("VBURN_LOG"), "ae");
    errno = saved;
}

/* --- the device node ---------------------------------------------------------------------------------------------- */

static int is_device(const char *path) {
    initialise();
    return path && !strcmp(path, device);
}

/* Whether a descriptor is one of the device, also after dup, fork and exec: by the inode of disc.img. */
static int is_device_fd(int fd) {
    struct stat mine, wanted;
    if (fd < 0 || fd >= MAX_FDS) return 0;
    if (is_ours[fd]) return 1;
    if (!real_fstat || real_fstat(fd, &mine) || real_stat(image_path, &wanted)) return 0;
    is_ours[fd] = mine.st_dev == wanted.st_dev && mine.st_ino == wanted.st_ino;
    return is_ours[fd];
}

static int open_device(int flags) {
    if (is_drive_gone()) {
        errno = ENOENT;
        return -1;
    }
    load_state();
    int fd = real_open(image_path, O_RDWR | O_CREAT | (flags & O_CLOEXEC), 0666);
    if (fd >= 0 && fd < MAX_FDS) is_ours[fd] = 1;
    return fd;
}

/* The kernel's list of drives: this one only. The lines are those of cdrom.c in Linux. */
static int open_cdrom_info(void) {
    const char *name = strrchr(device, '/') ? strrchr(device, '/') + 1 : device;
    char text[512];
    int length = snprintf(text, sizeof text,
                          "CD-ROM information, Id: cdrom.c 3.20 2003/12/17\n\ndrive name:\t\t%s\ndrive speed:\t\t48\n"
                          "drive # of slots:\t1\nCan close tray:\t\t1\nCan open tray:\t\t1\nCan lock tray:\t\t1\n"
                          "Can change speed:\t1\nCan read DVD:\t\t1\nCan write CD-R:\t\t1\nCan write CD-RW:\t1\n"
                          "Can write DVD-R:\t1\nCan write DVD-RAM:\t1\n\n\n",
                          is_drive_gone() ? "" : name);
    int fd = real_open(info_path, O_CREAT | O_TRUNC | O_RDWR, 0666);
    if (fd >= 0 && pwrite(fd, text, length, 0) < 0) perror("vburn: cdrom info");
    return fd;
}

#define DEFINE_OPEN(NAME, REAL)                                  \
    int NAME(const char *path, int flags, ...) {                 \
        mode_t mode = 0;                                         \
        if (flags & (O_CREAT | __O_TMPFILE)) {                   \
            va_list rest;                                        \
            va_start(rest, flags);                               \
            mode = va_arg(rest, int);                            \
            va_end(rest);                                        \
        }                                                        \
        if (is_device(path)) return open_device(flags);          \
        if (!strcmp(path, CDROM_INFO)) return open_cdrom_info(); \
        return REAL(path, flags, mode);                          \
    }
DEFINE_OPEN(open, real_open)
DEFINE_OPEN(open64, real_open64)

int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }

#define DEFINE_OPENAT(NAME, REAL)                                \
    int NAME(int at, const char *path, int flags, ...) {         \
        mode_t mode = 0;                                         \
        if (flags & (O_CREAT | __O_TMPFILE)) {                   \
            va_list rest;                                        \
            va_start(rest, flags);                               \
            mode = va_arg(rest, int);                            \
            va_end(rest);                                        \
        }                                                        \
        if (is_device(path)) return open_device(flags);          \
        if (!strcmp(path, CDROM_INFO)) return open_cdrom_info(); \
        return REAL(at, path, flags, mode);                      \
    }
DEFINE_OPENAT(openat, real_openat)
DEFINE_OPENAT(openat64, real_openat64)

int close(int fd) {
    initialise();
    if (fd >= 0 && fd < MAX_FDS) is_ours[fd] = 0;
    return real_close(fd);
}

#define FILL_STAT(result)                  \
    do {                                   \
        if (is_drive_gone()) {             \
            errno = ENOENT;                \
            return -1;                     \
        }                                  \
        memset(result, 0, sizeof *result); \
        result->st_mode = S_IFBLK | 0660;  \
        result->st_rdev = makedev(11, 5);  \
        result->st_ino = 555;              \
        result->st_nlink = 1;              \
        result->st_blksize = SECTOR;       \
        return 0;                          \
    } while (0)

#define DEFINE_STAT(NAME, TYPE, REAL)                 \
    int NAME(const char *path, struct TYPE *result) { \
        if (is_device(path)) FILL_STAT(result);       \
        return REAL(path, result);                    \
    }
DEFINE_STAT(stat, stat, real_stat)
DEFINE_STAT(lstat, stat, real_lstat)
DEFINE_STAT(stat64, stat64, real_stat64)
DEFINE_STAT(lstat64, stat64, real_lstat64)

#define DEFINE_FSTAT(NAME, TYPE, REAL)           \
    int NAME(int fd, struct TYPE *result) {      \
        initialise();                            \
        if (is_device_fd(fd)) FILL_STAT(result); \
        return REAL(fd, result);                 \
    }
DEFINE_FSTAT(fstat, stat, real_fstat)
DEFINE_FSTAT(fstat64, stat64, real_fstat64)

#define DEFINE_FSTATAT(NAME, TYPE, REAL)                                 \
    int NAME(int at, const char *path, struct TYPE *result, int flags) { \
        if (is_device(path)) FILL_STAT(result);                          \
        return REAL(at, path, result, flags);                            \
    }
DEFINE_FSTATAT(fstatat, stat, real_fstatat)
DEFINE_FSTATAT(fstatat64, stat64, real_fstatat64)

/* Programs built before glibc 2.33 (growisofs, libburn in Debian 12) come in by these. */
#define DEFINE_XSTAT(NAME, TYPE)                                   \
    int NAME(int version, const char *path, struct TYPE *result) { \
        static int (*real)(int, const char *, struct TYPE *);      \
        if (is_device(path)) FILL_STAT(result);                    \
        if (!real) real = find(#NAME);                             \
        return real(version, path, result);                        \
    }
DEFINE_XSTAT(__xstat, stat)
DEFINE_XSTAT(__lxstat, stat)
DEFINE_XSTAT(__xstat64, stat64)
DEFINE_XSTAT(__lxstat64, stat64)

#define DEFINE_FXSTAT(NAME, TYPE)                        \
    int NAME(int version, int fd, struct TYPE *result) { \
        static int (*real)(int, int, struct TYPE *);     \
        initialise();                                    \
        if (is_device_fd(fd)) FILL_STAT(result);         \
        if (!real) real = find(#NAME);                   \
        return real(version, fd, result);                \
    }
DEFINE_FXSTAT(__fxstat, stat)
DEFINE_FXSTAT(__fxstat64, stat64)

int access(const char *path, int mode) {
    if (!is_device(path)) return real_access(path, mode);
    if (!is_drive_gone()) return 0;
    errno = ENOENT;
    return -1;
}

/* --- MMC commands ------------------------------------------------------------------------------------------------- */

static void put16(uint8_t *to, unsigned value) {
    to[0] = value >> 8;
    to[1] = value;
}

static void put32(uint8_t *to, uint32_t value) {
    put16(to, value >> 16);
    put16(to + 2, value);
}

static unsigned get16(const uint8_t *from) { return from[0] << 8 | from[1]; }
static uint32_t get32(const uint8_t *from) { return (uint32_t)get16(from) << 16 | get16(from + 2); }

/* Blocks kept back by FORMAT UNIT: as on real discs for the real sizes, in proportion for the small ones of tests. */
static uint32_t minimal_spares(void) { return disc.total < 12000000 ? (disc.total / 93) & ~31u : 131072; }
static uint32_t default_spares(void) { return disc.total < 12000000 ? (disc.total / 31) & ~31u : 393216; }

struct answer {
    uint8_t bytes[70000];
    uint32_t length;
    enum sense sense;
};

static void inquiry(struct answer *a) {
    uint8_t *o = a->bytes;
    o[0] = 5; /* peripheral device type: CD/DVD/BD */
    o[1] = 0x80;
    o[2] = 5;
    o[3] = 2;
    o[4] = 31;
    memcpy(o + 8, "VIRTUAL BD-R WRITER     0001", 28);
    a->length = 36;
}

static void get_event_status(struct answer *a) {
    uint8_t *o = a->bytes;
    o[1] = 6;
    o[2] = 4;
    o[3] = 0x10;
    o[5] = disc.is_tray_open ? 1 : is_medium_absent() ? 0 : 2;
    a->length = 8;
}

static void mode_sense(struct answer *a, unsigned page) {
    uint8_t *o = a->bytes + 8;
    if (page == 0x2a || page == 0x3f) { /* capabilities */
        static const uint8_t head[] = {0x2a, 0x32, 0x3f, 0x37, 0xf1, 0x73, 0x29, 0x23};
        static const uint8_t speed_at[] = {8, 14, 18, 20, 28, 34};
        memcpy(o, head, sizeof head);
        for (unsigned i = 0; i < sizeof speed_at; i++) put16(o + speed_at[i], 17984);
        put16(o + 12, 4096);
        put16(o + 30, 1);
        o += 0x34;
    }
    if (page == 5 || page == 0x3f) { /* write parameters */
        o[0] = 5;
        o[1] = 0x32;
        o[3] = 5;
        o[4] = 8;
        put32(o + 10, 16);
        o += 0x34;
    }
    if (page == 1 || page == 0x3f) { /* error recovery */
        o[0] = 1;
        o[1] = 10;
        o[2] = 0x80;
        o[3] = 8;
        o += 12;
    }
    a->length = o - a->bytes;
    if (a->length == 8)
        a->sense = INVALID_FIELD_IN_CDB;
    else
        put16(a->bytes, a->length - 2);
}

static void get_configuration(struct answer *a, const uint8_t *cdb) {
    static const uint16_t profiles[] = {0x43, 0x41, 0x40, 0x1b, 0x10, 0x08};
    int is_present = !is_medium_absent(), is_writable = is_present && disc.status != COMPLETE;
    unsigned profile = is_present ? 0x41 : 0, starting = get16(cdb + 2), request = cdb[1] & 3;
    const struct {
        unsigned code, version, is_current, length;
    } features[] = {
        {0x0000, 0, 1, 24},                        /* profile list */
        {0x0001, 2, 1, 8},                         /* core */
        {0x0003, 1, 1, 4},                         /* removable medium */
        {0x0010, 0, is_present, 8},                /* random readable */
        {0x0021, 1, is_writable, 8},               /* incremental streaming writable */
        {0x0023, 1, is_present, 8},                /* formattable */
        {0x0038, 0, is_present && disc.is_pow, 0}, /* pseudo-overwrite */
        {0x0040, 0, is_present, 28},               /* BD read */
        {0x0041, 0, is_writable, 20},              /* BD write */
        {0x0107, 4, is_present, 4},                /* real time streaming */
        {0x0108, 0, 1, 8},                         /* serial number */
    };
    uint8_t *o = a->bytes + 8;
    for (unsigned i = 0; i < sizeof features / sizeof *features; i++) {
        unsigned code = features[i].code;
        int is_asked = request == 2 ? code == starting : starting <= code && (request == 0 || features[i].is_current);
        if (!is_asked) continue;
        put16(o, code);
        o[2] = features[i].version << 2 | features[i].is_current;
        o[3] = features[i].length;
        uint8_t *data = o + 4;
        switch (code) {
            case 0x0000:
                for (int p = 0; p < 6; p++) {
                    put16(data + 4 * p, profiles[p]);
                    data[4 * p + 2] = profiles[p] == profile;
                }
                break;
            case 0x0001: put32(data, 7), data[4] = 1; break;
            case 0x0003: data[0] = 0x29; break;
            case 0x0010: put32(data, SECTOR), put16(data + 4, 1); break;
            case 0x0021: put16(data, 1), data[3] = 1, data[4] = CLUSTER; break;
            case 0x0040: data[7] = 2, data[9] = 2; break;
            case 0x0041: data[5] = 2; break;
            case 0x0107: data[0] = 0x1f; break;
            case 0x0108: memcpy(data, "VBURN001", 8); break;
        }
        o += 4 + features[i].length;
    }
    a->length = o - a->bytes;
    put32(a->bytes, a->length - 4);
    put16(a->bytes + 6, profile);
}

static void read_disc_information(struct answer *a) {
    uint8_t *o = a->bytes;
    int is_complete = disc.status == COMPLETE;
    put16(o, 32);
    o[2] = disc.is_track_open ? APPENDABLE | 1 << 2 : disc.status | (is_complete ? 3 << 2 : 0);
    o[3] = 1;
    o[4] = disc.session_count + !is_complete;
    o[5] = o[6] = disc.track_count + (is_complete || disc.is_track_open ? 0 : 1);
    a->length = 34;
}

static void read_track_information(struct answer *a, const uint8_t *cdb) {
    uint8_t *o = a->bytes;
    uint32_t address = get32(cdb + 2);
    unsigned kind = cdb[1] & 3, count = disc.track_count, number = address >= 1 ? address : 1;
    if (kind == 0) {
        for (number = 1; number <= count; number++) {
            const struct track *t = &disc.tracks[number - 1];
            if (address >= t->start && address < t->start + t->size) break;
        }
    } else if (kind == 1) {
        number = address == 0xff ? count + 1 : address;
    }
    if (number < 1 || number > count + 1 || (disc.status == COMPLETE && number > count)) {
        a->sense = INVALID_FIELD_IN_CDB;
        return;
    }
    a->length = 48;
    put16(o, 46);
    o[2] = number;
    o[5] = 4;
    o[6] = 1;
    if (number <= count && !(disc.is_track_open && number == count)) {
        const struct track *t = &disc.tracks[number - 1];
        o[3] = t->session;
        o[7] = 2;
        put32(o + 8, t->start);
        put32(o + 24, t->size);
        put32(o + 28, t->start + t->size - 1);
        return;
    }
    uint32_t start = disc.is_track_open && number == count ? disc.tracks[number - 1].start : disc.next_writable;
    o[3] = disc.session_count + 1;
    o[6] |= disc.is_track_open ? 0 : 0x40;
    o[7] = 1;
    put32(o + 8, start);
    put32(o + 12, disc.next_writable);
    put32(o + 16, disc.capacity - disc.next_writable);
    put32(o + 20, CLUSTER);
    put32(o + 24, disc.reserved ? disc.reserved : disc.capacity - start);
    if (disc.next_writable > start) {
        o[7] |= 2;
        put32(o + 28, disc.next_writable - 1);
    }
}

static void read_format_capacities(struct answer *a) {
    int is_used = disc.is_formatted || disc.status != BLANK;
    uint8_t *o = a->bytes + 4;
    put32(o, is_used ? disc.capacity : disc.total);
    o[4] = is_used ? 2 : 1;
    put16(o + 6, SECTOR);
    o += 8;
    const struct {
        uint32_t blocks;
        unsigned type;
    } formats[] = {{disc.total - default_spares(), 0x00},
                   {disc.total - default_spares(), 0x32},
                   {disc.total / 2, 0x32},
                   {disc.total - minimal_spares(), 0x32}};
    for (int i = 0; i < 4 && !is_used; i++, o += 8) {
        put32(o, formats[i].blocks);
        o[4] = formats[i].type << 2;
    }
    a->length = o - a->bytes;
    a->bytes[3] = a->length - 4;
}

static void format_unit(struct answer *a, const uint8_t *data) {
    uint32_t blocks = get32(data + 4);
    if (disc.status != BLANK || disc.is_formatted)
        a->sense = INCOMPATIBLE_MEDIUM;
    else if (!blocks || blocks > disc.total)
        a->sense = INVALID_FIELD_IN_PARAMETERS;
    else {
        disc.capacity = blocks;
        disc.is_formatted = 1;
        disc.spare_blocks = disc.total - blocks;
        disc.is_pow = (data[8] & 3) == 0;
        save_state();
    }
}

static void read_toc(struct answer *a, const uint8_t *cdb) {
    uint8_t *o = a->bytes;
    unsigned format = cdb[2] & 15 ? cdb[2] & 15 : cdb[9] >> 6;
    if (!disc.track_count || disc.status == BLANK || format > 1) {
        a->sense = INVALID_FIELD_IN_CDB;
    } else if (format == 1) {
        const struct track *last = &disc.tracks[disc.track_count - 1];
        put16(o, 10);
        o[2] = 1;
        o[3] = disc.session_count;
        o[5] = 0x14;
        o[6] = last->session;
        put32(o + 8, last->start);
        a->length = 12;
    } else {
        uint8_t *entry = o + 4;
        o[2] = 1;
        o[3] = disc.track_count;
        for (unsigned i = 0; i <= disc.track_count; i++, entry += 8) {
            uint32_t address = i < disc.track_count ? disc.tracks[i].start : disc.next_writable;
            entry[1] = 0x14;
            entry[2] = i < disc.track_count ? i + 1 : 0xaa;
            if (cdb[1] & 2) { /* minutes, seconds, frames */
                address += 150;
                entry[5] = address / 75 / 60;
                entry[6] = address / 75 % 60;
                entry[7] = address % 75;
            } else {
                put32(entry + 4, address);
            }
        }
        a->length = entry - o;
        put16(o, a->length - 2);
    }
}

static void get_performance(struct answer *a, unsigned type) {
    uint8_t *o = a->bytes + 8;
    uint32_t end = disc.capacity - 1;
    if (type == 3) { /* write speeds */
        for (int i = 0; i < 2; i++, o += 16) {
            put32(o + 4, end);
            put32(o + 8, 17984);
            put32(o + 12, i ? 8992 : 17984);
        }
    } else if (type == 0) {
        put32(o + 4, 17984);
        put32(o + 8, end);
        put32(o + 12, 17984);
        o += 16;
    }
    a->length = o - a->bytes;
    put32(a->bytes, a->length - 4);
}

static void read_disc_structure(struct answer *a, const uint8_t *cdb) {
    uint8_t *o = a->bytes;
    if ((cdb[1] & 15) != 1) {
        a->sense = FORMAT_NOT_SUPPORTED;
        return;
    }
    switch (cdb[7]) {
        case 0xff: /* list of structures */
            o[5] = 0x40;
            put16(o + 6, 4100);
            o[8] = 0x0a;
            o[9] = 0x40;
            put16(o + 10, 16);
            a->length = 12;
            break;
        case 0x00: /* disc information */
            memcpy(o + 4, "DI", 2);
            o[6] = 1;
            memcpy(o + 12, "BDR", 3);
            o[16] = 0x10;
            memcpy(o + 104, "VBURN VB1", 9);
            a->length = 4100;
            break;
        case 0x0a: /* spare area */
            put32(o + 8, disc.spare_blocks);
            put32(o + 12, disc.spare_blocks);
            a->length = 16;
            break;
        default: a->sense = INVALID_FIELD_IN_CDB; return;
    }
    put16(o, a->length - 2);
}

static int is_inside(long block, uint32_t start, uint32_t count) {
    return block >= 0 && block >= (long)start && block < (long)(start + count);
}

/* The drive is unplugged: nothing answers any more, in this and in every later program. */
static int vanish(void) {
    real_close(real_open(gone_path, O_CREAT | O_WRONLY, 0666));
    save_state();
    errno = ENODEV;
    return -1;
}

/* The drive does not answer: the kernel gives up after the time limit of the command, and says so. */
static int time_out(sg_io_hdr_t *header) {
    nap(header->timeout * 1e6 / hurry());
    header->status = header->masked_status = header->msg_status = header->sb_len_wr = 0;
    header->driver_status = header->info = 0;
    header->host_status = 3; /* DID_TIME_OUT */
    header->resid = (int)header->dxfer_len;
    return 0;
}

static int read_blocks(struct answer *a, int fd, const uint8_t *cdb, uint8_t *data) {
    uint32_t start = get32(cdb + 2), count = cdb[0] == 0x28 ? get16(cdb + 7) : get32(cdb + 6);
    if (is_inside(knob("VBURN_RGONE_LBA", -1), start, count)) return vanish();
    if (start + count > (disc.status || disc.is_track_open ? disc.next_writable : 0)) {
        a->sense = LBA_OUT_OF_RANGE;
    } else if (is_inside(knob("VBURN_RFAIL_LBA", -1), start, count)) {
        a->sense = UNRECOVERED_READ_ERROR;
    } else {
        ssize_t n = pread(fd, data, (size_t)count * SECTOR, (off_t)start * SECTOR);
        if (n < 0) n = 0;
        memset(data + n, 0, (size_t)count * SECTOR - n); /* a hole at the end */
    }
    return 0;
}

static int write_blocks(struct answer *a, int fd, const uint8_t *cdb, uint8_t *data) {
    uint32_t start = get32(cdb + 2), count = cdb[0] == 0x2a ? get16(cdb + 7) : get32(cdb + 6);
    long flip = knob("VBURN_FLIP_LBA", -1), kbps = knob("VBURN_KBPS", 0), fail = knob("VBURN_FAIL_LBA", -1);
    if (is_inside(knob("VBURN_GONE_LBA", -1), start, count)) return vanish();
    while (is_inside(knob("VBURN_HANG_LBA", -1), start, count)) nap(1e9);
    if (disc.status == COMPLETE)
        a->sense = INCOMPATIBLE_MEDIUM;
    else if (start != disc.next_writable)
        a->sense = INVALID_ADDRESS_FOR_WRITE;
    else if (start + count > disc.capacity)
        a->sense = LBA_OUT_OF_RANGE;
    else if (fail >= 0 && fail < (long)(start + count))
        a->sense = WRITE_ERROR;
    if (a->sense) return 0;
    if (!disc.is_track_open) {
        disc.tracks[disc.track_count++] = (struct track){disc.next_writable, 0, disc.session_count + 1};
        disc.is_track_open = 1;
    }
    if (is_inside(flip, start, count)) data[(flip - start) * SECTOR + 77] ^= 0x20;
    if (pwrite(fd, data, (size_t)count * SECTOR, (off_t)start * SECTOR) < 0) a->sense = WRITE_ERROR;
    disc.next_writable += count;
    struct track *open_track = &disc.tracks[disc.track_count - 1];
    open_track->size = disc.next_writable - open_track->start;
    disc.status = APPENDABLE;
    save_state();
    if (kbps) nap(count * 1e6 * SECTOR / kbps);
    return 0;
}

static void close_track_session(struct answer *a, unsigned function) {
    if (function > 1) nap(1e6 * knob("VBURN_CLOSE_MS", 0));
    if (disc.is_track_open && function && disc.reserved > disc.tracks[disc.track_count - 1].size) {
        struct track *open_track = &disc.tracks[disc.track_count - 1];
        open_track->size = disc.reserved;
        disc.next_writable = open_track->start + disc.reserved;
    }
    if (function == 1) { /* close the track */
        disc.is_track_open = 0;
        disc.next_writable = (disc.next_writable + CLUSTER - 1) & ~(CLUSTER - 1u);
    } else if (function == 2) { /* close the session */
        if (disc.is_pow) {
            a->sense = INVALID_FIELD_IN_CDB;
            return;
        }
        disc.is_track_open = 0;
        disc.session_count++;
        disc.status = APPENDABLE;
    } else if (function == 5 || function == 6) { /* finalise the disc */
        disc.is_track_open = 0;
        disc.session_count++;
        disc.status = COMPLETE;
    }
    disc.reserved = 0;
    save_state();
}

/* Answers of fixed content. */
static void read_capacity(struct answer *a) {
    put32(a->bytes, disc.status == BLANK ? 0 : disc.next_writable - 1);
    put32(a->bytes + 4, SECTOR);
    a->length = 8;
}

static void read_buffer_capacity(struct answer *a, int is_in_blocks) {
    put16(a->bytes, 10);
    put32(a->bytes + 4, is_in_blocks ? SECTOR : 4194304);
    put32(a->bytes + 8, is_in_blocks ? 1024 : 2097152);
    a->length = 12;
}

/* One command. Returns 0 (with the answer filled in), or -1 with errno if the drive is gone. */
static int execute(struct answer *a, int fd, const uint8_t *cdb, uint8_t *data) {
    switch (cdb[0]) { /* commands that need no medium */
        case 0x12: inquiry(a); return 0;
        case 0x03: a->bytes[0] = 0x70, a->bytes[7] = 10, a->length = 18; return 0;
        case 0x1b:
        case 0x1e:
        case 0x2f:
        case 0x54:
        case 0x55:
        case 0xa7:
        case 0xb6:
        case 0xbb: return 0;
        case 0x35: fdatasync(fd); return 0;
        case 0x46: get_configuration(a, cdb); return 0;
        case 0x4a: get_event_status(a); return 0;
        case 0x5a: mode_sense(a, cdb[2] & 0x3f); return 0;
        case 0xac: get_performance(a, cdb[10]); return 0;
    }
    if (is_medium_absent()) {
        a->sense = MEDIUM_NOT_PRESENT;
        return 0;
    }
    switch (cdb[0]) {
        case 0x00: break; /* TEST UNIT READY */
        case 0x04: format_unit(a, data); break;
        case 0x23: read_format_capacities(a); break;
        case 0x25: read_capacity(a); break;
        case 0x28:
        case 0xa8: return read_blocks(a, fd, cdb, data);
        case 0x2a:
        case 0xaa: return write_blocks(a, fd, cdb, data);
        case 0x43: read_toc(a, cdb); break;
        case 0x51: read_disc_information(a); break;
        case 0x52: read_track_information(a, cdb); break;
        case 0x53: disc.reserved = get32(cdb + 5), save_state(); break;
        case 0x5b: close_track_session(a, cdb[2] & 7); break;
        case 0x5c: read_buffer_capacity(a, cdb[1] & 1); break;
        case 0xad: read_disc_structure(a, cdb); break;
        default: a->sense = INVALID_COMMAND;
    }
    return 0;
}

static void log_command(const sg_io_hdr_t *header, const struct answer *a) {
    if (!log_file) return;
    fputs("CDB", log_file);
    for (int i = 0; i < header->cmd_len; i++) fprintf(log_file, " %02x", header->cmdp[i]);
    fprintf(log_file, " length=%u -> %u sense=%06x\n", header->dxfer_len, a->length, a->sense);
    fflush(log_file);
}

static int sg_io(int fd, sg_io_hdr_t *header) {
    static struct answer a; /* guarded by the lock */
    memset(&a, 0, sizeof a);
    load_state();
    const uint8_t *cdb = header->cmdp;
    if (cdb[0] == 0x28 && is_inside(knob("VBURN_RHANG_LBA", -1), get32(cdb + 2), get16(cdb + 7))) return time_out(header);
    if (execute(&a, fd, header->cmdp, header->dxferp) < 0) return -1;
    log_command(header, &a);
    uint32_t length = a.sense ? 0 : a.length < header->dxfer_len ? a.length : header->dxfer_len;
    if (length && header->dxferp) memcpy(header->dxferp, a.bytes, length);
    header->status = header->masked_status = header->msg_status = header->sb_len_wr = 0;
    header->host_status = header->driver_status = header->info = 0;
    header->duration = 1;
    header->resid = length ? (int)(header->dxfer_len - length) : 0;
    if (a.sense) {
        header->status = 2; /* CHECK CONDITION */
        header->masked_status = 1;
        header->driver_status = 8;
        header->info = 1;
        if (header->sbp && header->mx_sb_len >= 18) {
            memset(header->sbp, 0, header->mx_sb_len);
            header->sbp[0] = 0x70;
            header->sbp[2] = a.sense >> 16;
            header->sbp[7] = 10;
            header->sbp[12] = a.sense >> 8;
            header->sbp[13] = a.sense;
            header->sb_len_wr = 18;
        }
    }
    return 0;
}

/* --- ioctl -------------------------------------------------------------------------------------------------------- */

static int move_tray(int is_open) {
    load_state();
    if (!is_open && knob("VBURN_SLIM", 0)) {
        errno = EIO;
        return -1;
    }
    disc.is_tray_open = is_open;
    save_state();
    return 0;
}

static int drive_status(void) {
    load_state();
    return disc.is_tray_open ? CDS_TRAY_OPEN : is_medium_absent() ? CDS_NO_DISC : CDS_DISC_OK;
}

static int device_ioctl(int fd, unsigned long request, void *argument) {
    switch (request) {
        case SG_IO: return sg_io(fd, argument);
        case CDROM_DRIVE_STATUS: return drive_status();
        case CDROMEJECT: return move_tray(1);
        case CDROMCLOSETRAY: return move_tray(0);
        case CDROM_GET_CAPABILITY: return knob("VBURN_SLIM", 0) ? 0x3fffff & ~CDC_CLOSE_TRAY : 0x3fffff;
        case BLKGETSIZE64: *(uint64_t *)argument = (uint64_t)disc.next_writable * SECTOR; return 0;
        case BLKGETSIZE: *(unsigned long *)argument = (unsigned long)disc.next_writable * (SECTOR / 512); return 0;
        case SG_GET_VERSION_NUM: *(int *)argument = 30536; return 0;
        case SG_GET_TIMEOUT: return 6000;
        case SG_EMULATED_HOST: *(int *)argument = 1; return 0;
        case SG_GET_RESERVED_SIZE: *(int *)argument = 65536 * 2; return 0;
        case 0x5382: ((int *)argument)[0] = 5, ((int *)argument)[1] = 0; return 0; /* SCSI_IOCTL_GET_IDLUN */
        case 0x5386: *(int *)argument = 0; return 0;                               /* SCSI_IOCTL_GET_BUS_NUMBER */
        case SG_GET_SCSI_ID: errno = EINVAL; return -1;
        case SG_SET_TIMEOUT:
        case SG_SET_RESERVED_SIZE:
        case SG_SET_COMMAND_Q:
        case SG_GET_COMMAND_Q:
        case SG_SCSI_RESET:
        case BLKFLSBUF:
        case BLKRRPART:
        case CDROM_LOCKDOOR:
        case CDROM_MEDIA_CHANGED:
        case CDROMEJECT_SW:
        case CDROMSTART:
        case CDROM_SELECT_SPEED: return 0;
    }
    errno = ENOTTY;
    return -1;
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    initialise();
    if (!is_device_fd(fd)) return real_ioctl(fd, request, argument);
    if (is_drive_gone()) {
        errno = ENODEV;
        return -1;
    }
    pthread_mutex_lock(&lock);
    int result = device_ioctl(fd, request, argument);
    int saved = errno;
    pthread_mutex_unlock(&lock);
    errno = saved;
    return result;
}
