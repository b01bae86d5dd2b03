using System.Net;
using System.Text.RegularExpressions;
using IncidentTracker.Domain;
using IncidentTracker.Partner.V1;
using IncidentTracker.Replies;
using IncidentTracker.Updates;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>A party answers the mail that reminds it, without a system of its own.</summary>
public sealed class ReplyTests : IAsyncLifetime
{
    private static readonly Duration DueSoon = Duration.FromHours(2.5);

    private Hub _hub = null!;

    public async Task InitializeAsync() => _hub = await Hub.StartAsync([.. Links.People]);

    public async Task DisposeAsync()
    {
        await using var hub = _hub;
        await hub.ProveStoredEqualsFoldedAsync();
        await hub.StopAsync();
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task Mails_to_whoever_owes_the_word_have_a_link_and_those_to_others_have_none()
    {
        await _hub.AskAndWaitAsync(Duration.FromHours(20));

        Assert.Equal(["go-desk@example True", "go-desk@example True", "go-hq@example True", "xb-supervisor@example False", "mediator@example False"],
            (await _hub.MailRowsAsync()).Select(mail => $"{mail.Recipient} {Links.LinkIn(mail) is not null}"));
    }

    [Fact]
    public async Task Looking_reports_nothing_however_often()
    {
        await _hub.AskAndWaitAsync(DueSoon);
        var link = await _hub.NewestLinkAsync();
        var before = await _hub.WithDbAsync(db => db.Changes.CountAsync());
        using var browser = _hub.Browse();

        for (var i = 0; i < 20; i++)
        {
            Assert.Contains("<h1>Do you have the bag in Frankfurt?</h1>", await browser.GetStringAsync(link), StringComparison.Ordinal);
            using var head = await browser.SendAsync(new(HttpMethod.Head, link));
            using var withAnswer = await browser.GetAsync(link + "&answer=news");
            Assert.True(head.IsSuccessStatusCode && withAnswer.IsSuccessStatusCode);
        }

        Assert.Equal(before, await _hub.WithDbAsync(db => db.Changes.CountAsync()));
    }

    [Fact]
    public async Task A_button_stores_what_gRPC_would_have_stored_for_the_same_words()
    {
        var reference = await _hub.AskAndWaitAsync(DueSoon);
        using var browser = _hub.Browse();

        using var answer = await Links.PressAsync(browser, await _hub.NewestLinkAsync(), "We have it in Frankfurt");
        var page = WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());

        Assert.Contains("<h1>Thank you</h1>", page, StringComparison.Ordinal);
        Assert.Contains("<strong>At Frankfurt.</strong>", page, StringComparison.Ordinal);
        Assert.Matches("Next from you</dt>\\s*<dd>By <time [^>]+>Monday 6 July, 19:30</time>", page);
        var (claim, update) = await StoredAsync();
        await _hub.As("GO").DuplicateAsync(Say.That(claim.UpdateId, reference, "ON_HAND").But(update => update.ItemId = "1"));
        Assert.Equal(("GO", OrganizationKind.Handler, "XA XB"), (claim.By.Value, claim.Reporter.Kind, string.Join(' ', claim.Reporter.ActsFor)));
        Assert.Equal((_hub.Time.GetUtcNow(), "Europe/Berlin"), (update.EventTime.ToDateTimeOffset(), update.EventTimeZone));
        Assert.StartsWith("GO has your bag at Frankfurt.", (await _hub.As("XB").ReadAsync(reference)).Incident.CustomerSentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("We are still looking")]
    [InlineData("It is not here")]
    public async Task A_note_is_a_word_too_and_the_next_one_is_due_later(string words)
    {
        var reference = await _hub.AskAndWaitAsync(DueSoon);
        using var browser = _hub.Browse();

        using var answer = await Links.PressAsync(browser, await _hub.NewestLinkAsync(), words);

        Assert.Contains($"<strong>{words}.</strong>", WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()), StringComparison.Ordinal);
        var standing = (await _hub.As("XB").ReadAsync(reference)).Incident;
        Assert.Equal("BAG_REQUESTED", standing.StatusCode);
        await _hub.LiveAndTellAsync(Duration.FromHours(1));
        Assert.DoesNotContain(await _hub.WithDbAsync(db => db.Alerts.ToListAsync()), alert => alert.Stage == ClockStage.Breached);
    }

