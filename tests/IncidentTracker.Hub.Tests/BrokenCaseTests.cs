using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using IncidentTracker.Partner.V1;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using NodaTime;
using Outcome = IncidentTracker.Partner.V1.UpdateResult.OutcomeOneofCase;

namespace IncidentTracker.HubTests;

/// <summary>What is stored of one case cannot be read any more. Its neighbours do not suffer, and an operator hears of it.</summary>
public sealed class BrokenCaseTests : IAsyncLifetime
{
    private static readonly byte[] Garbage = [0xFF, 0xFF];
    private Hub _hub = null!;
    private string _broken = "", _sound = "";

    public async Task InitializeAsync()
    {
        _hub = await Hub.StartAsync();
        (_broken, _sound) = (await _hub.As("XB").OpenAsync("0900000001"), await _hub.As("XB").OpenAsync("0900000002"));
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task A_list_goes_on_without_it()
    {
        using var partner = _hub.Browse();
        partner.DefaultRequestHeaders.Authorization = new("Bearer", DevelopmentPartners.KeyOf("XB"));
        await _hub.WithDbAsync(db => Broken(db).ExecuteUpdateAsync(incident => incident.SetProperty(row => row.State, Garbage)));

        var page = await partner.GetFromJsonAsync<JsonElement>("/api/v1/incidents?pageSize=1");

        Assert.Equal(_sound, page.GetProperty("items")[0].GetProperty("reference").GetString());
        Assert.Empty((await _hub.As("XB").FindAsync(ReferenceScheme.BagTag, "0900000001")).Incidents);
        Assert.Single((await _hub.As("XB").FindAsync(ReferenceScheme.BagTag, "0900000002")).Incidents);
        await MustWarnAsync();
    }

    [Fact]
    public async Task The_tasks_of_its_parties_go_on_without_it()
    {
        await _hub.FollowDutiesAsync();
        Assert.Equal(2, (await _hub.As("XB").TasksAsync()).Tasks.Count);
        await _hub.WithDbAsync(db => Broken(db).ExecuteUpdateAsync(incident => incident.SetProperty(row => row.State, Garbage)));

        Assert.Equal(_sound, Assert.Single((await _hub.As("XB").TasksAsync()).Tasks).IncidentReference);

        using var watch = _hub.As("XB").Tasks.WatchTasks(new(), _hub.As("XB").Credential);
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(_sound, watch.ResponseStream.Current.IncidentReference);
        await MustWarnAsync();
    }

    [Fact]
    public async Task Whoever_follows_all_cases_goes_on_without_it()
    {
        using var watch = _hub.As("XB").Watch();
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        await BreakClaimsAsync();

        _hub.Time.Advance(Duration.FromMinutes(1));
        await _hub.As("XB").AcceptedAsync(Say.That("u-1", _broken, "TRACING"));
        await _hub.As("XB").AcceptedAsync(Say.That("u-2", _sound, "TRACING"));

        do Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        while (watch.ResponseStream.Current.Incident is null);
        Assert.Equal(_sound, watch.ResponseStream.Current.Incident.IncidentReference);
        Assert.Empty((await _hub.As("XB").FindAsync(ReferenceScheme.BagTag, "0900000001")).Incidents);
        await MustWarnAsync();
    }

    [Fact]
    public async Task Its_neighbours_in_a_batch_are_stored()
    {
        await BreakClaimsAsync();
        var early = _hub.Time.GetUtcNow().AddHours(-1);

        var results = await _hub.As("XB").BatchAsync(Say.That("u-1", _sound, "TRACING"), Say.That("u-2", _broken, "TRACING").At(early), Say.That("u-3", _sound, "LAST_SEEN"));

        Assert.Equal([Outcome.Accepted, Outcome.Rejected, Outcome.Accepted], results.Select(result => result.OutcomeCase));
    }

    [Fact]
    public async Task Another_case_with_the_same_identifier_is_still_found_by_its_parties()
    {
        foreach (var reference in new[] { _broken, _sound })
            await _hub.As("XB").AcceptedAsync(Say.Note("u-0", reference).But(update => update.ExternalReferences.Add(new ExternalReference { Scheme = ReferenceScheme.Pnr, Value = "ABC123" })));
        await _hub.WithDbAsync(db => Broken(db).ExecuteUpdateAsync(incident => incident.SetProperty(row => row.State, Garbage)));

        var word = Say.That("u-1", _sound, "TRACING").But(update => update.Incident = new() { ExternalReference = new() { Scheme = ReferenceScheme.Pnr, Value = "ABC123" } });

        Assert.Equal(_sound, (await _hub.As("XB").AcceptedAsync(word)).Standing.IncidentReference);
        await MustWarnAsync();
    }

    [Fact]
    public async Task It_is_a_fault_of_the_hub_and_no_outage()
    {
        await BreakClaimsAsync();
        using var traveller = _hub.Browse();

        var answer = await traveller.GetAsync($"/api/v1/incidents/{_broken}?familyName=Kowalska");

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal(Grpc.Core.StatusCode.Internal, (await _hub.As("XB").ReadAsync(_broken).AsRefusedAsync()).Code);
    }

    private Task<int> BreakClaimsAsync() => _hub.WithDbAsync(db =>
        db.Claims.Where(claim => claim.UpdateId == "open-0900000001").ExecuteUpdateAsync(claim => claim.SetProperty(row => row.Body, Garbage)));

    private async Task MustWarnAsync()
    {
        var id = await _hub.WithDbAsync(db => Broken(db).Select(incident => incident.Id).SingleAsync());
        Assert.Contains(_hub.Log, line => line.Level == LogLevel.Warning && line.Failure is not null && line.Text.Contains(id.ToString(), StringComparison.Ordinal));
        _hub.MustBeQuiet();
    }

    private IQueryable<Data.IncidentRow> Broken(Data.HubDb db)
    {
        Assert.True(Domain.Reference.TryParse(_broken, out var reference));
        return db.Incidents.Where(incident => incident.Reference == reference.Value);
    }
}
