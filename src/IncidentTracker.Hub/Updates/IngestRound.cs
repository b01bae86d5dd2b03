using IncidentTracker.Data;
using IncidentTracker.Domain;
using NodaTime;
using Key = (IncidentTracker.Domain.IncidentId Incident, string PartnerId, string UpdateId);

namespace IncidentTracker.Updates;

/// <summary>One transaction of a writer: look, decide, write. If somebody got in between, the writer makes a new one.</summary>
internal sealed class IngestRound(IngestStore store, CaseCache cache, Addresses addresses, SlaBook book, IReadOnlyList<Errand> errands, Instant now, bool speaksFirst)
{
    private readonly Submission[] _batch = [.. errands.OfType<Submission>()];
    private readonly RoundLooks _looks = new(book, [.. errands.OfType<Look>()], now, speaksFirst);
    private readonly Dictionary<IncidentId, CaseFile> _cases = [];
    private readonly Dictionary<Submission, Outcome> _outcomes = [];
    private readonly Dictionary<Key, Submission> _firsts = [];
    private readonly List<(Submission Submission, CaseFile Case, Claim Claim)> _accepted = [];
    private readonly List<ExternalReferenceRow> _references = [];
    private readonly Dictionary<CaseFile, List<Claim>> _untold = [];
    private readonly List<ClaimRow> _unsaved = [];
    private ILookup<Key, ClaimRow> _inOtherFiles = Array.Empty<ClaimRow>().ToLookup(KeyOf);

    public async Task RunAsync()
    {
        var stop = CancellationToken.None;      // a transaction that began is finished; the database's own timeout bounds it
        await LoadAsync(stop);
        var candidates = Candidates();
        if (candidates.Count == 0 && _looks.IsEmpty)
        {
            Answer([], []);
            return;
        }

        await store.BeginAsync(stop);
        await OpenSightingFilesAsync(stop);
        var known = await KnownInOtherFilesAsync(candidates, stop);
        var rows = candidates.Select(one => Row(one.Submission, one.Case, one.Claim)).Where(row => !known.ContainsKey(KeyOf(row))).ToArray();
        var inserted = await store.InsertClaimsAsync(rows, stop);
        await DecideAsync(candidates, inserted, known, stop);

        if (!_looks.IsEmpty) await LookAsync(stop);

        if (_references.Count > 0) await store.InsertReferencesAsync(_references, stop);
        var touched = _accepted.Select(one => one.Case).Concat(_looks.Words.Select(word => word.Case)).Distinct().ToArray();
        var changes = touched.Select(file => new CaseChange(file.Id, file.Version, file.State.Worst.Phase.ToString(), file.Watch.Running.Length, file.StoredFacts, CaseCodec.Write(file.State, file.Watch))).ToArray();
        var positions = await store.SaveAndCommitAsync(new(changes, _looks.Schedule(touched), _looks.Alerts()), now, stop);

        Answer(touched, positions);
    }

    /// <summary>After a failure: what this round believed about its cases may be wrong.</summary>
    public void Forget()
    {
        foreach (var id in _cases.Keys.Concat(errands.Select(errand => errand.Case))) cache.Forget(id);
    }

    private async Task LoadAsync(CancellationToken stop)
    {
        var wanted = errands.Select(errand => errand.Case).Distinct().ToList();
        foreach (var id in wanted)
            if (cache.Find(id) is { } file) _cases[id] = file;

        // A case may have joined another one since it was looked up: follow it there.
        for (var missing = wanted.Where(id => !_cases.ContainsKey(id)).ToList(); missing.Count > 0;)
        {
            var rows = await store.LoadCasesAsync(missing, stop);
            var survivors = rows.Where(row => row.MergedInto is not null).ToDictionary(row => row.Id, row => row.MergedInto!.Value);
            foreach (var submission in _batch)
                if (survivors.TryGetValue(submission.Case, out var survivor)) (submission.Case, submission.Sighting) = (survivor, null);

            var own = rows.Where(row => row.MergedInto is null).ToArray();
            foreach (var file in await CaseLoading.OpenAsync(store, own, stop)) _cases[file.Id] = file;
            missing = [.. survivors.Values.Where(id => !_cases.ContainsKey(id)).Distinct()];
        }

        foreach (var sighting in _batch.Select(submission => submission.Sighting).OfType<SightingFile>())
            if (!_cases.ContainsKey(sighting.Id)) _cases[sighting.Id] = CaseLoading.NewSighting(sighting, now);
    }

