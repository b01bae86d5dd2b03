using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Incidents;

/// <summary>What each audience reads of a case. What is not listed here is not shown.</summary>
internal sealed class CaseViews(Register register, TimeProvider time)
{
    /// <summary>The case as a party to it reads it.</summary>
    public Wire.Incident ForPartner(ReadCase read)
    {
        var state = read.Story.State;
        var incident = new Wire.Incident
        {
            IncidentReference = read.Reference.ToString(),
            Kind = (Wire.IncidentKind)(int)read.Facts.Kind,
            TimelineVersion = read.Version,
            StatusCode = state.Worst.StatusCode,
            Phase = PhaseName(state.Worst.Phase),
            OwnerId = state.Owner?.Value ?? "",
            CreateTime = read.OpenedAt.ToTimestamp(),
            CustomerSentence = SentenceOfNow(read.Facts, state),
        };
        incident.Items.Add(read.Facts.Items.Zip(state.Items, AsItem));
        incident.Legs.Add(read.Legs);
        incident.ExternalReferences.Add(read.References.Select(known =>
            new Wire.ExternalReference { Scheme = (Wire.ReferenceScheme)(int)known.Scheme, Value = known.Value, Date = ReferenceDays.Text(known.Date) }));
        incident.PartyIds.Add(state.Parties.Select(party => party.Value));
        return incident;
    }

    /// <summary>The lines of the timeline that a party may read.</summary>
    public static IEnumerable<Wire.TimelineEntry> Entries(ReadCase read, PartnerIdentity partner) => read.Story.Entries.Where(entry => MayRead(entry, partner)).Select(entry =>
    {
        var line = new Wire.TimelineEntry { Update = read.Updates[entry.Claim], PartnerId = entry.Claim.By.Value, RecordTime = entry.Claim.ReceivedAt.ToTimestamp() };
        line.Marks.Add(UpdateResults.Names(entry.Marks));
        if (entry.WithdrawnAt is { } at) line.WithdrawnTime = at.ToTimestamp();
        return line;
    });

    /// <summary>The one sentence that every face of the hub says about a case.</summary>
    public string SentenceOfNow(CaseFacts facts, CaseState state) => Sentences.Now(facts, state, register.NameOf, time.Now());

    public static string PhaseName(Phase phase) => phase == Phase.OnTheWay ? "ON_THE_WAY" : phase.ToString().ToUpperInvariant();

    /// <summary>
    /// Whether the traveller reads an entry: what was said in public and counts, or once counted. Notes for staff, words of
    /// parties that may not say them, and repetitions are not news.
    /// </summary>
    public static bool IsForTraveller(TimelineEntry entry)
    {
        const Marks notNews = Marks.Quarantined | Marks.NotAuthorised | Marks.ProbableDuplicate | Marks.PossibleWrongBag | Marks.AfterEnd | Marks.CorrectionRefused;
        var claim = entry.Claim;
        if (claim.Visibility != Visibility.Public || entry.Is(notNews)) return false;
        var isExpected = claim.Eta is not null && !entry.Is(Marks.EtaNotAuthorised);
        if (claim.Classifier != Classifier.Actual && claim.Eta is not null && !isExpected) return false;
        if (CodeLists.Find(claim.StatusCode) is { } status) return status.Customer.Length > 0;
        return claim.StatusCode.Length > 0 || claim.Custody is not null || isExpected || claim.Correction is not null;
    }

    public static bool MayRead(TimelineEntry entry, PartnerIdentity partner)
    {
        var claim = entry.Claim;
        if (claim.By == partner.Id) return true;
        // A stranger's words wait until somebody on the case brings the stranger in.
        if (entry.Is(Marks.Quarantined)) return false;
        return claim.Visibility switch
        {
            Visibility.Public or Visibility.Partners => true,
            Visibility.Parties => claim.VisibleTo.Contains(partner.Id) || claim.VisibleTo.Any(principal => partner.Organization.ActsFor.Contains(principal)),
            _ => false,
        };
    }

    private static Wire.Item AsItem(CaseItem item, ItemState state)
    {
        var shown = new Wire.Item
        {
            ItemId = item.Id,
            BagTag = item.BagTag,
            StatusCode = state.StatusCode,
            Phase = PhaseName(state.Phase),
            Custodian = state.Holding?.By.Value ?? "",
            TypeCode = item.TypeCode,
            ColourCode = item.ColourCode,
            Description = item.Description,
            DamageStatusCode = state.DamageCode,
        };
        if (state.Eta is { } eta) shown.Eta = new() { From = eta.From.ToTimestamp(), To = eta.To?.ToTimestamp(), TimeZone = eta.Zone };
        return shown;
    }
}
