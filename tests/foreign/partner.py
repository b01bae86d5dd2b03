#!/usr/bin/python3
"""A partner written in Python against a running hub: partner.py <host:port> <key>

Opens a case, reports one by one, in a batch and on streams, loses the line in the middle of one, and counts afterwards
what the hub has. Needs the Debian packages python3-grpcio, python3-protobuf, protobuf-compiler and libprotobuf-dev.
"""

import collections
import pathlib
import secrets
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import google
import grpc

PROTOS = pathlib.Path(__file__).resolve().parents[2] / "protos"
PACKAGE = "incidenttracker.partner.v1"
STREAMED = 10_000       # updates on a stream
AT_ONCE = 50            # updates in one message of a stream
STREAM_CASES = 20
CUT_AFTER = 4_000       # answers
BAD = {5 + 13 * i: i for i in range(37)}        # index in the batch -> which mistake
RUN = f"{secrets.randbelow(10 ** 7):07}"        # no two runs speak of the same bags, or under the same names
STARTED = 0             # when this partner's day began, by the hub's clock: main asks for it


def generate(folder):
    """Makes the message classes of the contract, as a partner would."""
    files = [f"{PROTOS}/incidenttracker/partner/v1/{name}.proto" for name in ("update", "partner_update_service", "partner_incident_service")]
    files += [f"{PROTOS}/google/rpc/{name}.proto" for name in ("code", "status", "error_details")]
    subprocess.run(["protoc", f"-I{PROTOS}", f"--python_out={folder}", *files], check=True)
    sys.path.insert(0, folder)
    google.__path__.append(f"{folder}/google")      # google.rpc lies beside the installed google.protobuf
    from incidenttracker.partner.v1 import partner_incident_service_pb2, partner_update_service_pb2, update_pb2
    from google.rpc import error_details_pb2, status_pb2
    return partner_incident_service_pb2, partner_update_service_pb2, update_pb2, error_details_pb2, status_pb2


with tempfile.TemporaryDirectory(prefix="partner-") as generated:
    incidents_pb, updates_pb, update_pb, details_pb, status_pb = generate(generated)


class Hub:
    """The hub as a partner's program sees it."""

    def __init__(self, address, key):
        self.address, self.key = address, key
        self.channel = grpc.insecure_channel(address)
        self.open_incident = self.method(incidents_pb, "PartnerIncidentService", "OpenIncident")
        self.get_incident = self.method(incidents_pb, "PartnerIncidentService", "GetIncident")
        self.report_update = self.method(updates_pb, "PartnerUpdateService", "ReportUpdate")
        self.batch_report = self.method(updates_pb, "PartnerUpdateService", "BatchReportUpdates")
        self.get_ingest_state = self.method(updates_pb, "PartnerUpdateService", "GetIngestState")

    def method(self, module, service, name):
        call = self.channel.unary_unary(
            f"/{PACKAGE}.{service}/{name}",
            request_serializer=getattr(module, name + "Request").SerializeToString, response_deserializer=getattr(module, name + "Response").FromString)
        return lambda request: call(request, metadata=self.credential(), timeout=30)

    def stream(self, requests, address=None):
        channel = grpc.insecure_channel(address or self.address)
        call = channel.stream_stream(
            f"/{PACKAGE}.PartnerUpdateService/StreamUpdates",
            request_serializer=updates_pb.StreamUpdatesRequest.SerializeToString, response_deserializer=updates_pb.StreamUpdatesResponse.FromString)
        return call(requests, metadata=self.credential(), timeout=120, wait_for_ready=True)

    def credential(self):
        return (("authorization", f"Bearer {self.key}"),)

    def open(self, number):
        request = incidents_pb.OpenIncidentRequest(
            request_id=f"open-{RUN}-{number}", kind=incidents_pb.INCIDENT_KIND_DELAYED_BAG, family_name="Nowak",
            items=[incidents_pb.NewItem(bag_tag=f"{RUN}{number:03}", type_code="22", colour_code="BK")],
            legs=[update_pb.Flight(carrier="XB", number="1695", date=day(), **{"from": "WAW", "to": "FRA"})],
            report_time_zone="+01:00", place=update_pb.Place(station="FRA"))
        request.report_time.seconds = STARTED
        return request, self.open_incident(request)