    private List<(Submission Submission, CaseFile Case, Claim Claim)> Candidates()
    {
        var candidates = new List<(Submission, CaseFile, Claim)>(_batch.Length);
        foreach (var submission in _batch)
        {
            if (!_cases.TryGetValue(submission.Case, out var file))
            {
                _outcomes[submission] = new Outcome.Refused(Refusals.IncidentNotFound.At("incident"));
                continue;
            }

            var claim = submission.Claim with { ReceivedAt = _looks.ReceiptOf(file, submission.Claim.ReceivedAt) };
            if (claim.ItemId.Length == 0 && submission.Address.ExternalReference is { Scheme: Partner.V1.ReferenceScheme.BagTag } tag && file.ItemWith(tag.Value) is { Length: > 0 } item)
                claim = claim with { ItemId = item };

            if (Domain.Updates.Refuse(file.Facts, claim) is { } violation) _outcomes[submission] = new Outcome.Refused(violation);
            else if (_firsts.TryAdd((file.Id, claim.By.Value, claim.UpdateId), submission)) candidates.Add((submission, file, claim));
        }
        return candidates;
    }

    // A sighting gets its file in the same transaction. If a case for the tag was opened meanwhile, it goes there instead.
    private async Task OpenSightingFilesAsync(CancellationToken stop)
    {
        var fresh = _batch.Select(submission => submission.Sighting).OfType<SightingFile>().Where(sighting => _cases[sighting.Id].Version == 0).Distinct().ToArray();
        if (fresh.Length == 0 || await store.ClaimTagsAsync(fresh, stop)) return;

        await store.RollbackAsync();
        var affected = _batch.Where(submission => submission.Sighting is not null).ToArray();
        foreach (var submission in affected) submission.Sighting = null;
        await addresses.ResolveAsync(affected, stop);
        throw new StaleCaseException([.. fresh.Select(sighting => sighting.Id)]);
    }

    // Repetitions of a sighting that joined a case lie under the key of their own file. Two files may hold different
    // sightings under one name: each repetition means the one it equals.
    private async Task<Dictionary<Key, ClaimRow>> KnownInOtherFilesAsync(IReadOnlyList<(Submission Submission, CaseFile Case, Claim Claim)> candidates, CancellationToken stop)
    {
        var keys = candidates.Where(one => one.Case.Files.Count > 0)
            .SelectMany(one => one.Case.Files.Select(file => (file.Id, one.Claim.By.Value, one.Claim.UpdateId))).ToArray();
        if (keys.Length == 0) return [];

        var caseOf = candidates.SelectMany(one => one.Case.Files.Select(file => (File: file.Id, one.Case.Id))).Distinct().ToDictionary(pair => pair.File, pair => pair.Id);
        _inOtherFiles = (await store.FindClaimsAsync(keys, stop)).ToLookup(row => (caseOf[row.Incident], row.PartnerId, row.UpdateId));
        return _inOtherFiles.ToDictionary(rows => rows.Key, rows => rows.FirstOrDefault(row => row.Hash.AsSpan().SequenceEqual(_firsts[rows.Key].Hash)) ?? rows.First());
    }

