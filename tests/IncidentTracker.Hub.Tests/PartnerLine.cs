using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.HubTests;

/// <summary>A partner's line to a hub: its key, and one method for each thing it may say or ask.</summary>
internal sealed class PartnerLine(GrpcChannel channel, string key, ManualTime time)
{
    private readonly PartnerUpdateService.PartnerUpdateServiceClient _updates = new(channel);
    private readonly PartnerIncidentService.PartnerIncidentServiceClient _incidents = new(channel);
    private readonly PartnerTaskService.PartnerTaskServiceClient _tasks = new(channel);

    /// <summary>What it owes, and how it hands bags over.</summary>
    public PartnerTaskService.PartnerTaskServiceClient Tasks => _tasks;

    public async Task<ListTasksResponse> TasksAsync(int pageSize = 0, string pageToken = "") =>
        await _tasks.ListTasksAsync(new() { PageSize = pageSize, PageToken = pageToken }, Credential);

    public GrpcChannel Channel => channel;

    public Metadata Credential => new() { { "authorization", $"Bearer {key}" } };

    public async Task<UpdateResult> ReportAsync(Update update)
    {
        update.EventTime ??= update.EventTimePrecision == TimePrecision.Unknown ? null : time.GetUtcNow().ToTimestamp();
        return (await _updates.ReportUpdateAsync(new() { Update = update }, Credential)).Result;
    }

    /// <summary>Reports and expects it to be stored for the first time.</summary>
    public async Task<Accepted> AcceptedAsync(Update update)
    {
        var result = await ReportAsync(update);
        Assert.Equal(UpdateResult.OutcomeOneofCase.Accepted, result.OutcomeCase);
        return result.Accepted;
    }

    /// <summary>Reports and expects to hear that it was stored before.</summary>
    public async Task<Duplicate> DuplicateAsync(Update update)
    {
        var result = await ReportAsync(update);
        Assert.Equal(UpdateResult.OutcomeOneofCase.Duplicate, result.OutcomeCase);
        return result.Duplicate;
    }

    public async Task<IReadOnlyList<UpdateResult>> BatchAsync(params IEnumerable<Update> updates)
    {
        var request = new BatchReportUpdatesRequest { Updates = { updates } };
        foreach (var update in request.Updates) update.EventTime ??= time.GetUtcNow().ToTimestamp();
        return (await _updates.BatchReportUpdatesAsync(request, Credential)).Results;
    }

    public async Task<OpenIncidentResponse> OpenAsync(OpenIncidentRequest request)
    {
        request.ReportTime ??= time.GetUtcNow().ToTimestamp();
        return await _incidents.OpenIncidentAsync(request, Credential);
    }

    /// <summary>Opens a case for a tag and gives its reference.</summary>
    public async Task<string> OpenAsync(string tag, params string[] parties) =>
        (await OpenAsync(Say.Missing(tag, parties))).Incident.IncidentReference;

    public async Task<GetIncidentResponse> ReadAsync(string reference) =>
        await _incidents.GetIncidentAsync(new() { IncidentReference = reference }, Credential);

    public async Task<FindIncidentsResponse> FindAsync(ReferenceScheme scheme, string value, string date = "", int pageSize = 0, string pageToken = "") =>
        await _incidents.FindIncidentsAsync(new() { ExternalReference = new() { Scheme = scheme, Value = value, Date = date }, PageSize = pageSize, PageToken = pageToken }, Credential);

    public async Task<GetIngestStateResponse> StateAsync(string stream = "") =>
        await _updates.GetIngestStateAsync(new() { PartnerStreamId = stream }, Credential);

    public AsyncDuplexStreamingCall<StreamUpdatesRequest, StreamUpdatesResponse> Stream(CancellationToken stop = default) =>
        _updates.StreamUpdates(Credential, cancellationToken: stop);

    public AsyncServerStreamingCall<WatchTimelineResponse> Watch(string reference = "", string resumeToken = "", CancellationToken stop = default) =>
        _incidents.WatchTimeline(new() { IncidentReference = reference, ResumeToken = resumeToken }, Credential, cancellationToken: stop);
}

/// <summary>A refusal as a partner's program reads it.</summary>
internal static class Refused
{
    /// <summary>Waits for a call to be refused and gives code, reason and field.</summary>
    public static async Task<(Grpc.Core.StatusCode Code, string Reason, string Field)> AsRefusedAsync(this Task call)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(() => call);
        refusal.MustNotShowOurInside();
        return (refusal.StatusCode, refusal.Reason(), refusal.Info()?.Metadata.GetValueOrDefault("field") ?? "");
    }

    /// <summary>The stable reason of a refusal; empty when it has none.</summary>
    public static string Reason(this RpcException refusal) => refusal.Info()?.Reason ?? "";

    public static ErrorInfo? Info(this RpcException refusal) =>
        refusal.Trailers.GetValueBytes("grpc-status-details-bin") is { } bytes ? Google.Rpc.Status.Parser.ParseFrom(bytes).Info() : null;

    /// <summary>Every field a refusal names.</summary>
    public static IReadOnlyList<string> Fields(this RpcException refusal) => [.. Details(refusal).Where(detail => detail.Is(BadRequest.Descriptor))
        .SelectMany(detail => detail.Unpack<BadRequest>().FieldViolations).Select(violation => violation.Field)];

    /// <summary>No stack, no type name, no SQL in what a partner is told.</summary>
    public static void MustNotShowOurInside(this RpcException refusal)
    {
        var told = refusal.Status.Detail + string.Concat(Details(refusal));
        foreach (var inside in new[] { "   at ", ".cs:line", "Exception", "Microsoft.", "Npgsql", "SQLite", "SELECT ", "INSERT " })
            Assert.DoesNotContain(inside, told, StringComparison.Ordinal);
    }

    private static Google.Protobuf.Collections.RepeatedField<Any> Details(RpcException refusal) =>
        refusal.Trailers.GetValueBytes("grpc-status-details-bin") is { } bytes ? Google.Rpc.Status.Parser.ParseFrom(bytes).Details : [];

    public static string Reason(this UpdateResult result) => result.Rejected?.Info()?.Reason ?? "";

    public static string Field(this UpdateResult result) => result.Rejected?.Info()?.Metadata.GetValueOrDefault("field") ?? "";

    private static ErrorInfo? Info(this Google.Rpc.Status status) =>
        status.Details.FirstOrDefault(detail => detail.Is(ErrorInfo.Descriptor))?.Unpack<ErrorInfo>();
}
