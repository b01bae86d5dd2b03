using System.Diagnostics.Metrics;
using Google.Rpc;
using Grpc.Core;
using Grpc.Testing;
using IncidentTracker.Rpc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IncidentTracker.RpcTests;

/// <summary>How failures of our own reach callers, logs and measures.</summary>
public sealed class FailureTests
{
    [Fact]
    public async Task A_bug_is_internal_to_the_caller_and_one_error_line_to_us()
    {
        await using var host = await RpcHost.StartAsync(new Puppet { Unary = (_, _) => throw new InvalidDataException("secret: 42") });

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(host.Channel()).UnaryCallAsync(new()));

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
        var line = Assert.Single(host.Log, line => line.Level >= LogLevel.Warning);
        Assert.Equal(LogLevel.Error, line.Level);
        Assert.IsType<InvalidDataException>(line.Failure);
    }

    [Fact]
    public async Task A_bug_in_a_stream_is_internal_too()
    {
        await using var host = await RpcHost.StartAsync(new Puppet { Duplex = (_, _, _) => throw new InvalidOperationException("secret: 42") });
        using var call = new TestService.TestServiceClient(host.Channel()).FullDuplexCall();

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.Single(host.Log, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_refusal_with_details_can_be_read_by_the_caller()
    {
        await using var host = await RpcHost.StartAsync(new Puppet
        {
            Unary = (_, _) => throw RichErrors.Create(
                StatusCode.InvalidArgument, "STATION_UNKNOWN", "No station has this code.",
                RichErrors.BadRequest(("station", "LHX is not a station")), RichErrors.RetryAfter(TimeSpan.FromSeconds(3))),
        });

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(host.Channel()).UnaryCallAsync(new()));

        var status = failure.GetRpcStatus()!;
        Assert.Equal((StatusCode.InvalidArgument, "No station has this code."), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal(("STATION_UNKNOWN", "incidenttracker"), (status.Detail<ErrorInfo>()!.Reason, status.Detail<ErrorInfo>()!.Domain));
        Assert.Equal("station", status.Detail<BadRequest>()!.FieldViolations.Single().Field);
        Assert.Equal(3, status.Detail<RetryInfo>()!.RetryDelay.Seconds);
        host.MustBeQuiet();
    }

    [Fact]
    public async Task Details_that_no_header_list_could_carry_are_left_out_and_the_reason_stays()
    {
        await using var host = await RpcHost.StartAsync(new Puppet
        {
            Unary = (_, _) => throw RichErrors.Create(
                StatusCode.InvalidArgument, "TOO_MUCH", new string('m', 40_000),
                RichErrors.BadRequest([.. Enumerable.Range(0, 1_000).Select(i => ($"field{i}", "wrong in a way that takes some words to say"))])),
        });

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(host.Channel()).UnaryCallAsync(new()));

        Assert.Equal("TOO_MUCH", failure.GetRpcStatus()!.Detail<ErrorInfo>()!.Reason);
        Assert.Null(failure.GetRpcStatus()!.Detail<BadRequest>());
    }

    [Fact]
    public void A_failure_without_details_has_none() => Assert.Null(new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "")).GetRpcStatus());

    [Fact]
    public async Task Every_call_is_measured_under_its_method_and_status()
    {
        await using var host = await RpcHost.StartAsync();
        var measured = new List<(object? Method, object? Status, double Seconds)>();
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, me) =>
            {
                if (instrument.Name == "rpc.server.call.duration" && ReferenceEquals(instrument.Meter.Scope, meters)) me.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) =>
        {
            var facts = new Dictionary<string, object?>(tags.ToArray());
            lock (measured) measured.Add((facts["rpc.method"], facts["rpc.grpc.status_code"], seconds));
        });
        listener.Start();

        await Wire.PostAsync(host, Wire.Frame(new SimpleRequest()));
        await Wire.PostAsync(host, Wire.Frame([], flag: 9));
        await Wire.PostAsync(host, Wire.Frame(new SimpleRequest()), headers: ("grpc-timeout", "1n"));
        await Wire.PostAsync(host, [], "/made.up.By/SomeCaller");

        Assert.Equal(
            [("grpc.testing.TestService/UnaryCall", 0), ("grpc.testing.TestService/UnaryCall", 3), ("grpc.testing.TestService/UnaryCall", 4), ("_OTHER", 12)],
            measured.Select(call => ((string)call.Method!, (int)call.Status!)));
        Assert.All(measured, call => Assert.InRange(call.Seconds, 0, 10));
    }
}
