using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
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

    private static void Add(HubDb db, int number, Instant openedAt)
    {
        var id = new IncidentId(Guid.CreateVersion7(openedAt.ToDateTimeOffset()));
        var reference = Reference.From(BitConverter.GetBytes((ulong)number * 7_919));
        var facts = new CaseFacts(IncidentKind.DelayedBag, new("XB"), [new("1", "", null, "22", "BK", "")], [new("XB")]);
        var update = Say.That("opening", reference.ToString(), "REPORTED").At(openedAt.ToDateTimeOffset());
        var content = ClaimCodec.Canonical(update);
        var sender = new Reporter(new("XB"), OrganizationKind.Airline, []);
        var row = new ClaimRow(id, "XB", update.UpdateId, openedAt, ClaimCodec.HashOf(content), ClaimCodec.Write(content, sender, ""));
        var claims = new[] { ClaimCodec.Read(row).Claim };
        var state = Fold.All(facts, claims).State;
        var (watch, _) = Clocks.All(SlaBook.Default, facts, openedAt, claims);

        db.Add(new IncidentRow { Id = id, Reference = reference.Value, OpenedAt = openedAt, Version = 1, ChangedAt = openedAt, Phase = state.Worst.Phase.ToString(), Facts = CaseCodec.Write(facts, []), State = CaseCodec.Write(state, watch) });
        db.Add(new ClaimEntity { IncidentId = id, PartnerId = row.PartnerId, UpdateId = row.UpdateId, ReceivedAt = openedAt, Hash = row.Hash, Body = row.Body });
        db.Add(new ChangeRow { IncidentId = id, Version = 1 });
        db.Add(new LookAgainRow { IncidentId = id, At = HubWords.NextLook(SlaBook.Default, state, watch, openedAt)!.Value });
    }
}
