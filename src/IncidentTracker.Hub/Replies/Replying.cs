using Google.Protobuf.WellKnownTypes;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Updates;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Replies;

/// <summary>A party that follows its link, and what it is asked there.</summary>
internal sealed record Reply(ReplyTicket Ticket, PartnerIdentity Partner, ReadCase Read, DutyClock? Clock)
{
    /// <summary>The name of the update that a button makes. The same for all of them: whichever was pressed first is the word.</summary>
    public string UpdateId => $"reply-{Ticket.Clock}";

    /// <summary>The word that was given by a button already, if one was.</summary>
    public TimelineEntry? Given => Read.Story.Entries.FirstOrDefault(entry => entry.Claim.By == Partner.Id && entry.Claim.UpdateId == UpdateId);

    public ItemState Item => Read.Story.State.Items.FirstOrDefault(item => item.Id == Ticket.ItemId) ?? Read.Story.State.Worst;
}

/// <summary>Takes the words of people who answer a mail. They go the same way as every partner's: read, checked and stored alike.</summary>
internal sealed class Replying(ReplyLinks links, CaseReader cases, OwedWords words, Register register, Reporting reporting, TimeProvider time)
{
    /// <summary>What a link leads to; null when it leads nowhere.</summary>
    public async Task<Reply?> FindAsync(string? link, CancellationToken stop)
    {
        if (links.Read(link) is not { } ticket || register.Find(ticket.Party) is not { } party || await cases.ReadAsync(ticket.Incident, stop) is not { } read) return null;
        return new(ticket, new(party), read, words.At(time.Now(), read.StoredWatch).Running.FirstOrDefault(clock => clock.Number == ticket.Clock && clock.Party == ticket.Party));
    }

    /// <summary>What the party is asked: only answers that it may give.</summary>
    public ReplyQuestion QuestionTo(Reply reply)
    {
        var question = ReplyChoices.For(reply.Clock!, reply.Item.Station);
        return question with { Choices = [.. question.Choices.Where(choice => choice.Status.Length == 0 || MayGive(reply, choice))] };
    }

    /// <summary>Stores the word behind a button as the party's own.</summary>
    public async Task GiveAsync(Reply reply, ReplyChoice choice, CancellationToken stop)
    {
        switch (await reporting.TryAsync(reply.Partner, UpdateOf(reply, choice, time.Now()), stop))
        {
            // A button was pressed a moment before, this one or another.
            case Outcome.Refused { Why: [{ Why: var why }, ..] } when why == Refusals.UpdateIdConflict: break;
            case Outcome.Refused refused: throw new RefusedException(refused.Why[0].Why, refused.Why);
            case Outcome.Unknown: throw new RefusedException(Refusals.ServiceUnavailable);
        }
    }

    private bool MayGive(Reply reply, ReplyChoice choice)
    {
        var (claim, _) = UpdateReader.Read(UpdateOf(reply, choice, time.Now()), reply.Partner.Reporter, time.Now(), register);
        return claim is not null && (Domain.Updates.Decide(reply.Read.Facts, reply.Read.Story.Course, claim) is not Decision.Applied applied || (applied.Marks & (Marks.NotAuthorised | Marks.Quarantined)) == 0);
    }

    private static Wire.Update UpdateOf(Reply reply, ReplyChoice choice, Instant now) => new()
    {
        UpdateId = reply.UpdateId,
        Incident = new() { IncidentReference = reply.Read.Reference.ToString() },
        EventTime = now.ToTimestamp(),
        EventTimeZone = CodeLists.FindStation(reply.Item.Station)?.Zone ?? "Z",
        ItemId = reply.Ticket.ItemId,
        StatusCode = choice.Status,
        StaffText = choice.Status.Length > 0 ? "" : choice.Words + ".",
        Place = choice.Station.Length > 0 ? new() { Station = choice.Station } : null,
    };
}
