using Xunit.Abstractions;

namespace IncidentTracker.HubTests;

/// <summary>Partners that are not .NET and not ours, against a running hub: the contract holds for whoever reads it.</summary>
[Trait("Category", "Foreign")]
public sealed class ForeignClientTests(ForeignClientTests.Fixture fixture, ITestOutputHelper output) : IClassFixture<ForeignClientTests.Fixture>
{
    private const string PythonKey = "key-of-the-python-partner";
    private const string NodeKey = "key-of-the-node-partner";
    private const string BufKey = "key-of-the-buf-partner";

    // Debian's, because it has grpcio; another Python in the path does not.
    private static readonly string Python = Environment.GetEnvironmentVariable("PYTHON") ?? "/usr/bin/python3";
    private static readonly string Buf = Path.Combine(Outside.Foreign, "node", "node_modules", ".bin", "buf");

    private static readonly string[] Story =
    [
        "a_case_is_opened_once", "an_update_is_stored_once", "a_stranger_is_turned_away", "bad_updates_of_a_batch_are_named",
        "a_stream_takes_ten_thousand", "a_cut_stream_goes_on_where_it_was", "everything_again_changes_nothing",
    ];

    [Fact]
    public Task A_Python_partner_gets_everything_stored_once_even_when_its_line_is_cut() => TellStoryAsync("partner.py", fixture.Grpc, PythonKey);

    [Fact]
    public Task A_Node_partner_gets_everything_stored_once_even_when_its_line_is_cut() => TellStoryAsync("partner.mjs", fixture.Grpc, NodeKey);

    [Fact]
    public async Task The_commands_of_the_readme_work_in_a_demo_and_again_and_again()
    {
        var clock = Path.GetTempFileName();
        await File.WriteAllTextAsync(clock, $$"""{ "startedAt": "{{TimeProvider.System.GetUtcNow():O}}", "points": [{ "second": 0, "story": "2026-07-06T05:09:00Z" }, { "second": 60, "story": "2026-07-08T12:00:00Z" }] }""");
        await using var demo = await HubProcess.StartAsync(Partners(("XB", PythonKey)).Append(new("Development__ClockFile", clock)));
        File.Delete(clock);

        foreach (var client in new[] { "partner.py", "partner.mjs", "partner.py", "partner.mjs" }) await TellStoryAsync(client, demo.Grpc, PythonKey);
    }

    [Fact]
    public async Task Buf_lists_the_services_of_the_contract_without_having_it()
    {
        var said = await RunAsync(Buf, "curl", "--http2-prior-knowledge", "--protocol", "grpc", "--list-services", fixture.Grpc.ToString());

        Assert.Contains("incidenttracker.partner.v1.PartnerIncidentService", said, StringComparison.Ordinal);
        Assert.Contains("incidenttracker.partner.v1.PartnerUpdateService", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Buf_asks_for_the_limits_without_having_the_contract()
    {
        var said = await RunAsync(
            Buf, "curl", "--http2-prior-knowledge", "--protocol", "grpc", "--header", $"Authorization: Bearer {BufKey}", "--data", "{}",
            new Uri(fixture.Grpc, "/incidenttracker.partner.v1.PartnerUpdateService/GetIngestState").ToString());

        Assert.Contains("\"maxBatchSize\": 500", said, StringComparison.Ordinal);
        Assert.Contains("\"resumeFromSequence\": \"1\"", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_commands_of_the_contract_list_tasks_and_offer_a_bag()
    {
        await using var hub = await Hub.StartAsync();
        var reference = await hub.As("XB").OpenAsync("0901000001", "GO");
        await hub.As("XB").AcceptedAsync(Say.That("u1", reference, "ON_HAND"));
        await hub.FollowDutiesAsync();
        var commands = (await File.ReadAllTextAsync(Path.Combine(Outside.Root, "protos", "README.md"))).Split("```").Single(block => block.Contains("PartnerTaskService/", StringComparison.Ordinal))
            .Replace("npx -y @bufbuild/buf", Buf, StringComparison.Ordinal).Replace("localhost:5081", hub.GrpcAddress.Authority, StringComparison.Ordinal).Replace("K7Q-4M2-XDC", reference, StringComparison.Ordinal);

        var said = await RunAsync("bash", "-c", $"set -e; KEY={DevelopmentPartners.KeyOf("XB")}; {commands}");

        Assert.Contains($"\"taskId\": \"{reference}/", said, StringComparison.Ordinal);
        Assert.Contains("\"custodian\": \"XB\"", said, StringComparison.Ordinal);
    }

    /// <summary>Runs a client with the very line of the README, but for address and key.</summary>
    private async Task TellStoryAsync(string client, Uri hub, string key)
    {
        var line = File.ReadLines(Path.Combine(Outside.Root, "README.md")).Single(line => line.Contains($"tests/foreign/{client} ", StringComparison.Ordinal));
        var command = line.Replace("localhost:5081", hub.Authority, StringComparison.Ordinal).Replace("/usr/bin/python3", Python, StringComparison.Ordinal);

        var said = await RunAsync("bash", "-c", $"cd '{Outside.Root}' && KEY={key} && {command}");

        Assert.All(Story, name => Assert.Contains($"ok {name} ", said, StringComparison.Ordinal));
    }

    private static IEnumerable<KeyValuePair<string, string>> Partners(params (string Id, string Key)[] partners) => partners.SelectMany((partner, i) => new Dictionary<string, string>
    {
        [$"Development__Partners__{i}__Id"] = partner.Id,
        [$"Development__Partners__{i}__Key"] = partner.Key,
    });

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        try
        {
            var said = await Outside.RunAsync(program, arguments);
            output.WriteLine(said);
            return said;
        }
        catch
        {
            output.WriteLine($"The hub said:{Environment.NewLine}{fixture.Said}");
            throw;
        }
    }

    /// <summary>One hub for all of them, as in life.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private HubProcess? _hub;

        public Uri Grpc => _hub!.Grpc;

        public string Said => _hub!.Said;

        public async Task InitializeAsync() => _hub = await HubProcess.StartAsync(Partners(("PY", PythonKey), ("JS", NodeKey), ("BUF", BufKey)));

        public async Task DisposeAsync()
        {
            if (_hub is not null) await _hub.DisposeAsync();
        }
    }
}