    private async Task DecideAsync(
        List<(Submission Submission, CaseFile Case, Claim Claim)> candidates, IReadOnlySet<Key> inserted, Dictionary<Key, ClaimRow> known, CancellationToken stop)
    {
        if (inserted.Count + known.Count < candidates.Count)
        {
            var repeated = candidates.Select(one => (one.Case.Id, one.Claim.By.Value, one.Claim.UpdateId)).Where(key => !inserted.Contains(key) && !known.ContainsKey(key)).ToArray();
            foreach (var row in await store.FindClaimsAsync(repeated, stop)) known[KeyOf(row)] = row;
        }

        foreach (var (submission, file, claim) in candidates)
        {
            if (known.Count > 0 && known.TryGetValue((file.Id, claim.By.Value, claim.UpdateId), out var stored))
            {
                _outcomes[submission] = SameOrConflict(submission, stored.Hash, file, stored.ReceivedAt);
                continue;
            }
            _accepted.Add((submission, file, claim));
            if (!_untold.ContainsKey(file))
                foreach (var word in SayBefore(file, claim)) Take(file, word);
            if (Take(file, claim) is not { } marks) continue;
            _outcomes[submission] = Stored(file, claim, marks);
            NoteReferences(file, claim, marks, submission.References);
        }
        await SaveWordsAsync(stop);
        if (_untold.Count == 0) return;

        var accepted = _accepted.ToLookup(one => one.Claim, one => one.Submission, ReferenceEqualityComparer.Instance);
        foreach (var (file, claim, marks) in await TellAgainAsync(stop)) _outcomes[accepted[claim].Single()] = Stored(file, claim, marks);
    }

    /// <summary>Takes a claim into its case. Null: the story must be told again first.</summary>
    private Marks? Take(CaseFile file, Claim claim)
    {
        if (_untold.TryGetValue(file, out var waiting)) waiting.Add(claim);
        else if (Domain.Updates.Decide(file.Facts, file.Course, claim) is not Decision.Applied applied) _untold[file] = [claim];
        else
        {
            (file.Course, (file.Watch, _)) = (applied.Course, Clocks.Hear(book, file.Facts, file.OpenedAt, file.Watch, applied.Course.State, claim, applied.Marks));
            NoteDueAtOnce(file, claim);
            return applied.Marks;
        }
        return null;
    }

    private async Task<IReadOnlyList<(CaseFile Case, Claim Claim, Marks Marks)>> TellAgainAsync(CancellationToken stop)
    {
        var claims = await store.LoadClaimsAsync([.. _untold.Keys.SelectMany(file => file.AllFiles)], stop);
        var byFile = claims.ToLookup(row => row.Incident);
        var taken = new List<(CaseFile, Claim, Marks)>();
        foreach (var (file, waiting) in _untold)
        {
            var told = CaseLoading.Claims(file, byFile).ToArray();
            var heard = told.Select(one => one.Claim).Where(claim => claim.ReceivedAt <= file.Watch.HeardUpTo).ToList();
            foreach (var one in waiting)
                foreach (var claim in SayBefore(file, one).Append(one))
                {
                    heard.Add(claim);
                    (file.Course, file.Watch, var marks, _) = Clocks.Receive(book, file.Facts, file.OpenedAt, file.Course, file.Watch, claim, heard);
                    NoteDueAtOnce(file, claim);
                    if (claim.Judgement is null) taken.Add((file, claim, marks));
                }
            if (told.Any(one => one.Update.ExternalReferences.Count > 0)) NoteReferences(file, Fold.All(file.Facts, told.Select(one => one.Claim)), told);
        }
        _untold.Clear();
        await SaveWordsAsync(stop);
        return taken;
    }

    // What partners said in time, in the same round, counts before the hub says that they did not.
    private async Task LookAsync(CancellationToken stop)
    {
        var found = _looks.Find(_cases);
        _unsaved.AddRange(found.Select(one => RoundLooks.Row(one.Case, one.Claim)));
        await SaveWordsAsync(stop);
        foreach (var (file, word) in found) Take(file, word);
        if (_untold.Count > 0) await TellAgainAsync(stop);
    }

    private IReadOnlyList<Claim> SayBefore(CaseFile file, Claim claim)
    {
        var words = _looks.FindBefore(file, claim);
        _unsaved.AddRange(words.Select(word => RoundLooks.Row(file, word)));
        return words;
    }

    private async Task SaveWordsAsync(CancellationToken stop)
    {
        if (_unsaved.Count > 0 && (await store.InsertClaimsAsync(_unsaved, stop)).Count < _unsaved.Count) throw new StaleCaseException([.. _unsaved.Select(row => row.Incident)]);
        _unsaved.Clear();
    }

