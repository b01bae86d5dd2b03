using Xunit.Abstractions;

namespace IncidentTracker.HubTests;

/// <summary>Partners that are not .NET and not ours, against a running hub: the contract holds for whoever reads it.</summary>
[Trait("Category", "Foreign")]
public sealed class ForeignClientTests(ForeignClientTests.Fixture fixture, ITestOutputHelper output) : IClassFixture<ForeignClientTests.Fixture>
{
    private const string PythonKey = "key-of-the-python-partner";
    private const string NodeKey = "key-of-the-node-partner";
    private const string BufKey = "key-of-the-buf-partner";

    private static readonly string Buf = Path.Combine(Outside.Foreign, "node", "node_modules", ".bin", "buf");

    private static readonly string[] Story =
    [
        "a_case_is_opened_once", "an_update_is_stored_once", "a_stranger_is_turned_away", "bad_updates_of_a_batch_are_named",
        "a_stream_takes_ten_thousand", "a_cut_stream_goes_on_where_it_was", "everything_again_changes_nothing",
    ];

    [Fact]
    public async Task A_Python_partner_gets_everything_stored_once_even_when_its_line_is_cut()
    {
        var said = await RunAsync("/usr/bin/python3", Path.Combine(Outside.Foreign, "partner.py"), fixture.Grpc.Authority, PythonKey);

        Assert.All(Story, name => Assert.Contains($"ok {name} ", said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_Node_partner_gets_everything_stored_once_even_when_its_line_is_cut()
    {
        var said = await RunAsync("node", Path.Combine(Outside.Foreign, "partner.mjs"), fixture.Grpc.Authority, NodeKey);

        Assert.All(Story, name => Assert.Contains($"ok {name} ", said, StringComparison.Ordinal));
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

        public async Task InitializeAsync() => _hub = await HubProcess.StartAsync(
            new[] { ("PY", PythonKey), ("JS", NodeKey), ("BUF", BufKey) }.SelectMany((partner, i) => new Dictionary<string, string>
            {
                [$"Development__Partners__{i}__Id"] = partner.Item1,
                [$"Development__Partners__{i}__Key"] = partner.Item2,
            }));

        public async Task DisposeAsync()
        {
            if (_hub is not null) await _hub.DisposeAsync();
        }
    }
}