class Line:
    """A line to the hub that can be cut: everything passes until then."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.target, self.sockets, self.is_cut = (host, int(port)), [], False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.target)
            self.sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(source, sink), daemon=True).start()

    @staticmethod
    def carry(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def cut(self):
        """Both ends get a reset, as when a cable is pulled and plugged in again elsewhere."""
        self.is_cut = True
        self.listener.close()
        for end in self.sockets:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # The threads that wait in recv hold the socket open: wake them, then close.
            try:
                end.shutdown(socket.SHUT_RD)
            except OSError:
                pass
            end.close()


def day():
    return time.strftime("%Y-%m-%d", time.gmtime(STARTED))


def update(update_id, reference, second=0, **more):
    made = update_pb.Update(update_id=update_id, event_time_zone="+01:00", **({"status_code": "TRACING"} | more))
    made.incident.incident_reference = reference
    made.event_time.seconds = STARTED + second
    return made


def same(expected, actual):
    if expected != actual:
        raise AssertionError(f"expected {expected!r}, got {actual!r}")


def fails(code, call):
    try:
        call()
    except grpc.RpcError as error:
        same(code, error.code())
        return error
    raise AssertionError(f"expected {code}, got an answer")


def details(status):
    """The error details of a refusal: its reason, and the fields that are wrong."""
    reason, bad = details_pb.ErrorInfo(), details_pb.BadRequest()
    for detail in status.details:
        detail.Unpack(reason), detail.Unpack(bad)
    return reason.reason, [violation.field for violation in bad.field_violations]


def a_case_is_opened_once(hub):
    request, first = hub.open(1)
    same(False, first.replayed)
    again = hub.open_incident(request)
    same((True, first.incident.incident_reference), (again.replayed, again.incident.incident_reference))


def an_update_is_stored_once(hub):
    request, opened = hub.open(2)
    reference = opened.incident.incident_reference
    report = updates_pb.ReportUpdateRequest(update=update("one", reference))
    same("accepted", hub.report_update(report).result.WhichOneof("outcome"))
    same("duplicate", hub.report_update(report).result.WhichOneof("outcome"))
    same(["one"], [entry.update.update_id for entry in hub.get_incident(incidents_pb.GetIncidentRequest(incident_reference=reference)).entries if entry.partner_id != "HUB" and entry.update.update_id != request.request_id])

    report.update.status_code = "ON_HAND"
    refused = fails(grpc.StatusCode.ALREADY_EXISTS, lambda: hub.report_update(report))
    status = status_pb.Status.FromString(dict(refused.trailing_metadata())["grpc-status-details-bin"])
    same("UPDATE_ID_CONFLICT", details(status)[0])


def a_stranger_is_turned_away(hub):
    stranger = Hub(hub.address, "not-a-key-of-anybody")
    fails(grpc.StatusCode.UNAUTHENTICATED, lambda: stranger.get_ingest_state(updates_pb.GetIngestStateRequest()))


def bad_updates_of_a_batch_are_named(hub):
    reference = hub.open(3)[1].incident.incident_reference

    def spoil(made, mistake):
        """Makes one mistake and says which field must be named for it."""
        match mistake % 7:
            case 0: made.update_id = ""; return "update.update_id"
            case 1: made.ClearField("event_time"); return "update.event_time"
            case 2: made.event_time_zone = "Frankfurt"; return "update.event_time_zone"
            case 3: made.status_code = "on hand"; return "update.status_code"
            case 4: made.place.station = "Frankfurt"; return "update.place.station"
            case 5: made.incident.external_reference.scheme, made.incident.external_reference.value = 1, "12345"; return "update.incident.external_reference.value"
            case 6: made.custody.seal_number = "7"; return "update.custody.action"

    batch = updates_pb.BatchReportUpdatesRequest(updates=[update(f"batch-{i}", reference, i) for i in range(500)])
    expected = {index: spoil(batch.updates[index], mistake) for index, mistake in BAD.items()}

    answer = hub.batch_report(batch)
    same(list(range(500)), [result.index for result in answer.results])
    refused = {result.index: details(result.rejected)[1] for result in answer.results if result.WhichOneof("outcome") == "rejected"}
    same({index: [field] for index, field in expected.items()}, refused)
    same(37, answer.rejected_count)
    same(463, sum(result.WhichOneof("outcome") == "accepted" for result in answer.results))

    again = collections.Counter(result.WhichOneof("outcome") for result in hub.batch_report(batch).results)
    same({"duplicate": 463, "rejected": 37}, again)


def streamed(name, references, first=1):
    """The messages of a stream from one number on. Always the same update for a number."""
    for start in range(first, STREAMED + 1, AT_ONCE):
        updates = [
            updates_pb.StreamedUpdate(client_sequence=number, update=update(f"{name}-{number}", references[number % len(references)], number))
            for number in range(start, min(start + AT_ONCE, STREAMED + 1))]
        yield updates_pb.StreamUpdatesRequest(updates=updates_pb.StreamedUpdates(updates=updates))


def stream_id(name):
    return f"{name}-{RUN}"


def hello(name):
    return updates_pb.StreamUpdatesRequest(hello=updates_pb.StreamHello(partner_stream_id=stream_id(name), client="foreign-python/1"))


class Outcomes(dict):
    """What the hub answered, by number."""

    def read(self, responses):
        for response in responses:
            for result in response.results.results:
                self[result.client_sequence] = result.WhichOneof("outcome")
            if response.results.results:
                yield len(self)


def entries_of(hub, references, name):
    """The updates of a stream as the hub has them, over all its cases."""
    entries = [entry for reference in references for entry in hub.get_incident(incidents_pb.GetIncidentRequest(incident_reference=reference)).entries]
    return [entry.update.update_id for entry in entries if entry.update.update_id.startswith(name + "-")]


def expect_all_once(hub, references, name):
    stored = entries_of(hub, references, name)
    same(STREAMED, len(stored))
    same({f"{name}-{number}" for number in range(1, STREAMED + 1)}, set(stored))


def a_stream_takes_ten_thousand(hub):
    references = [hub.open(100 + i)[1].incident.incident_reference for i in range(STREAM_CASES)]

    def requests():
        yield hello("whole")
        yield from streamed("whole", references)

    responses = hub.stream(requests())
    same(1, next(responses).ready.resume_from_sequence)
    outcomes = Outcomes()
    collections.deque(outcomes.read(responses), maxlen=0)

    same({"accepted": STREAMED}, collections.Counter(outcomes.values()))
    expect_all_once(hub, references, "whole")
    same(STREAMED + 1, hub.get_ingest_state(updates_pb.GetIngestStateRequest(partner_stream_id=stream_id("whole"))).resume_from_sequence)


def a_cut_stream_goes_on_where_it_was(hub):
    references = [hub.open(200 + i)[1].incident.incident_reference for i in range(STREAM_CASES)]
    line, outcomes, sent, resume = Line(hub.address), Outcomes(), 0, 0
    limits = hub.get_ingest_state(updates_pb.GetIngestStateRequest()).limits
    heard = threading.Condition()

    def until_cut():
        nonlocal sent
        yield hello("cut")
        for message in streamed("cut", references):
            # Never further ahead than the limit the hub names, so that much is still unsent when the line breaks.
            with heard:
                heard.wait_for(lambda: line.is_cut or sent - len(outcomes) <= limits.max_in_flight - AT_ONCE)
            if line.is_cut:
                return
            sent = message.updates.updates[-1].client_sequence
            yield message

    def run_into_the_cut():
        responses = hub.stream(until_cut(), line.address)
        same(1, next(responses).ready.resume_from_sequence)
        for answered in outcomes.read(responses):
            with heard:
                if answered >= CUT_AFTER and not line.is_cut:
                    line.cut()
                heard.notify()

    fails(grpc.StatusCode.UNAVAILABLE, run_into_the_cut)
    answered_before = len(outcomes)
    if not CUT_AFTER <= answered_before <= sent < STREAMED:
        raise AssertionError(f"the line was cut after {answered_before} answers with {sent} sent")

    resumes = threading.Event()

    def from_where_it_was():
        yield hello("cut")
        resumes.wait()
        yield from streamed("cut", references, resume)

    responses = hub.stream(from_where_it_was())
    resume = next(responses).ready.resume_from_sequence
    resumes.set()
    collections.deque(outcomes.read(responses), maxlen=0)

    print(f"   cut after {answered_before} answers with {sent} sent; resumed from {resume}")
    if not 1 <= resume <= sent + 1:
        raise AssertionError(f"resumed from {resume} with {sent} sent")
    # What lies before the number to resume from is stored, even where its answer was lost with the line.
    same(set(), set(range(resume, STREAMED + 1)) - set(outcomes))
    same(set(), set(outcomes.values()) - {"accepted", "duplicate"})
    expect_all_once(hub, references, "cut")


def everything_again_changes_nothing(hub):
    references = [hub.open(200 + i)[1].incident.incident_reference for i in range(STREAM_CASES)]

    def requests():
        yield hello("again")
        yield from streamed("cut", references)

    responses = hub.stream(requests())
    same(1, next(responses).ready.resume_from_sequence)
    outcomes = Outcomes()
    collections.deque(outcomes.read(responses), maxlen=0)

    same({"duplicate": STREAMED}, collections.Counter(outcomes.values()))
    expect_all_once(hub, references, "cut")


CASES = [
    a_case_is_opened_once, an_update_is_stored_once, a_stranger_is_turned_away, bad_updates_of_a_batch_are_named,
    a_stream_takes_ten_thousand, a_cut_stream_goes_on_where_it_was, everything_again_changes_nothing,
]


def main():
    global STARTED
    hub = Hub(*sys.argv[1:])
    STARTED = hub.get_ingest_state(updates_pb.GetIngestStateRequest()).hub_time.seconds - 4 * 3600
    failed = 0
    for case in CASES:
        started = time.monotonic()
        try:
            case(hub)
            print(f"ok {case.__name__} ({time.monotonic() - started:.2f} s)", flush=True)
        except Exception as failure:
            failed += 1
            print(f"FAILED {case.__name__}: {type(failure).__name__}: {failure}"[:4000], flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
