using Grpc.Core;
using IncidentTracker.Partner.V1;
using IncidentTracker.Tasks;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>What partners owe, and how they answer.</summary>
public sealed class TaskTests : HubTest
{
    [Fact]
    public async Task What_is_due_first_comes_first_page_by_page_for_oneself_and_those_one_acts_for()
    {
        var xb = Hub.As("XB");
        var references = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            references.Add(await xb.OpenAsync($"09010000{i:00}", "GO"));
            Hub.Time.Advance(Duration.FromMinutes(1));
        }
        await xb.AcceptedAsync(Asks(references[0], "GO"));
        await Hub.FollowDutiesAsync();

        var first = await xb.TasksAsync(pageSize: 2);
        Assert.Equal([references[1], references[2]], first.Tasks.Select(task => task.IncidentReference));
        var second = await xb.TasksAsync(pageSize: 5, first.NextPageToken);
        Assert.Equal([references[3], references[4]], second.Tasks.Select(task => task.IncidentReference));
        Assert.Equal("", second.NextPageToken);
        Assert.All(first.Tasks, task => Assert.Equal((TaskKind.NextWord, TaskStage.Running, "XB", "REPORTED"), (task.Kind, task.Stage, task.PartyId, task.StatusCode)));

        // GO acts for XB, and owes a word itself.
        Assert.Equal(["XB", "XB", "XB", "XB", "GO"], (await Hub.As("GO").TasksAsync()).Tasks.Select(task => task.PartyId));
        Assert.Empty((await Hub.As("STRANGER").TasksAsync()).Tasks);
        Assert.Equal((StatusCode.InvalidArgument, "PAGE_TOKEN_MISMATCH", "page_token"), await xb.TasksAsync(pageToken: "nonsense").AsRefusedAsync());
        Assert.Equal((StatusCode.InvalidArgument, "FIELD_INVALID", "page_size"), await xb.TasksAsync(pageSize: -1).AsRefusedAsync());
    }

    [Fact]
    public async Task An_answer_is_an_update_and_says_what_is_still_owed()
    {
        var reference = await Hub.As("XB").OpenAsync("0901000001", "GO");
        await Hub.As("XB").AcceptedAsync(Asks(reference, "GO"));
        await Hub.FollowDutiesAsync();
        var go = Hub.As("GO");
        var task = Assert.Single((await go.TasksAsync()).Tasks, task => task.PartyId == "GO");

        var update = Say.That("found", "", "ON_HAND").At(Hub.Time.GetUtcNow());
        update.Incident = null;
        var answer = await go.Tasks.AnswerTaskAsync(new() { TaskId = task.TaskId, Update = update }, go.Credential);
        Assert.Equal(UpdateResult.OutcomeOneofCase.Accepted, answer.Result.OutcomeCase);
        Assert.Equal(("ON_HAND", "GO"), (Assert.Single(answer.Tasks).StatusCode, answer.Tasks[0].PartyId));
        Assert.Equal(answer.Result.Accepted.Standing.NextUpdateDueTime, answer.Tasks[0].DueTime);

        Assert.Equal((StatusCode.NotFound, "TASK_UNKNOWN", "task_id"), await go.Tasks.AnswerTaskAsync(new() { TaskId = task.TaskId, Update = update }, go.Credential).ResponseAsync.AsRefusedAsync());
        var stranger = Hub.As("STRANGER");
        Assert.Equal((StatusCode.NotFound, "TASK_UNKNOWN", "task_id"), await stranger.Tasks.AnswerTaskAsync(new() { TaskId = answer.Tasks[0].TaskId, Update = update }, stranger.Credential).ResponseAsync.AsRefusedAsync());
        foreach (var odd in (string[])["", "7", "K7Q-4M2-XDC/", $"{reference}/x", $"{reference}/99999999999"])
            Assert.Equal(odd.Length == 0 ? "FIELD_REQUIRED" : "TASK_UNKNOWN", (await go.Tasks.AnswerTaskAsync(new() { TaskId = odd, Update = update }, go.Credential).ResponseAsync.AsRefusedAsync()).Reason);
    }

    [Fact]
    public async Task A_list_that_follows_a_moment_behind_never_shows_what_is_over()
    {
        var reference = await Hub.As("XB").OpenAsync("0901000001");
        await Hub.FollowDutiesAsync();
        Assert.Single((await Hub.As("XB").TasksAsync()).Tasks);

        await Hub.As("XB").AcceptedAsync(Say.That("c1", reference, "CLOSED_CANCELLED"));
        Assert.Empty((await Hub.As("XB").TasksAsync()).Tasks);
    }

    [Fact]
    public async Task A_bag_is_offered_accepted_and_refused_in_two_steps()
    {
        var xb = Hub.As("XB");
        var reference = await xb.OpenAsync("0901000001", "GO", "CQ");
        var (go, cq) = (Hub.As("GO"), Hub.As("CQ"));
        await go.AcceptedAsync(Say.That("g1", reference, "ON_HAND"));
        var offered = await go.Tasks.OfferHandoverAsync(new() { UpdateId = "g2", IncidentReference = reference, ToPartyId = "CQ", StaffText = "Desk 4" }, go.Credential);
        Assert.Equal("GO", offered.Result.Accepted.Standing.Custodian);
        Assert.Empty(offered.Result.Accepted.Warnings);         // what happens by this call happens now
        await Hub.FollowDutiesAsync();
        var task = Assert.Single((await cq.TasksAsync()).Tasks);
        Assert.Equal((TaskKind.Handover, "GO", ""), (task.Kind, task.AskedBy, task.StatusCode));

        var accepted = await cq.Tasks.AcceptHandoverAsync(new() { UpdateId = "c1", IncidentReference = reference, FromPartyId = "GO", Condition = BagCondition.Ok }, cq.Credential);
        Assert.Equal("CQ", accepted.Result.Accepted.Standing.Custodian);
        Hub.Time.Advance(Duration.FromMinutes(1));
        Assert.Equal(UpdateResult.OutcomeOneofCase.Duplicate,
            (await cq.Tasks.AcceptHandoverAsync(new() { UpdateId = "c1", IncidentReference = reference, FromPartyId = "GO", Condition = BagCondition.Ok }, cq.Credential)).Result.OutcomeCase);
        Assert.DoesNotContain((await cq.TasksAsync()).Tasks, one => one.Kind == TaskKind.Handover);

        Assert.Equal((StatusCode.InvalidArgument, "FIELD_REQUIRED", "reason"), await cq.Tasks.RefuseHandoverAsync(new() { UpdateId = "c2", IncidentReference = reference }, cq.Credential).ResponseAsync.AsRefusedAsync());
        Assert.Equal((StatusCode.InvalidArgument, "FIELD_REQUIRED", "to_party_id"), await go.Tasks.OfferHandoverAsync(new() { UpdateId = "g3", IncidentReference = reference }, go.Credential).ResponseAsync.AsRefusedAsync());
    }

    [Fact]
    public async Task Two_who_disagree_get_one_question_each_on_the_same_list()
    {
        var reference = await Hub.As("XB").OpenAsync("0901000001", "GO", "CQ");
        var (go, cq) = (Hub.As("GO"), Hub.As("CQ"));
        await go.AcceptedAsync(Say.That("g1", reference, "ON_HAND"));
        var released = Say.Note("g2", reference, "Handed over at desk 4.");
        released.Custody = new() { Action = CustodyAction.Released, From = "GO", To = "CQ" };
        await go.AcceptedAsync(released);
        await cq.Tasks.RefuseHandoverAsync(new() { UpdateId = "c1", IncidentReference = reference, Reason = "Nobody was there." }, cq.Credential);
        await Hub.FollowDutiesAsync();

        Assert.Equal("HUB", Assert.Single((await cq.TasksAsync()).Tasks, task => task.Kind == TaskKind.Question).AskedBy);
        var asked = Assert.Single((await go.TasksAsync()).Tasks, task => task is { Kind: TaskKind.Question, PartyId: "GO" });
        Assert.Equal(("HUB", "Two parties say different things about who has the bag. Do you have it?", ""), (asked.AskedBy, asked.QuestionText, asked.AskedUpdateId));
    }

    [Fact]
    public async Task A_question_of_an_agent_is_a_task_that_says_what_was_asked_and_by_which_update()
    {
        var reference = await Hub.As("XB").OpenAsync("0901000001", "GO", "LH2");
        await Hub.As("AG").AcceptedAsync(Asking("a1", "Is it in your store?"));
        await Hub.FollowDutiesAsync();

        var task = Assert.Single((await Hub.As("GO").TasksAsync()).Tasks, task => task.Kind == TaskKind.Question);
        Assert.Equal(("AG", "GO", "Is it in your store?", "a1"), (task.AskedBy, task.PartyId, task.QuestionText, task.AskedUpdateId));

        // Asked again before there was an answer, it is still one task.
        Hub.Time.Advance(Duration.FromMinutes(1));
        await Hub.As("AG").AcceptedAsync(Asking("a2", "Or at the desk?"));
        var again = Assert.Single((await Hub.As("GO").TasksAsync()).Tasks, task => task.Kind == TaskKind.Question);
        Assert.Equal((task.TaskId, "Or at the desk?", "a2"), (again.TaskId, again.QuestionText, again.AskedUpdateId));

        // What the party may not read is not told by its task either.
        await Hub.As("XB").AcceptedAsync(Asking("x1", "Do not tell them.").But(update =>
        {
            update.Visibility = Visibility.Parties;
            update.VisibleTo.Add("LH2");
        }));
        await Hub.FollowDutiesAsync();
        var hidden = Assert.Single((await Hub.As("GO").TasksAsync()).Tasks, task => task is { Kind: TaskKind.Question, AskedBy: "XB" });
        Assert.Equal(("", ""), (hidden.QuestionText, hidden.AskedUpdateId));

        Update Asking(string id, string text) => Say.Note(id, reference, text).But(update => update.AskedParty = "GO");
    }

    [Fact]
    public async Task Whoever_begins_to_watch_hears_first_of_everything_it_owes_and_later_that_it_is_over()
    {
        var go = Hub.As("GO");
        var reference = await Hub.As("XC").OpenAsync("0901000001", "GO");
        await Hub.As("XC").AcceptedAsync(Asks(reference, "GO"));
        await Hub.FollowDutiesAsync();
        var listed = Assert.Single((await go.TasksAsync()).Tasks);

        using var watch = go.Tasks.WatchTasks(new(), go.Credential);
        var first = await NextAsync(watch, _ => true);
        Assert.Equal((listed, ""), (Assert.Single(first.Tasks), first.ResumeToken));
        Assert.NotEqual("", (await NextAsync(watch, one => one.IncidentReference.Length == 0)).ResumeToken);

        await Hub.As("XC").AcceptedAsync(Say.That("x9", reference, "CLOSED_CANCELLED"));
        Assert.Empty((await NextAsync(watch, one => one.IncidentReference == reference)).Tasks);
    }

    [Fact]
    public async Task Whoever_is_cut_off_anywhere_and_over_a_restart_of_the_hub_ends_up_with_the_list()
    {
        for (var cut = 0; cut <= 5; cut++)
        {
            var (answered, other) = (await Hub.As("XC").OpenAsync($"090200{cut:0000}", "GO"), await Hub.As("XC").OpenAsync($"090300{cut:0000}", "GO"));
            foreach (var reference in (string[])[answered, other]) await Hub.As("XC").AcceptedAsync(Asks(reference, "GO"));
            await Hub.FollowDutiesAsync();

            var known = new Known();
            using (var watch = Hub.As("GO").Tasks.WatchTasks(new(), Hub.As("GO").Credential))
                for (var read = 0; read < cut; read++)
                {
                    if (read == 3) await Hub.As("GO").AcceptedAsync(Say.That($"g{cut}", answered, "ON_HAND"));
                    known.Take(await NextAsync(watch, _ => true));
                }
            Hub.Time.Advance(Duration.FromMinutes(1));
            await Hub.As("XC").AcceptedAsync(Say.That($"c{cut}", answered, "CLOSED_CANCELLED"));
            await Hub.RestartAsync();
            Hub.Time.Advance(Duration.FromMinutes(1));
            await Hub.As("GO").AcceptedAsync(Say.That($"h{cut}", other, "ON_HAND"));

            var go = Hub.As("GO");
            if (known.Token.Length == 0) known = new();
            using (var watch = go.Tasks.WatchTasks(new() { ResumeToken = known.Token }, go.Credential))
                while (!known.Is((await FollowedAsync(go)).Tasks)) known.Take(await NextAsync(watch, _ => true));
            await Hub.As("XC").AcceptedAsync(Say.That($"d{cut}", other, "CLOSED_CANCELLED"));
        }
    }

    [Fact]
    public async Task A_long_queue_of_changes_is_followed_at_one_go()
    {
        var board = Hub.Services.GetRequiredService<DutyBoard>();
        await board.StopAsync(CancellationToken.None);
        await DueCases.StoreAsync(Hub.Database, 1_200, Hub.Time.Now + Duration.FromHours(1));

        Assert.Equal(1_200, await board.FollowAsync(CancellationToken.None));
        Assert.Equal(200, (await Hub.As("XB").TasksAsync(pageSize: 200)).Tasks.Count);
    }

    [Fact]
    public async Task Whoever_watches_hears_of_each_change_of_what_it_owes_and_resumes_without_a_gap()
    {
        var go = Hub.As("GO");
        var watch = go.Tasks.WatchTasks(new(), go.Credential);
        Assert.True(await watch.ResponseStream.MoveNext(default));       // where it begins
        var token = watch.ResponseStream.Current.ResumeToken;

        var reference = await Hub.As("XC").OpenAsync("0901000001", "GO");
        await Hub.As("XC").AcceptedAsync(Asks(reference, "GO"));
        var asked = await NextAsync(watch, one => one.Tasks.Count > 0);
        Assert.Equal((reference, "BAG_REQUESTED"), (asked.IncidentReference, Assert.Single(asked.Tasks).StatusCode));

        await go.AcceptedAsync(Say.That("g1", reference, "ON_HAND"));
        Assert.Equal("ON_HAND", Assert.Single((await NextAsync(watch, one => one.IncidentReference == reference)).Tasks).StatusCode);
        await Hub.As("XC").AcceptedAsync(Say.That("x9", reference, "CLOSED_CANCELLED"));
        Assert.Empty((await NextAsync(watch, one => one.IncidentReference == reference)).Tasks);

        // From the beginning again: where it stands now is told at least once.
        var again = go.Tasks.WatchTasks(new() { ResumeToken = token }, go.Credential);
        Assert.Empty((await NextAsync(again, one => one.IncidentReference == reference)).Tasks);
        var bad = go.Tasks.WatchTasks(new() { ResumeToken = "x" }, go.Credential);
        Assert.Equal("RESUME_TOKEN_INVALID", (await bad.ResponseStream.MoveNext(default).AsRefusedAsync()).Reason);
    }

    private static async Task<WatchTasksResponse> NextAsync(AsyncServerStreamingCall<WatchTasksResponse> watch, Func<WatchTasksResponse, bool> isIt)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await watch.ResponseStream.MoveNext(patience.Token))
            if (isIt(watch.ResponseStream.Current)) return watch.ResponseStream.Current;
        throw new InvalidOperationException("The stream ended.");
    }

    private async Task<ListTasksResponse> FollowedAsync(PartnerLine line)
    {
        await Hub.FollowDutiesAsync();
        return await line.TasksAsync();
    }

    /// <summary>What a watcher knows by what it was told.</summary>
    private sealed class Known
    {
        private readonly Dictionary<string, IReadOnlyList<PartnerTask>> _tasks = [];

        public string Token { get; private set; } = "";

        public void Take(WatchTasksResponse told)
        {
            if (told.IncidentReference.Length > 0) _tasks[told.IncidentReference] = [.. told.Tasks];
            if (told.ResumeToken.Length > 0) Token = told.ResumeToken;
        }

        public bool Is(IEnumerable<PartnerTask> listed) => _tasks.Values.SelectMany(tasks => tasks).OrderBy(task => task.TaskId).SequenceEqual(listed.OrderBy(task => task.TaskId));
    }

    private static Update Asks(string reference, string party)
    {
        var update = Say.That("u-ask", reference, "BAG_REQUESTED");
        update.AskedParty = party;
        return update;
    }
}
