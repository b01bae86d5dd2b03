using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Many cases that the airline XB has not acknowledged, as a hub would have stored them, all due at one moment.</summary>
internal static class DueCases
{
    /// <summary>Stores them: each is first due, and the party reminded, right after the moment.</summary>
    public static async Task StoreAsync(TestDatabase database, int count, Instant dueAt)
    {
        var openedAt = dueAt - Duration.FromMinutes(24);
        for (var first = 0; first < count; first += 1000)
            await database.WithDbAsync(async db =>
            {
                db.ChangeTracker.AutoDetectChangesEnabled = false;
                for (var i = first; i < Math.Min(count, first + 1000); i++) Add(db, i, openedAt);
                return await db.SaveChangesAsync();
            });
    }

    /// <summary>Makes some of them due at another moment, as if they had been opened for it: quickly, while hubs are at work that have not read them yet.</summary>
    public static Task MoveAsync(TestDatabase database, IReadOnlyCollection<IncidentId> cases, Instant dueAt) => database.WithDbAsync(async db =>
    {
        var (incident, claim, look) = One(cases.First(), 0, dueAt - Duration.FromMinutes(24));
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.Incidents.Where(row => cases.Contains(row.Id)).ExecuteUpdateAsync(set => set.SetProperty(row => row.OpenedAt, incident.OpenedAt).SetProperty(row => row.ChangedAt, incident.OpenedAt).SetProperty(row => row.State, incident.State));
        await db.Claims.Where(row => cases.Contains(row.IncidentId)).ExecuteUpdateAsync(set => set.SetProperty(row => row.ReceivedAt, claim.ReceivedAt).SetProperty(row => row.Hash, claim.Hash).SetProperty(row => row.Body, claim.Body));
        await db.LookAgain.Where(row => cases.Contains(row.IncidentId)).ExecuteUpdateAsync(set => set.SetProperty(row => row.At, look.At));
        await transaction.CommitAsync();
        return cases.Count;
    });

    private static void Add(HubDb db, int number, Instant openedAt)
    {
        var (incident, claim, look) = One(new(Guid.CreateVersion7(openedAt.ToDateTimeOffset())), number, openedAt);
        db.AddRange(incident, claim, look, new ChangeRow { IncidentId = incident.Id, Version = 1 });
    }

    private static (IncidentRow Incident, ClaimEntity Claim, LookAgainRow Look) One(IncidentId id, int number, Instant openedAt)
    {
        var reference = Reference.From(BitConverter.GetBytes((ulong)number * 7_919));
        var facts = new CaseFacts(IncidentKind.DelayedBag, new("XB"), [new("1", "", null, "22", "BK", "")], [new("XB")]);
        var update = Say.That("opening", reference.ToString(), "REPORTED").At(openedAt.ToDateTimeOffset());
        var content = ClaimCodec.Canonical(update);
        var sender = new Reporter(new("XB"), OrganizationKind.Airline, []);
        var row = new ClaimRow(id, "XB", update.UpdateId, openedAt, ClaimCodec.HashOf(content), ClaimCodec.Write(content, sender, ""));
        var claims = new[] { ClaimCodec.Read(row).Claim };
        var state = Fold.All(facts, claims).State;
        var (watch, _) = Clocks.All(SlaBook.Default, facts, openedAt, claims);

        return (new() { Id = id, Reference = reference.Value, OpenedAt = openedAt, Version = 1, ChangedAt = openedAt, Phase = state.Worst.Phase.ToString(), Facts = CaseCodec.Write(facts, []), State = CaseCodec.Write(state, watch) },
            new() { IncidentId = id, PartnerId = row.PartnerId, UpdateId = row.UpdateId, ReceivedAt = openedAt, Hash = row.Hash, Body = row.Body },
            new() { IncidentId = id, At = HubWords.NextLook(SlaBook.Default, state, watch, openedAt)!.Value });
    }
}
