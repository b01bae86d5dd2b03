using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Partner.V1;
using Microsoft.Extensions.DependencyInjection;

namespace IncidentTracker.HubTests;

/// <summary>Every place where a hub says by when a word is due. They must all say the same.</summary>
internal sealed partial class DueTimeFaces(Hub hub)
{
    /// <summary>Each sender repeats this word of its own to be told again when it must speak next. It is nobody's news.</summary>
    public static Update Silent(string sender, string reference) =>
        Say.Note($"silent-{sender}", reference).At(new(2026, 7, 6, 12, 0, 0, TimeSpan.Zero)).But(update => update.Visibility = Partner.V1.Visibility.Internal);

    /// <summary>What must hold at every moment, whatever happened.</summary>
    public async Task MustAgreeAsync(string reference, params string[] senders)
    {
        using var party = hub.Browse();
        party.DefaultRequestHeaders.Authorization = new("Bearer", DevelopmentPartners.KeyOf("XB"));
        var clocks = (await party.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/clocks")).GetProperty("clocks").EnumerateArray()
            .Where(clock => clock.GetProperty("state").GetString() is "RUNNING" or "PAUSED").ToArray();
        await hub.FollowDutiesAsync();

        foreach (var sender in senders) await MustAgreeForAsync(sender, reference, clocks);
        await MustAgreeForTravellerAsync(reference, clocks);
    }

    private async Task MustAgreeForAsync(string sender, string reference, JsonElement[] clocks)
    {
        string[] covered = [sender, .. DevelopmentPartners.All.Single(one => one.Id == sender).ActsFor];
        var own = clocks.Where(clock => covered.Contains(clock.GetProperty("party").GetProperty("partyId").GetString())).ToArray();
        var due = own.Select(clock => Time(clock, "dueTime")).Where(at => at is not null).Min();

        var line = hub.As(sender);
        var silent = Silent(sender, reference);
        Same(due, Acknowledged(await line.ReportAsync(silent.Clone())), $"{sender}, told alone");
        Same(due, Acknowledged((await line.BatchAsync(silent.Clone()))[0]), $"{sender}, told in a batch");
        using (var feed = await Feed.OpenAsync(line, "due-times")) Same(due, Acknowledged((await feed.SendAndWaitAsync(silent.Clone()))[0]), $"{sender}, told on a stream");

        var tasks = await AllTasksAsync(line);
        var here = tasks.Where(task => task.IncidentReference == reference).ToArray();
        Same(due, here.FirstOrDefault()?.DueTime?.ToDateTimeOffset(), $"{sender}, first task");
        Assert.Equal(own.Select(clock => $"{reference}/{clock.GetProperty("number").GetInt32()}").Order(), here.Select(task => task.TaskId).Order());
        foreach (var task in here)
        {
            var clock = own.Single(clock => task.TaskId == $"{reference}/{clock.GetProperty("number").GetInt32()}");
            Same(Time(clock, "dueTime"), task.DueTime?.ToDateTimeOffset(), task.TaskId);
            Same(Time(clock, "pausedUntilTime"), task.PausedUntilTime?.ToDateTimeOffset(), task.TaskId);
        }
        var order = tasks.Select(task => task.DueTime?.ToDateTimeOffset() ?? DateTimeOffset.MaxValue).ToArray();
        Assert.True(order.SequenceEqual(order.Order()), $"The tasks of {sender} are not in order:\n{string.Join('\n', tasks)}");
    }

    private async Task MustAgreeForTravellerAsync(string reference, JsonElement[] clocks)
    {
        Assert.True(Reference.TryParse(reference, out var parsed));
        var cases = hub.Services.GetRequiredService<CaseReader>();
        var (id, version) = (await cases.FindAsync(parsed, CancellationToken.None))!.Value;
        var read = (await cases.ReadAsync(id, version, CancellationToken.None))!;
        var number = Clocks.NextWord(read.Story.State, read.StoredWatch)?.Number;
        var next = clocks.Where(clock => clock.GetProperty("number").GetInt32() == number).Cast<JsonElement?>().SingleOrDefault();
        var (due, until) = next is { } clock ? (Time(clock, "dueTime"), Time(clock, "pausedUntilTime")) : (null, null);

        using var browser = hub.Browse();
        var view = await browser.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}?familyName=Kowalska");
        Assert.Equal(next?.GetProperty("from").GetString(), view.TryGetProperty("nextWordFrom", out var from) ? from.GetString() : null);
        Same(due, Time(view, "nextWordDueTime"), "REST, next word");
        Same(until, Time(view, "nextWordPausedUntilTime"), "REST, paused until");

        var page = WebUtility.HtmlDecode(await TrackTests.OpenAsync(browser, reference, "Kowalska"));
        var told = NextNews().Match(page).Groups[1].Value;
        var shown = Moment().Match(told);
        Same(ToSecond(due ?? until), shown.Success ? DateTimeOffset.Parse(shown.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture).ToUniversalTime() : null, $"the page: {told}");
        Assert.Equal(due is null ? "until" : "by", shown.Success ? shown.Groups[1].Value : "until");
        Assert.Equal(due < hub.Time.GetUtcNow(), told.Contains("It has not come", StringComparison.Ordinal));
    }

    private static async Task<List<PartnerTask>> AllTasksAsync(PartnerLine line)
    {
        var tasks = new List<PartnerTask>();
        for (var token = ""; ;)
        {
            var page = await line.TasksAsync(3, token);
            tasks.AddRange(page.Tasks);
            if ((token = page.NextPageToken).Length == 0) return tasks;
        }
    }

    private static DateTimeOffset? Acknowledged(UpdateResult result)
    {
        Assert.NotEqual(UpdateResult.OutcomeOneofCase.Rejected, result.OutcomeCase);
        return (result.Accepted?.Standing ?? result.Duplicate.Standing).NextUpdateDueTime?.ToDateTimeOffset();
    }

    private static void Same(DateTimeOffset? expected, DateTimeOffset? actual, string where) => Assert.True(expected == actual, $"{where}: {actual:O} instead of {expected:O}");

    private static DateTimeOffset? Time(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetDateTimeOffset() : null;

    private static DateTimeOffset? ToSecond(DateTimeOffset? at) => at is { } moment ? moment.AddTicks(-(moment.Ticks % TimeSpan.TicksPerSecond)).ToUniversalTime() : null;

    [GeneratedRegex("<dt>Next news</dt>(.*?)</dd>", RegexOptions.Singleline)]
    private static partial Regex NextNews();

    // The first moment is the one that is due; when and with whom it was raised follows.
    [GeneratedRegex("(by|until) <time [^>]*?datetime=\"([^\"]+)\"")]
    private static partial Regex Moment();
}
