"""Records into MLflow: everything that a store has not got yet.

Records are the truth. A store is filled from them as often as wanted, and
a store that is down, deleted or moved loses nothing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.environment import files
from benchmarks.records import store as recorded
from benchmarks.tracking import run as content
from benchmarks.tracking.connect import connected, reason, refused
from benchmarks.tracking.store import DIGEST, RECORD, SENT, Store

RECORDS = Path("runs/records")
Record = dict[str, Any]
# By store: the run ids of records that this process has sent or found there,
# so that a bench which syncs after every cell looks for the new one only
_sent: dict[str, dict[str, str]] = {}


class Sent(NamedTuple):
    """The result of a sync."""

    sent: int  # records sent now
    kept: int  # records that were there already
    uri: str


def sync(
    records: Path = RECORDS,
    uri: str | None = None,
    only: str | None = None,
    say: Callable[[str], None] = print,
) -> Sent:
    """Send every record that the store has not got yet.

    `uri` is the SQLite store beside the records unless given; `only` the id
    of an invocation, of which alone the records are sent. Can be cut off at
    any moment and called again: nothing is doubled.

    Raises TrackingDown when the store does not answer; records are kept.
    UserError for an address that is none.
    """
    invocations = recorded.invocations(records)
    entries = recorded.all(records)
    if only is not None:
        invocations = [each for each in invocations if each["id"] == only]
        shown = {name for each in invocations for name in each["records"]}
        entries = [
            entry
            for entry in entries
            if entry["id"] in shown or entry["invocation"] == only
        ]
    with connected(records.parent, uri, say) as address:
        store = Store(address, records.parent)
        run_ids = _sent.setdefault(address, {})
        if only is None:
            run_ids.clear()  # look again: a run may be deleted
        new = [entry for entry in entries if entry["id"] not in run_ids]
        begun: dict[str, Any] = {}  # runs that were sent, or begun to be
        for id in [None] if only is None else [entry["id"] for entry in new]:
            begun |= store.find(RECORD, id)
        run_ids |= {
            name: run.info.run_id
            for name, run in begun.items()
            if SENT in run.data.tags
        }
        missing = [entry for entry in new if entry["id"] not in run_ids]
        starts = {each["id"]: str(each["started"]) for each in invocations}
        for entry in missing:
            name, id = entry["invocation"], entry["id"]
            start = starts.get(name, str(entry["started"]))
            parent = store.invocation(name, entry["suite"], start)
            folder, run = records / id, begun.get(id)
            try:
                run_ids[id] = store.send(entry, folder, parent, run)
            except Exception as error:
                if not refused(error):
                    raise
                say(
                    f"{id}: MLflow does not take this record"
                    f" ({reason(error)}). It stays in {folder}, and is tried"
                    f" again by every `make sync`; the others are sent."
                )
        for invocation in invocations:
            _send_invocation(store, invocation, run_ids)
    sent = sum(entry["id"] in run_ids for entry in missing)
    return Sent(sent, len(entries) - len(missing), address)


def _send_invocation(
    store: Store, invocation: Record, run_ids: dict[str, str]
) -> None:
    """Send an invocation, with its records' run ids, if it has changed."""
    suite, started = invocation["suite"], invocation["started"]
    run_id = store.invocation(invocation["id"], suite, started)
    names = [name for name in invocation["records"] if name in run_ids]
    file = invocation | {"runs": {name: run_ids[name] for name in names}}
    digest = files.digest(file)
    if store.client.get_run(run_id).data.tags.get(DIGEST) == digest:
        return
    tags = content.invocation_tags(invocation, len(names))
    store.describe(run_id, {"suite": suite}, tags)
    _, end = content.times(started, invocation.get("seconds"))
    store.log(run_id, content.invocation_points(invocation), end)
    store.client.log_dict(run_id, file, "invocation.json")
    if content.ended(invocation):
        store.client.set_terminated(run_id, "FINISHED", end)
    store.client.set_tag(run_id, DIGEST, digest)