    [Fact]
    public async Task A_double_click_is_one_update()
    {
        await _hub.AskAndWaitAsync(DueSoon);
        var link = await _hub.NewestLinkAsync();
        using var browser = _hub.Browse();
        var token = Links.TokenIn(await browser.GetStringAsync(link));

        // Both have looked before either is stored, and each says its own moment.
        var held = await _hub.HoldWritesAsync();
        var first = Links.SendAsync(browser, link, token, "news");
        await Task.Delay(300);
        _hub.Time.Advance(Duration.FromSeconds(1));
        var second = Links.SendAsync(browser, link, token, "news");
        await Task.Delay(300);
        await held.DisposeAsync();
        HttpResponseMessage[] answers = [await first, await second, await Links.SendAsync(browser, link, token, "news")];

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        foreach (var answer in answers) Assert.Contains("<strong>At Frankfurt.</strong>", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await _hub.WithDbAsync(db => db.Claims.CountAsync(claim => claim.PartnerId == "GO")));
    }

    [Fact]
    public async Task Of_two_buttons_pressed_at_once_one_is_the_word_and_the_other_press_reads_it()
    {
        await _hub.AskAndWaitAsync(DueSoon);
        var link = await _hub.NewestLinkAsync();
        using var browser = _hub.Browse();
        var token = Links.TokenIn(await browser.GetStringAsync(link));

        // Both have looked before either is stored.
        var held = await _hub.HoldWritesAsync();
        var first = Links.SendAsync(browser, link, token, "news");
        await Task.Delay(300);
        var second = Links.SendAsync(browser, link, token, "otherwise");
        await Task.Delay(300);
        await held.DisposeAsync();
        HttpResponseMessage[] answers = [await first, await second, await Links.SendAsync(browser, link, token, "on")];

        foreach (var answer in answers) Assert.Contains("<strong>At Frankfurt.</strong>", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await _hub.WithDbAsync(db => db.Claims.CountAsync(claim => claim.PartnerId == "GO")));
    }

