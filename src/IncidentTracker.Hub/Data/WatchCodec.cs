using IncidentTracker.Domain;
using IncidentTracker.Storage.V1;
using NodaTime;

namespace IncidentTracker.Data;

/// <summary>How what the hub watches over lies in the state of a case, and back.</summary>
internal static class WatchCodec
{
    public static WatchRecord Write(CaseWatch watch)
    {
        var record = new WatchRecord { Started = watch.Started };
        if (watch.HeardUpTo is { } heard) record.HeardUpTo = Moments.ToMicroseconds(heard);
        foreach (var clock in watch.Running) record.Running.Add(Write(clock));
        foreach (var clock in watch.Cleared) record.Cleared.Add(Write(clock));
        foreach (var passed in watch.PassedEtas) record.PassedEtas.Add(new PassedEtaRecord { ItemId = passed.ItemId, At = Moments.ToMicroseconds(passed.At) });
        if (watch.MissingSince is { } since) record.MissingSince = Moments.ToMicroseconds(since);
        if (watch.BulletinAt is { } bulletin) record.BulletinAt = Moments.ToMicroseconds(bulletin);
        record.Prompted.Add(watch.Prompted);
        return record;
    }

    public static CaseWatch Read(WatchRecord? record) => record is null ? CaseWatch.Nothing : new()
    {
        Started = record.Started,
        HeardUpTo = record.HasHeardUpTo ? Moments.FromMicroseconds(record.HeardUpTo) : null,
        MissingSince = record.HasMissingSince ? Moments.FromMicroseconds(record.MissingSince) : null,
        BulletinAt = record.HasBulletinAt ? Moments.FromMicroseconds(record.BulletinAt) : null,
        Prompted = [.. record.Prompted],
        Running = [.. record.Running.Select(Read)],
        Cleared = [.. record.Cleared.Select(Read)],
        PassedEtas = [.. record.PassedEtas.Select(passed => new PassedEta(passed.ItemId, Moments.FromMicroseconds(passed.At)))],
    };

    private static ClockRecord Write(DutyClock clock)
    {
        var record = new ClockRecord
        {
            Number = clock.Number,
            ItemId = clock.ItemId,
            Track = (int)clock.Track,
            Status = clock.Status,
            Party = clock.Party.Value,
            Cycle = clock.Cycle,
            StartedAt = Moments.ToMicroseconds(clock.StartedAt),
            WarnAt = Moments.ToMicroseconds(clock.WarnAt),
            DueAt = Moments.ToMicroseconds(clock.DueAt),
            Length = clock.Length.BclCompatibleTicks / 10,
            WithoutNews = clock.WithoutNews,
            Policy = clock.Policy,
            Calendar = clock.Calendar,
            AskedBy = clock.AskedBy?.Value ?? "",
            Stage = (int)clock.Stage,
            Told = clock.Told,
            Paused = clock.Paused.BclCompatibleTicks / 10,
        };
        if (clock.PausedUntil is { } until) record.PausedUntil = Moments.ToMicroseconds(until);
        if (clock.GivenBackUntil is { } back) record.GivenBackUntil = Moments.ToMicroseconds(back);
        return record;
    }

    private static DutyClock Read(ClockRecord record) => new(
        record.Number, record.ItemId, (Track)record.Track, record.Status, new(record.Party), record.Cycle, Moments.FromMicroseconds(record.StartedAt),
        Moments.FromMicroseconds(record.WarnAt), Moments.FromMicroseconds(record.DueAt), Duration.FromTicks(record.Length * 10), record.WithoutNews, record.Policy, record.Calendar)
    {
        PausedUntil = record.HasPausedUntil ? Moments.FromMicroseconds(record.PausedUntil) : null,
        GivenBackUntil = record.HasGivenBackUntil ? Moments.FromMicroseconds(record.GivenBackUntil) : null,
        Told = record.Told,
        Paused = Duration.FromTicks(record.Paused * 10),
        AskedBy = record.AskedBy.Length > 0 ? new(record.AskedBy) : null,
        Stage = (ClockStage)record.Stage,
    };
}
