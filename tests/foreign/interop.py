#!/usr/bin/python3
"""The official gRPC interoperability cases, from a C core client: interop.py <host:port> [case ...]

Needs the Debian packages python3-grpcio, python3-protobuf and protobuf-compiler.
"""

import importlib
import pathlib
import subprocess
import sys
import tempfile
import time

import grpc

PROTOS = pathlib.Path(__file__).parent.parent / "IncidentTracker.Grpc.Tests" / "protos"
SERVICE = "/grpc.testing.TestService/"
LARGE_REQUEST, LARGE_RESPONSE = 271828, 314159
REQUEST_SIZES = [27182, 8, 1828, 45904]
RESPONSE_SIZES = [31415, 9, 2653, 58979]


def generate():
    """Makes the message classes in a folder of their own."""
    folder = tempfile.mkdtemp(prefix="interop-")
    subprocess.run(["protoc", f"-I{PROTOS}", f"--python_out={folder}", *map(str, PROTOS.rglob("*.proto"))], check=True)
    # The generated package is called grpc.testing, and grpc is the library: make it known as a part of that.
    grpc.__path__.append(f"{folder}/grpc")
    sys.modules.pop("grpc.testing", None)
    return importlib.import_module("grpc.testing.messages_pb2"), importlib.import_module("grpc.testing.empty_pb2")


class Client:
    def __init__(self, address, messages, empty):
        self.pb, self.empty_pb, self.channel = messages, empty, grpc.insecure_channel(address)

        def method(kind, name, request, response, service=SERVICE):
            return kind(service + name, request_serializer=request.SerializeToString, response_deserializer=response.FromString)

        channel, empty_type = self.channel, empty.Empty
        self.empty_call = method(channel.unary_unary, "EmptyCall", empty_type, empty_type)
        self.unary = method(channel.unary_unary, "UnaryCall", messages.SimpleRequest, messages.SimpleResponse)
        self.input = method(channel.stream_unary, "StreamingInputCall", messages.StreamingInputCallRequest, messages.StreamingInputCallResponse)
        self.output = method(channel.unary_stream, "StreamingOutputCall", messages.StreamingOutputCallRequest, messages.StreamingOutputCallResponse)
        self.duplex = method(channel.stream_stream, "FullDuplexCall", messages.StreamingOutputCallRequest, messages.StreamingOutputCallResponse)
        self.no_method = method(channel.unary_unary, "UnimplementedCall", empty_type, empty_type)
        self.no_service = method(channel.unary_unary, "UnimplementedCall", empty_type, empty_type, "/grpc.testing.UnimplementedService/")

    def payload(self, size):
        return self.pb.Payload(body=bytes(size))

    def large(self, **more):
        return self.pb.SimpleRequest(response_size=LARGE_RESPONSE, payload=self.payload(LARGE_REQUEST), **more)

    def ask(self, request_size, response_size):
        return self.pb.StreamingOutputCallRequest(
            payload=self.payload(request_size), response_parameters=[self.pb.ResponseParameters(size=response_size)])


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


def empty_unary(client):
    same(client.empty_pb.Empty(), client.empty_call(client.empty_pb.Empty()))


def large_unary(client):
    same(bytes(LARGE_RESPONSE), client.unary(client.large()).payload.body)


def client_streaming(client):
    requests = (client.pb.StreamingInputCallRequest(payload=client.payload(size)) for size in REQUEST_SIZES)
    same(sum(REQUEST_SIZES), client.input(requests).aggregated_payload_size)


def server_streaming(client):
    request = client.pb.StreamingOutputCallRequest(response_parameters=[client.pb.ResponseParameters(size=size) for size in RESPONSE_SIZES])
    same(RESPONSE_SIZES, [len(response.payload.body) for response in client.output(request)])


class Outbox:
    """Requests that are handed over one at a time."""

    def __init__(self):
        import queue
        self.queue = queue.Queue()

    def __iter__(self):
        return iter(self.queue.get, None)


def ping_pong(client):
    outbox = Outbox()
    responses = client.duplex(iter(outbox))
    for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
        outbox.queue.put(client.ask(request_size, response_size))
        same(response_size, len(next(responses).payload.body))
    outbox.queue.put(None)
    same([], list(responses))