    [Fact]
    public async Task A_link_that_was_used_forged_cut_or_is_too_old_or_from_elsewhere_gets_the_same_page()
    {
        await _hub.AskAndWaitAsync(DueSoon);
        var link = await _hub.NewestLinkAsync();
        var other = _hub.Services.GetRequiredService<ReplyLinks>().LinkFor(new(await CaseAsync(), "1", new("XB"), 3));
        await using var elsewhere = await Hub.StartAsync([.. Links.People]);
        await elsewhere.AskAndWaitAsync(DueSoon);
        using var browser = _hub.Browse();
        using (var used = await Links.PressAsync(browser, link, "We have it in Frankfurt")) Assert.True(used.IsSuccessStatusCode);
        var token = Links.TokenIn(await browser.GetStringAsync("/track"));
        using var nonsense = await browser.GetAsync("/reply?for=nonsense");
        var page = await nonsense.Content.ReadAsStringAsync();
        Assert.Contains("This link does not work any more", page, StringComparison.Ordinal);

        foreach (var dead in new[] { link, link[..^3], link[..^4] + (link[^4] == 'A' ? "B" : "A") + link[^3..], await elsewhere.NewestLinkAsync(), new Uri(other).PathAndQuery, "/reply?for=", "/reply" })
        {
            using var looked = await browser.GetAsync(dead);
            using var pressed = await Links.SendAsync(browser, dead, token, "on");
            Assert.Equal((HttpStatusCode.NotFound, page), (looked.StatusCode, await looked.Content.ReadAsStringAsync()));
            // Whoever presses a button of a page that was open before reads what was said instead.
            if (dead == link) Assert.Contains("<strong>At Frankfurt.</strong>", await pressed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            else Assert.Equal((HttpStatusCode.NotFound, page), (pressed.StatusCode, await pressed.Content.ReadAsStringAsync()));
        }
        Assert.Equal(1, await _hub.WithDbAsync(db => db.Claims.CountAsync(claim => claim.PartnerId == "GO")));
    }

    [Fact]
    public async Task A_link_ends_after_seven_days_even_if_the_word_has_not_come()
    {
        await _hub.AskAndWaitAsync(DueSoon);
        var link = await _hub.NewestLinkAsync();
        var made = (await _hub.MailRowsAsync())[^1].CreatedAt;
        using var browser = _hub.Browse();

        _hub.Time.Set(made + ReplyLinks.ValidFor - Duration.FromSeconds(2));
        using (var inTime = await browser.GetAsync(link)) Assert.Equal(HttpStatusCode.OK, inTime.StatusCode);
        _hub.Time.Advance(Duration.FromSeconds(2));
        using var late = await browser.GetAsync(link);

        Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("forged")]
    public async Task A_form_that_is_not_ours_reports_nothing(string token)
    {
        await _hub.AskAndWaitAsync(DueSoon);
        using var browser = _hub.Browse();

        using var answer = await Links.SendAsync(browser, await _hub.NewestLinkAsync(), token, "news");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Please choose once more.", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await _hub.WithDbAsync(db => db.Claims.CountAsync(claim => claim.PartnerId == "GO")));
    }

    [Fact]
    public async Task A_question_of_another_party_is_shown_in_its_words_and_answered()
    {
        var reference = await _hub.As("XB").OpenAsync("0901000001", "GO");
        await _hub.As("XB").AcceptedAsync(Say.Note("q1", reference, "Is it in <store> B?").But(update => update.AskedParty = "GO"));
        await _hub.LiveAndTellAsync(Duration.FromHours(1.8));
        var link = Links.LinkIn((await _hub.MailRowsAsync()).Last(mail => mail.Recipient == "go-desk@example"))!;
        using var browser = _hub.Browse();

        Assert.Contains("<q>Is it in &lt;store&gt; B?</q>", await browser.GetStringAsync(link), StringComparison.Ordinal);
        using var answer = await Links.PressAsync(browser, link, "No");

        Assert.Contains("<strong>No.</strong>", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("No.", (await StoredAsync()).Claim.StaffText);
    }

    public static TheoryData<string> Statuses => [.. CodeLists.StatusCodes.Where(status => status.NextWord is not (null or Role.Customer)).Select(status => status.Code)];

    [Theory]
    [MemberData(nameof(Statuses))]
    public void Every_status_has_a_question_with_three_answers_of_which_each_is_for_the_party_to_give(string code)
    {
        var status = CodeLists.Find(code)!;
        var now = Instant.FromUtc(2026, 7, 6, 12, 0);
        var question = ReplyChoices.For(new(1, "1", status.Track, code, new("GO"), 1, now, now, now, Duration.FromHours(1), 0, "", ""), "FRA");

        Assert.EndsWith("?", question.Text, StringComparison.Ordinal);
        Assert.Equal(3, question.Choices.Select(choice => choice.Words).Distinct().Count());
        Assert.Equal(3, question.Choices.Select(choice => choice.Key).Distinct().Count());
        Assert.All(question.Choices, choice => Assert.True(choice.Status.Length == 0 || CodeLists.Find(choice.Status)!.AcceptedFrom.Contains(status.NextWord!.Value), choice.Status));
        Assert.DoesNotMatch(new Regex("[A-Z]{2}|_"), question.Text + string.Concat(question.Choices.Select(choice => choice.Words)));
    }

    private async Task<IncidentId> CaseAsync() => await _hub.WithDbAsync(db => db.Incidents.Select(incident => incident.Id).SingleAsync());

    private async Task<(Claim Claim, Update Update)> StoredAsync() =>
        ClaimCodec.Read((await _hub.WithDbAsync(db => db.Claims.AsNoTracking().SingleAsync(claim => claim.PartnerId == "GO"))).AsRow());
}