    // A claim that ends an overdue clock, or names a time that has passed, makes something due at once.
    private static void NoteDueAtOnce(CaseFile file, Claim claim)
    {
        var isDue = file.Watch.Cleared.Length > 0 || (claim.Eta is { } eta && (eta.To ?? eta.From) < claim.ReceivedAt);
        if (isDue && !(file.LookAt <= claim.ReceivedAt)) file.LookAt = claim.ReceivedAt;
    }

    // Whoever is let in is heard from the start, and so are the identifiers that it made known.
    private void NoteReferences(CaseFile file, Story story, IEnumerable<(Claim Claim, Partner.V1.Update Update)> told)
    {
        foreach (var (claim, update) in told.Where(one => one.Update.ExternalReferences.Count > 0))
            NoteReferences(file, claim, story.Entries.First(entry => ReferenceEquals(entry.Claim, claim)).Marks, update.ExternalReferences);
    }

    // What a stranger says about a case must not become a way to reach it, nor what only some can read; and a tag is an
    // item's, given at the opening, where it is checked against other cases.
    private void NoteReferences(CaseFile file, Claim claim, Marks marks, IReadOnlyList<Partner.V1.ExternalReference> made)
    {
        if (made.Count == 0 || file.Reference is null || claim.Visibility is not (Visibility.Public or Visibility.Partners) || (marks & (Marks.Quarantined | Marks.NotAuthorised)) != 0) return;
        _references.AddRange(made.Where(reference => reference.Scheme != Partner.V1.ReferenceScheme.BagTag).Select(reference => Addresses.Row(reference, file.Id)));
    }

    private void Answer(CaseFile[] touched, IReadOnlyList<long> positions)
    {
        var positionOf = touched.Zip(positions).ToDictionary(pair => pair.First.Id, pair => pair.Second);
        foreach (var file in touched)
        {
            file.Version++;
            cache.Keep(file);
        }
        _looks.Answer();
        foreach (var submission in _batch)
        {
            if (!_outcomes.TryGetValue(submission, out var outcome)) outcome = AsItsTwin(submission);
            var file = _cases.GetValueOrDefault(submission.Case);
            submission.Decided(outcome switch
            {
                Outcome.Stored stored => stored with { Standing = stored.Standing.At(file!.Version), Position = positionOf[file.Id] },
                Outcome.Repeated repeated => repeated with { Standing = repeated.Standing.At(file!.Version) },
                _ => outcome,
            });
        }
    }

    // The same id twice in one batch: the first one was decided above.
    private Outcome AsItsTwin(Submission submission)
    {
        var file = _cases[submission.Case];
        var key = (file.Id, submission.Claim.By.Value, submission.Claim.UpdateId);
        if (_inOtherFiles[key].FirstOrDefault(row => row.Hash.AsSpan().SequenceEqual(submission.Hash)) is { } same)
            return SameOrConflict(submission, same.Hash, file, same.ReceivedAt);
        var first = _firsts[key];
        return SameOrConflict(submission, first.Hash, file, _outcomes[first] switch
        {
            Outcome.Stored stored => stored.RecordedAt,
            Outcome.Repeated repeated => repeated.RecordedAt,
            _ => now,
        }, first);
    }

    private Outcome SameOrConflict(Submission submission, byte[] hash, CaseFile file, Instant recordedAt, Submission? first = null)
    {
        if (!submission.Hash.AsSpan().SequenceEqual(hash)) return new Outcome.Refused(Refusals.UpdateIdConflict.At("update_id"));
        if (first is not null && _outcomes[first] is Outcome.Refused refused) return refused;
        return new Outcome.Repeated(Standing.Of(file, submission.Claim, book, now), recordedAt);
    }

    private Outcome.Stored Stored(CaseFile file, Claim claim, Marks marks) =>
        new(Standing.Of(file, claim, book, now), claim.ReceivedAt, 0, marks);

    private static ClaimRow Row(Submission submission, CaseFile file, Claim claim) => new(
        file.Id, claim.By.Value, claim.UpdateId, claim.ReceivedAt, submission.Hash, ClaimCodec.Write(submission.Content, claim.Reporter, claim.ItemId));

    private static Key KeyOf(ClaimRow row) => (row.Incident, row.PartnerId, row.UpdateId);
}
