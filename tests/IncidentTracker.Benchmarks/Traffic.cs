using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using IncidentTracker.Domain;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Benchmarks;

/// <summary>
/// The cases of a run. Everything about them follows from their number, so that processes need not tell each other.
/// </summary>
/// <param name="Count">How many are stored.</param>
/// <param name="ClaimsEach">How many claims each of them has before the first measurement.</param>
/// <param name="Start">The moment of the last stored claim of each, in milliseconds since 1970.</param>
internal sealed record Cases(int Count, int ClaimsEach, long Start)
{
    /// <summary>How many of them are spoken of; spread evenly over all.</summary>
    public const int Live = 40_000;

    private const ulong References = 500_246_412_961;     // 29 to the power of 8: as many as there are

    public static Cases For(long stored, TimeProvider time)
    {
        var start = time.GetUtcNow().ToUnixTimeMilliseconds();
        return stored == 0 ? new(2 * Live, 1, start) : new((int)Math.Max(2 * Live, stored / 25), 25, start);
    }

    public int LiveCase(int number) => (int)((long)number * Count / Live);

    /// <summary>As many others between them, for rows that nobody said and that must not be in a story.</summary>
    public int OtherCase(int number) => LiveCase(number) + 1;

    public IncidentId Id(int number)
    {
        Span<byte> bytes = stackalloc byte[16];
        var random = Mixed((ulong)number);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, (ulong)(Start - Count + number) << 16 | 0x7000 | random & 0xFFF);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], 0x8000_0000_0000_0000 | Mixed(random) >> 2);
        return new(new Guid(bytes, bigEndian: true));
    }

    // Multiplying by a number without the factor 29 leaves no two cases with one reference.
    public static Reference ReferenceOf(int number) =>
        Reference.From(BitConverter.GetBytes((ulong)((UInt128)((ulong)number + 1) * 123_456_789_011 % References)));

    private static ulong Mixed(ulong value)
    {
        value = (value + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
        value = (value ^ value >> 27) * 0x94D049BB133111EB;
        return value ^ value >> 31;
    }
}

/// <summary>
/// What one sender says: updates of about 200 bytes about its share of the live cases, mostly in order, 12 % late, 2 % said
/// again, 0.1 % refused. A case hears here in seconds what a real one hears in days, so lateness is counted in claims: most
/// late updates belong before one to three of the last ones, one in eight before all of them.
/// </summary>
internal sealed class Traffic(Cases cases, int sender, int senders)
{
    private const double Late = 0.12, LongAgo = Late / 8, Again = 0.02, Refused = 0.001;
    private const int Remembered = 3;

    private static readonly string[] Codes = ["ON_HAND", "LOADED", "OFFLOADED", "FORWARD_PLANNED", "FORWARD_DEPARTED", "ARRIVED_STATION", "LAST_SEEN"];
    private static readonly string[] Stations = ["GDN", "FRA", "LIS", "FNC", "MUC", "WAW", "OPO", "CDG"];
    private static readonly string[] Zones = ["Europe/Warsaw", "Europe/Lisbon", "+02:00", "Z"];

    private readonly Random _random = new(Environment.ProcessId * 397 + sender);
    private readonly Wire.Update[] _said = new Wire.Update[4];
    private readonly DateTimeOffset[,] _lastSaid = new DateTimeOffset[Cases.Live / senders, Remembered];
    private long _count;

    public static readonly Reporter Airline = new(new("XA"), OrganizationKind.Airline, []);
    public static readonly Reporter Handler = new(new("GO"), OrganizationKind.Handler, [new("XA")]);

    /// <summary>Who speaks: every other sender is the airline, the rest its handler.</summary>
    public Reporter Reporter { get; } = sender % 2 == 0 ? Airline : Handler;

    public Wire.Update Next()
    {
        var dice = _random.NextDouble();
        if (dice < Again && _count > _said.Length) return _said[_random.Next(_said.Length)];

        var own = _random.Next(Cases.Live / senders);
        var update = About(cases.LiveCase(own * senders + sender % senders), _random.Next(1_000_000), Happened(own, dice - Again));
        update.PartnerSequence = ++_count;
        if (dice > 1 - Refused / 2) update.StatusCode = "SLA_BREACHED";
        else if (dice > 1 - Refused) update.Incident.IncidentReference = Cases.ReferenceOf(cases.Count + _random.Next(1_000_000)).ToString();
        return _said[_count % _said.Length] = update;
    }

    private DateTimeOffset Happened(int own, double dice)
    {
        var before = _lastSaid[own, _random.Next(Remembered)];
        if (dice < LongAgo || (dice < Late && before == default)) return DateTimeOffset.FromUnixTimeMilliseconds(cases.Start).AddSeconds(-_random.Next(1, 86_400));
        if (dice < Late) return before.AddTicks(-TimeSpan.TicksPerMillisecond / 10);

        for (var i = Remembered - 1; i > 0; i--) _lastSaid[own, i] = _lastSaid[own, i - 1];
        return _lastSaid[own, 0] = TimeProvider.System.GetUtcNow();
    }

    /// <summary>An update as a partner's system would send it.</summary>
    public static Wire.Update About(int number, int variant, DateTimeOffset happened)
    {
        var station = Stations[variant % Stations.Length];
        var update = new Wire.Update
        {
            UpdateId = Guid.CreateVersion7().ToString(),
            Incident = new() { IncidentReference = Cases.ReferenceOf(number).ToString() },
            EventTime = happened.ToTimestamp(),
            EventTimeZone = Zones[variant / 7 % Zones.Length],
            Classifier = Wire.Classifier.Actual,
            StatusCode = Codes[variant % Codes.Length],
            Place = new() { Station = station },
            Flight = new() { Carrier = "XA", Number = (100 + variant % 900).ToString(CultureInfo.InvariantCulture), Date = "2026-07-06", From = "GDN", To = station },
            StaffText = "Shelf 14, strap torn, customer asked for a call",
        };
        if (variant % 4 == 0) update.Custody = new() { Action = Wire.CustodyAction.Taken, To = "GO", Condition = Wire.BagCondition.Ok, Pieces = 1 };
        return update;
    }
}
