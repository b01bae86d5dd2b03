using System.Globalization;

namespace IncidentTracker.Simulator;

/// <summary>What can be typed, on one screen.</summary>
internal static class Commands
{
    private const string Help = """
        Plays the partners of a scenario against a hub, each in a process of its own.

        simulator check <scenario.json>
            Says what is wrong with a scenario file.

        simulator partners <scenario.json>
            Names the partners that have something to say, in the order of their first word.

        simulator plan <scenario.json> --out FILE [--settings FILE] [--speed N]
            Writes the demo clock, which hub and players share: the story starts now, a step about every 5.5 seconds,
            N times faster with --speed N. With --settings also the hub's settings for the demo: the partners, a new
            key for each, and where the clock is.

        simulator play <scenario.json> --partner XB --hub http://127.0.0.1:5081 --clock FILE (--key KEY | --settings FILE)
            Is one partner: waits for each of its steps and reports it to the hub. Every report is safe to repeat, so
            it is repeated until the hub has answered.

        simulator link --web http://127.0.0.1:5080 --tag TAG (--key KEY | --settings FILE --partner XB) [--wait SECONDS]
            Waits (300 seconds) until there is a case for the bag tag; prints its reference and the traveller's link.

        simulator mailbox --smtp PORT --web PORT --out FOLDER [--hub http://127.0.0.1:5080 --partner XB (--key KEY | --settings FILE)]
            Takes the hub's mail on this machine, each into a file, and shows it on a page. With --hub it also lets the hub
            send the partner's events there, and checks that each is signed and not older than five minutes.

        Exit codes: 0 all went as the scenario says, 1 something did not, 2 the command line is wrong, 130 Ctrl-C.
        """;

    public static async Task<int> RunAsync(string[] typed, TextWriter output, TimeProvider time, CancellationToken stop)
    {
        if (typed.Length == 0 || typed.Any(word => word is "--help" or "-h" or "help"))
        {
            await output.WriteLineAsync(Help);
            return typed.Length == 0 ? 2 : 0;
        }
        return typed[0] switch
        {
            "check" => await CheckAsync(Read(typed), output),
            "partners" => await PartnersAsync(Read(typed), output),
            "plan" => await PlanAsync(Read(typed, "--out", "--settings", "--speed"), output, time),
            "play" => await PlayAsync(Read(typed, "--partner", "--hub", "--clock", "--key", "--settings"), output, time, stop),
            "link" => await LinkAsync(Read(typed, "--web", "--tag", "--key", "--settings", "--partner", "--wait"), output, time, stop),
            "mailbox" => await MailboxAsync(Read(typed, "--smtp", "--web", "--out", "--hub", "--partner", "--key", "--settings"), output, time, stop),
            var other => throw new WrongCommand($"There is no command \"{other}\". Try --help."),
        };
    }

    private static Arguments Read(string[] typed, params string[] known) => Arguments.Read(typed.Skip(1), known);

    private static async Task<int> CheckAsync(Arguments arguments, TextWriter output)
    {
        var (scenario, problems) = ScenarioReader.Read(arguments.File);
        foreach (var problem in problems) await output.WriteLineAsync($"{arguments.File}: {problem}");
        if (scenario is null) return 1;

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{scenario.Name}: {scenario.Steps.Length} steps of {scenario.Speakers.Length} partners, {scenario.Title}"));
        return 0;
    }

    private static async Task<int> PartnersAsync(Arguments arguments, TextWriter output)
    {
        foreach (var partner in Load(arguments).Speakers) await output.WriteLineAsync(partner);
        return 0;
    }

    private static async Task<int> PlanAsync(Arguments arguments, TextWriter output, TimeProvider time)
    {
        var scenario = Load(arguments);
        var clock = StoryClock.Of(scenario, time.GetUtcNow(), arguments.Number("--speed", 1));

        var clockFile = Path.GetFullPath(arguments.Need("--out"));
        await DemoFiles.WriteAsync(clockFile, clock.ToJson());
        if (arguments.Find("--settings") is { } settings) await DemoFiles.WriteAsync(settings, DemoFiles.Settings(scenario, clockFile));

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{scenario.Name}: {scenario.Title}. {scenario.Steps.Length} steps in {clock.Points[^1].Second:0} seconds."));
        return 0;
    }

    private static async Task<int> PlayAsync(Arguments arguments, TextWriter output, TimeProvider time, CancellationToken stop)
    {
        var scenario = Load(arguments);
        var partner = arguments.Need("--partner");
        if (scenario.Organizations.All(organization => organization.Id != partner)) throw new WrongCommand($"{scenario.Name} has no partner {partner}.");

        var clock = StoryClock.Parse(await File.ReadAllTextAsync(arguments.Need("--clock"), stop));
        using var hub = new HubLine(arguments.NeedAddress("--hub"), await KeyAsync(arguments), time, output);
        return await new Player(scenario, partner, clock, hub, time, output).PlayAsync(stop);
    }

    private static async Task<int> LinkAsync(Arguments arguments, TextWriter output, TimeProvider time, CancellationToken stop)
    {
        var wait = TimeSpan.FromSeconds(arguments.Number("--wait", 300));
        using var web = new HttpClient { BaseAddress = arguments.NeedAddress("--web"), Timeout = TimeSpan.FromSeconds(10) };
        return await new CustomerLink(web, await KeyAsync(arguments), time, output).PrintAsync(arguments.Need("--tag"), wait, stop);
    }

    private static async Task<int> MailboxAsync(Arguments arguments, TextWriter output, TimeProvider time, CancellationToken stop)
    {
        var (folder, port) = (Path.GetFullPath(arguments.Need("--out")), arguments.NeedPort("--web"));
        Directory.CreateDirectory(folder);
        var secret = new HookSecret(folder + ".secret");
        try
        {
            using var mail = new SmtpReceiver(arguments.NeedPort("--smtp"), folder, time);
            using var page = new MailboxWeb(port, folder, secret, time);
            var work = new List<Task> { mail.RunAsync(stop), page.RunAsync(stop) };
            using var web = arguments.Find("--hub") is null ? null : new HttpClient { BaseAddress = arguments.NeedAddress("--hub"), Timeout = TimeSpan.FromSeconds(10) };
            if (web is not null) await secret.AskForAsync(web, await KeyAsync(arguments), string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}{MailboxWeb.HookPath}"), time, stop);
            await await Task.WhenAny(work);
            return 0;
        }
        catch (Exception taken) when (taken is System.Net.Sockets.SocketException or System.Net.HttpListenerException)
        {
            await output.WriteLineAsync($"The mailbox cannot be opened: {taken.Message}");
            return 1;
        }
    }

    private static Scenario Load(Arguments arguments)
    {
        var (scenario, problems) = ScenarioReader.Read(arguments.File);
        return scenario ?? throw new WrongCommand(string.Join(Environment.NewLine, problems.Select(problem => $"{arguments.File}: {problem}")));
    }

    private static async Task<string> KeyAsync(Arguments arguments) => arguments.Find("--key")
        ?? DemoFiles.KeyOf(arguments.Need("--partner"), await File.ReadAllTextAsync(arguments.Need("--settings")))
        ?? throw new WrongCommand($"The settings hold no key for {arguments.Need("--partner")}.");
}
