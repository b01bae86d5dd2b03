using IncidentTracker.Access;
using IncidentTracker.Domain;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Updates;

/// <summary>One update of a partner on its way through: read, stored, answered. Whichever door it came through, the answer is the same.</summary>
internal sealed class Reporting(Ingest ingest, Register register, TimeProvider time)
{
    /// <summary>What became of it, a refusal included.</summary>
    public async Task<Outcome> TryAsync(PartnerIdentity partner, Wire.Update update, CancellationToken stop)
    {
        var (claim, violations) = UpdateReader.Read(update, partner.Reporter, time.Now(), register);
        return claim is null ? new Outcome.Refused(violations) : await ingest.SubmitAsync(new Submission(update, claim), stop);
    }

    /// <summary>The answer to a call with one update. A refusal ends the call.</summary>
    public async Task<Wire.UpdateResult> ReportAsync(PartnerIdentity partner, Wire.Update update, CancellationToken stop) => (await TryAsync(partner, update, stop)).ToAnswer(update.UpdateId);
}
