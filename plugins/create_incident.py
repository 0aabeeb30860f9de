"""Opens an incident. A sample plugin in one plain file: nothing in it knows of Muster."""

import datetime
import socket
import uuid

SEVERITIES = ("P1", "P2", "P3", "P4", "P5")


def main(*args, **kwargs):
    """main("P1", "Database connection failed") or main(severity="P1", title="Database connection failed")"""
    severity = str(kwargs.get("severity", args[0] if len(args) > 0 else "P3")).upper()
    title = str(kwargs.get("title", args[1] if len(args) > 1 else "")).strip()

    if severity not in SEVERITIES:
        return {"status": "failed", "message": "Severity %s is not one of %s." % (severity, ", ".join(SEVERITIES))}
    if not title:
        return {"status": "failed", "message": "An incident needs a title."}

    opened_at = datetime.datetime.now(datetime.timezone.utc)
    incident_id = "INC-%s-%s" % (opened_at.strftime("%Y%m%d"), uuid.uuid4().hex[:6].upper())
    print("Opening incident %s with severity %s: %s" % (incident_id, severity, title))

    return {
        "status": "success",
        "message": "Incident %s was opened with severity %s." % (incident_id, severity),
        "data": {
            "incident_id": incident_id,
            "severity": severity,
            "title": title,
            "state": "open",
            "opened_at": opened_at.isoformat(timespec="seconds"),
            "opened_by_host": socket.gethostname(),
        },
    }
