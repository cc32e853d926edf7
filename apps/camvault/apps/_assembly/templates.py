"""Composition root, shared part: a template of each configuration file, valid as it is."""

import enum


class TemplateName(enum.StrEnum):
    """The files there are templates of."""

    CAMERAS = "cameras"
    BACKUP = "backup"
    MONITOR_EMAIL = "monitor_email"


TEMPLATES = {
    TemplateName.CAMERAS: """\
// cameras.json: which cameras there are. Comments and a comma after the last item are allowed.
{
  // What every camera has, unless its own entry says otherwise. All of these keys may be left out.
  "defaults": {
    "user": "viewer",                                     // who logs in at the camera
    "password_file": "/etc/camvault/camera-password",     // the password, in the first line of this file
    "output_dir": "/home/recordingpi/cameras",            // segments are written below it, a folder for each station
    "logs_dir": "/home/recordingpi/logs",                 // "" for the journal only
    "segment_time": 600,                                  // seconds in a segment
    "loglevel": "warning",                                // how much ffmpeg says
    "rtsp_port": 554,
    "rtsp_path": "/Streaming/Channels/101",               // the stream's path at the camera
    "stall_timeout": 10,                                  // seconds without a new picture that are a stall
    "utc": false,                                         // true: segments are named by UTC
    // "expected_video": {"codec_name": "hevc", "width": 2688, "height": 1520, "r_frame_rate": "25/1"},
    // "expected_audio": {"codec_name": "aac", "sample_rate": 16000, "channels": 1},
  },
  // Only station and ip are needed.
  "cameras": [
    {"station": "ROST1", "ip": "192.168.1.75"},
    {"station": "ROST2", "ip": "192.168.1.76", "segment_time": 300},
  ],
}
""",
    TemplateName.BACKUP: """\
// backup.json: where footage waits, and where it goes. Comments and a comma after the last item are allowed.
{
  "ready_for_backup_dir": "/home/recordingpi/ready_for_backup",   // finished segments, by station and date
  "nas_target_dir": "/mnt/nas/video_archive",                     // a folder, or [user@]host:path by ssh
  "success_log_dir": "/home/recordingpi/backup_logs",             // what was backed up, and the proofs
  "lock_dir": "/home/recordingpi/locks",
  // All keys from here on may be left out.
  "rsync_options": ["-avh", "--partial", "--progress", "--chmod=ug+rwX"],
  "quarantine_dir": "/home/recordingpi/quarantine",               // where broken segments are put
  "keep_days": 0,                                                 // days that what is proven at the target stays here
  "min_free_bytes": 0,                                            // below that much free space it goes earlier
}
""",
    TemplateName.MONITOR_EMAIL: """\
# /etc/monitor_email.conf: the mail of monitor_recordings. Readable by root only: chmod 600.
SMTP_HOST=smtp.example.com
SMTP_PORT=587
SMTP_USER=auklab@example.com
SMTP_PASS=app-password
# Several addresses are separated by commas; without this line the mail goes to SMTP_USER.
ALERT_TO=john@example.com,alice@example.com
""",
}
