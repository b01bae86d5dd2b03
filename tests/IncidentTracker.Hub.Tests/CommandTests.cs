using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>What the program does beside being a hub, as an operator types it.</summary>
public sealed partial class CommandTests : IDisposable
{
    private const string Agreed = """
        {
          "calendars": [
            { "id": "store", "version": 1, "zone": "Europe/Berlin", "week": [{ "days": ["MONDAY"], "hours": ["08:00-12:00"] }] },
            { "id": "store", "version": 2, "zone": "Europe/Berlin", "week": [{ "days": ["MONDAY", "FRIDAY"], "hours": ["08:00-12:00", "13:30-18:00"] }], "holidays": [{ "day": "2027-01-01", "name": "New Year's Day" }] }
          ],
          "hours": [{ "organization": "GO", "calendar": "store/2", "activeFrom": "2026-07-01T00:00:00Z" }]
        }
        """;

    private const string Holidays = """
        BEGIN:VCALENDAR
        BEGIN:VEVENT
        SUMMARY:Neujahr
        DTSTART;VALUE=DATE:20270101
        CATEGORIES:National
        END:VEVENT
        BEGIN:VEVENT
        SUMMARY:Fronleichnam für alle
        DTSTART;VALUE=DATE:20270527
        CATEGORIES:Hessen
        END:VEVENT
        BEGIN:VEVENT
        SUMMARY:Mariä Himmelfahrt
        DTSTART;VALUE=DATE:20270815
        CATEGORIES:Bayern
        END:VEVENT
        BEGIN:VEVENT
        SUMMARY:Team breakfast
        DTSTART:20270302T080000Z
        CATEGORIES:Hessen
        END:VEVENT
        END:VCALENDAR
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("command-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_file_of_holidays_is_shown_and_becomes_the_next_version_of_the_calendar_that_the_hub_takes()
    {
        Write(Agreed, Holidays);

        var (exitCode, output, errors) = await RunAsync(["holidays", "--file", "days.ics", "--calendar=store", "--Sla:File=agreed.json", "--region=Hessen,National", "--from=2027", "--to=2027"]);

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains("  2027-01-01  Neujahr\n  2027-05-27  Fronleichnam für alle\n", output, StringComparison.Ordinal);
        Assert.Contains("Team breakfast: It begins at an hour of the day.", output, StringComparison.Ordinal);
        Assert.Contains("Of other years, regions or kinds: 1", output, StringComparison.Ordinal);
        Assert.Contains("Regions and kinds in the file: Bayern, Hessen, National", output, StringComparison.Ordinal);

        // Pasted as it stands, it is what was announced and a new version beside it.
        var entry = JsonNode.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..])!;
        Assert.Equal((3, "New Year's Day", "Fronleichnam für alle"), ((int)entry["version"]!, (string?)entry["holidays"]![0]!["name"], (string?)entry["holidays"]![1]!["name"]));
        Assert.Equal(2, entry["week"]![0]!["hours"]!.AsArray().Count);
        var file = JsonNode.Parse(Agreed)!;
        file["calendars"]!.AsArray().Add(entry);
        file["hours"]!.AsArray().Add(JsonNode.Parse("""{ "organization": "GO", "calendar": "store/3", "activeFrom": "2026-08-01T00:00:00Z" }"""));
        var added = SlaFile.NotKnown(SlaFile.Read(Agreed), SlaFile.Read(file.ToJsonString()));
        Assert.Equal(["GO/store/3", "store/3"], added.Select(edition => edition.Name));
        Assert.Contains(SlaFile.Book(added, []).CalendarOf(new("GO"), "", Instant.FromUtc(2027, 1, 1, 0, 0)).Holidays, holiday => holiday.Day == new LocalDate(2027, 5, 27));
    }

    [Theory]
    [InlineData("needs --calendar", "holidays", "--file=days.ics", "--Sla:File=agreed.json")]
    [InlineData("no option \"callendar\"", "holidays", "--callendar=store")]
    [InlineData("no calendar \"shop\"", "holidays", "--file=days.ics", "--Sla:File=agreed.json", "--calendar=shop")]
    [InlineData("\"soon\" is no year", "holidays", "--file=days.ics", "--Sla:File=agreed.json", "--calendar=store", "--from=soon")]
    [InlineData("There is no holiday to take.", "holidays", "--file=agreed.json", "--Sla:File=agreed.json", "--calendar=store")]
    [InlineData("none.ics", "holidays", "--file=none.ics", "--Sla:File=agreed.json", "--calendar=store")]
    [InlineData("There is no command \"rebild\". --help lists them all.", "rebild")]
    public async Task What_cannot_be_done_is_said_in_one_sentence(string sentence, params string[] args)
    {
        Write(Agreed, Holidays);

        var (exitCode, _, errors) = await RunAsync(args);

        Assert.Equal(1, exitCode);
        Assert.Contains(sentence, errors, StringComparison.Ordinal);
        Assert.Single(errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Help_names_the_commands_and_each_says_more()
    {
        var (_, general, _) = await RunAsync(["--help"]);
        Assert.All(new[] { "holidays", "rebuild" }, command => Assert.Contains($"  {command} ", general, StringComparison.Ordinal));

        var (exitCode, holidays, errors) = await RunAsync(["holidays", "--help"]);
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.StartsWith("Usage:", holidays, StringComparison.Ordinal);
        Assert.Contains("Exit code", holidays, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rebuild_mends_what_is_stored_beside_the_claims_while_a_hub_is_at_work()
    {
        await using var hub = await Hub.StartAsync();
        var references = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            hub.Time.Advance(Duration.FromMinutes(1));
            references.Add(await hub.As("XB").OpenAsync($"09010000{i:00}"));
        }
        hub.Time.Advance(Duration.FromMinutes(1));
        foreach (var reference in references[..6]) await hub.As("XB").AcceptedAsync(Say.That($"a-{reference}", reference, "ACKNOWLEDGED"));
        // A file of sightings is rebuilt, too.
        await hub.As("GO").BatchAsync(Say.Seen("s1", "0909999999", "LAST_SEEN"));
        await hub.FollowDutiesAsync();
        var before = await StoredAsync(hub);
        var ids = await hub.WithDbAsync(db => db.Incidents.Where(row => row.Reference != null).OrderBy(row => row.Id).Select(row => row.Id).ToListAsync());

        await SpoilAsync(hub, ids);
        Assert.NotEqual(before, await StoredAsync(hub));
        var mended = 0;
        for (var runs = 0; await StoredAsync(hub) != before; runs++)
        {
            Assert.True(runs < 20, "The rebuild does not come to an end.");
            var (exitCode, output, _) = await RunAsync([Rebuilding.Name], hub.Database);
            var counted = Counts().Match(output.TrimEnd().Split('\n')[^1]);
            Assert.True(exitCode == 0 && counted.Success, output);
            // What the list of duties has not followed yet is left alone until it has; others' transactions may hold it back.
            mended += int.Parse(counted.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        }

        Assert.Equal(7, mended);
        Assert.Contains("13 equal, 0 mended, 0 not", (await RunAsync([Rebuilding.Name], hub.Database)).Output, StringComparison.Ordinal);

        // The hub knew the cases as they were; it reads them anew.
        foreach (var reference in references) await hub.As("XB").AcceptedAsync(Say.That($"b-{reference}", reference, "ACKNOWLEDGED"));
        await hub.FollowDutiesAsync();
        await hub.ProveStoredEqualsFoldedAsync();
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task A_case_that_cannot_be_told_is_named_and_the_others_are_mended()
    {
        await using var hub = await Hub.StartAsync();
        foreach (var tag in new[] { "0901000001", "0901000002" }) await hub.As("XB").OpenAsync(tag);
        await hub.FollowDutiesAsync();
        var ids = await hub.WithDbAsync(db => db.Incidents.OrderBy(row => row.Id).Select(row => row.Id).ToListAsync());
        await hub.WithDbAsync(db => db.Claims.Where(claim => claim.IncidentId == ids[0]).ExecuteUpdateAsync(set => set.SetProperty(row => row.Body, new byte[] { 0xFF, 0xFF })));
        await hub.WithDbAsync(db => db.Incidents.Where(row => row.Id == ids[1]).ExecuteUpdateAsync(set => set.SetProperty(row => row.State, Array.Empty<byte>())));
        using var said = new StringWriter();

        Assert.False(await hub.Services.GetRequiredService<Rebuilding>().ThroughAsync(said, CancellationToken.None));

        Assert.Contains($"{ids[0]} cannot be told", said.ToString(), StringComparison.Ordinal);
        Assert.Contains("0 equal, 1 mended, 1 not, see above", said.ToString(), StringComparison.Ordinal);
    }

    private static async Task SpoilAsync(Hub hub, List<IncidentId> ids)
    {
        var foreign = await hub.WithDbAsync(db => db.Incidents.Where(row => row.Id == ids[11]).Select(row => row.State).SingleAsync());
        byte[][] states = [[], [0xFF, 0xFF], foreign];
        for (var i = 0; i < states.Length; i++)
        {
            var (id, state) = (ids[i], states[i]);
            await hub.WithDbAsync(db => db.Incidents.Where(row => row.Id == id).ExecuteUpdateAsync(set => set.SetProperty(row => row.State, state)));
        }
        // Of cases of which nothing was said since: their look is where it was found.
        await hub.WithDbAsync(db => db.LookAgain.Where(row => row.IncidentId == ids[7]).ExecuteDeleteAsync());
        var late = Instant.FromUtc(2027, 1, 1, 0, 0);
        await hub.WithDbAsync(db => db.LookAgain.Where(row => row.IncidentId == ids[8]).ExecuteUpdateAsync(set => set.SetProperty(row => row.At, late)));
        await hub.WithDbAsync(db => db.Duties.Where(row => row.IncidentId == ids[5]).ExecuteDeleteAsync());
        await hub.WithDbAsync(db => db.Duties.Where(row => row.IncidentId == ids[6]).ExecuteUpdateAsync(set => set.SetProperty(row => row.Party, "GO")));
    }

    private static Task<string> StoredAsync(Hub hub) => hub.WithDbAsync(async db =>
    {
        var cases = (await db.Incidents.OrderBy(row => row.Id).ToListAsync()).Select(row => $"{row.Id} {row.Phase} {row.Clocks} {Convert.ToHexString(row.State)}");
        var looks = (await db.LookAgain.OrderBy(row => row.IncidentId).ToListAsync()).Select(row => $"{row.IncidentId} {row.At}");
        var duties = (await db.Duties.OrderBy(row => row.IncidentId).ThenBy(row => row.Clock).ToListAsync()).Select(row => $"{row.IncidentId} {row.Clock} {row.Party} {row.DueAt}");
        return string.Join('\n', [.. cases, .. looks, .. duties]);
    });

    private void Write(string agreed, string holidays)
    {
        File.WriteAllText(Path.Combine(_folder, "agreed.json"), agreed);
        File.WriteAllText(Path.Combine(_folder, "days.ics"), holidays.ReplaceLineEndings("\r\n"));
    }

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(string[] args, TestDatabase? database = null)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Help).Assembly.Location, .. args]) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        if (database is not null) (start.Environment["Database__Engine"], start.Environment["Database__Connection"]) = (database.EngineName, database.Connection);
        using var program = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            var output = program.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = program.StandardError.ReadToEndAsync(patience.Token);
            await program.WaitForExitAsync(patience.Token);
            return (program.ExitCode, await output, await errors);
        }
        finally
        {
            if (!program.HasExited) program.Kill();
        }
    }

    [GeneratedRegex("^13 cases and files of sightings: \\d+ equal, (\\d+) mended, 0 not$")]
    private static partial Regex Counts();
}