def empty_stream(client):
    same([], list(client.duplex(iter([]))))


def cancel_after_begin(client):
    outbox = Outbox()
    call = client.input.future(iter(outbox))
    call.cancel()
    same(True, call.cancelled())
    same(grpc.StatusCode.CANCELLED, call.code())
    outbox.queue.put(None)


def cancel_after_first_response(client):
    outbox = Outbox()
    responses = client.duplex(iter(outbox))
    outbox.queue.put(client.ask(27182, 31415))
    same(31415, len(next(responses).payload.body))
    responses.cancel()
    fails(grpc.StatusCode.CANCELLED, lambda: next(responses))
    outbox.queue.put(None)


def timeout_on_sleeping_server(client):
    outbox = Outbox()
    responses = client.duplex(iter(outbox), timeout=0.05)
    outbox.queue.put(client.pb.StreamingOutputCallRequest(
        payload=client.payload(27182), response_parameters=[client.pb.ResponseParameters(size=31415, interval_us=2_000_000)]))
    fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: next(responses))
    outbox.queue.put(None)


def custom_metadata(client):
    metadata = (("x-grpc-test-echo-initial", "test_initial_metadata_value"), ("x-grpc-test-echo-trailing-bin", b"\x0a\x0b\x0a\x0b\x0a\x0b"))

    def check(call):
        same(metadata[0][1], dict(call.initial_metadata())["x-grpc-test-echo-initial"])
        same(metadata[1][1], dict(call.trailing_metadata())["x-grpc-test-echo-trailing-bin"])

    answer, call = client.unary.with_call(client.large(), metadata=metadata)
    same(LARGE_RESPONSE, len(answer.payload.body))
    check(call)
    stream = client.duplex(iter([client.ask(LARGE_REQUEST, LARGE_RESPONSE)]), metadata=metadata)
    same([LARGE_RESPONSE], [len(response.payload.body) for response in stream])
    check(stream)


def status_code_and_message(client, message="test status message"):
    status = client.pb.EchoStatus(code=2, message=message)
    same(message, fails(grpc.StatusCode.UNKNOWN, lambda: client.unary(client.pb.SimpleRequest(response_status=status))).details())
    request = client.pb.StreamingOutputCallRequest(response_status=status)
    same(message, fails(grpc.StatusCode.UNKNOWN, lambda: list(client.duplex(iter([request])))).details())


def special_status_message(client):
    status_code_and_message(client, "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n")


def unimplemented_method(client):
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: client.no_method(client.empty_pb.Empty()))


def unimplemented_service(client):
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: client.no_service(client.empty_pb.Empty()))


def client_compressed_unary(client):
    def call(expected, compression):
        return client.unary(client.large(expect_compressed=client.pb.BoolValue(value=expected)), compression=compression)

    fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: call(True, grpc.Compression.NoCompression))
    for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate):
        same(LARGE_RESPONSE, len(call(True, compression).payload.body))
    same(LARGE_RESPONSE, len(call(False, grpc.Compression.NoCompression).payload.body))


def server_compressed_unary(client):
    for compressed in (True, False):
        answer = client.unary(client.large(response_compressed=client.pb.BoolValue(value=compressed)))
        same(LARGE_RESPONSE, len(answer.payload.body))


CASES = [
    empty_unary, large_unary, client_streaming, server_streaming, ping_pong, empty_stream, cancel_after_begin, cancel_after_first_response,
    timeout_on_sleeping_server, custom_metadata, status_code_and_message, special_status_message, unimplemented_method, unimplemented_service,
    client_compressed_unary, server_compressed_unary,
]


def main():
    address, *wanted = sys.argv[1:]
    client = Client(address, *generate())
    failed = 0
    for case in CASES:
        if wanted and case.__name__ not in wanted:
            continue
        started = time.monotonic()
        try:
            case(client)
            print(f"ok {case.__name__} ({time.monotonic() - started:.2f} s)")
        except Exception as failure:
            failed += 1
            print(f"FAILED {case.__name__}: {type(failure).__name__}: {failure}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
