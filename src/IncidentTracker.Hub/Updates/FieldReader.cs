using System.Buffers;
using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using IncidentTracker.Domain;
using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.Updates;

/// <summary>Reads the single fields of a message, each by the rule the contract gives for its kind, and notes what breaks one.</summary>
/// <param name="path">What to put before the name of a field.</param>
internal abstract class FieldReader(string path)
{
    private const long Year1900 = -2_208_988_800;
    private const long Year2200 = 7_258_118_400;

    // Everything that moves a cursor or a terminal, but for tabs and the ends of lines.
    private static readonly SearchValues<char> Controls = SearchValues.Create([.. Enumerable.Range(0, 0xA0).Select(code => (char)code).Where(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r'))]);

    private static readonly SearchValues<char> InCodes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    protected List<Violation> Violations { get; } = [];

    protected string Station(string value, string field)
    {
        if (value.Length > 0 && (value.Length != 3 || value.AsSpan().ContainsAnyExceptInRange('A', 'Z'))) Add(Refusals.FieldInvalid, field, "A three-letter IATA code such as FRA.");
        return Words.Shared(value);
    }

    protected string Code(string value, string field, int longest)
    {
        if (value.Length > longest) Add(Refusals.FieldTooLong, field, $"At most {longest} characters.");
        else if (value.AsSpan().ContainsAnyExcept(InCodes)) Add(Refusals.FieldInvalid, field, "A-Z, 0-9 and underscore only.");
        return Words.Shared(value);
    }

    protected void Identifier(string value, string field, int longest, bool required = true)
    {
        if (value.Length == 0 && required) Add(Refusals.FieldRequired, field);
        else if (value.Length > longest) Add(Refusals.FieldTooLong, field, $"At most {longest} characters.");
        else if (value.AsSpan().ContainsAnyExceptInRange('!', '~')) Add(value.Contains('\uFFFD') ? Refusals.TextNotUtf8 : Refusals.FieldInvalid, field, "Visible ASCII characters only, no spaces.");
    }

    // The reader of the wire format puts U+FFFD where bytes are not UTF-8: whoever sends one has lost a character already.
    protected string Text(string value, string field, int longest)
    {
        if (value.Length > longest) Add(Refusals.FieldTooLong, field, $"At most {longest} characters.");
        if (value.Contains('\uFFFD')) Add(Refusals.TextNotUtf8, field);
        else if (value.AsSpan().ContainsAny(Controls)) Add(Refusals.FieldInvalid, field, "Control characters are not text.");
        return value;
    }

    protected OrganizationId? Party(string value, string field)
    {
        if (value.Length == 0) return null;
        if (!OrganizationId.IsWellFormed(value)) Add(Refusals.FieldInvalid, field, "An organization's identifier: 2 to 16 of A-Z and 0-9.");
        return new(Words.Shared(value));
    }

    protected Offset? Zone(string zone, Instant at, string field)
    {
        if (zone.Length == 0)
        {
            Add(Refusals.EventTimeOffsetRequired, field);
            return null;
        }
        if (EventTime.OffsetAt(zone, at) is { } offset) return offset;
        Add(Refusals.EventTimeOffsetRequired, field, $"\"{Shown(zone)}\" is neither an offset (\"+02:00\", \"Z\") nor an IANA zone (\"Europe/Warsaw\").");
        return null;
    }

    // No bag is expected outside; and no calendar, zone or database has to cope with the ends of time.
    protected Instant? Moment(Timestamp? sent, string field)
    {
        if (sent is null) return null;
        if (sent.Nanos is >= 0 and < 1_000_000_000 && sent.Seconds is >= Year1900 and < Year2200)
            return Instant.FromUnixTimeSeconds(sent.Seconds).PlusNanoseconds(sent.Nanos).ToWholeMicroseconds();
        Add(Refusals.FieldInvalid, field, "A moment between the years 1900 and 2200.");
        return null;
    }

    protected LocalDate? Day(string value, string field)
    {
        if (value.Length == 0) return null;
        if (LocalDatePattern.Iso.Parse(value) is { Success: true } parsed && parsed.Value.Year is >= 1990 and <= 2200) return parsed.Value;
        Add(Refusals.FieldInvalid, field, "A day as YYYY-MM-DD.");
        return null;
    }

    // The domain counts as the contract does.
    protected TDomain OneOf<TDomain>(int number, TDomain unspecified, string field) where TDomain : struct, System.Enum
    {
        if (number == 0) return unspecified;
        var value = Unsafe.BitCast<int, TDomain>(number);
        if (!System.Enum.IsDefined(value)) Add(Refusals.FieldInvalid, field, "The hub does not know this value.");
        return value;
    }

    protected void Required<TWire>(TWire value, string field) where TWire : struct, System.Enum
    {
        if (Unsafe.BitCast<TWire, int>(value) == 0) Add(Refusals.FieldRequired, field);
        else if (!System.Enum.IsDefined(value)) Add(Refusals.FieldInvalid, field, "The hub does not know this value.");
    }

    protected IReadOnlyList<T> Limited<T>(IReadOnlyList<T> values, string field, int most)
    {
        if (values.Count <= most) return values;
        Add(Refusals.FieldTooLong, field, $"At most {most}.");
        return [];
    }

    protected long Bad(long value, string field)
    {
        Add(Refusals.FieldInvalid, field);
        return value;
    }

    private static string Shown(string value) => value.Length > 40 ? value[..40] + "..." : value;

    protected void Add(Refusal why, string field, string? detail = null) => Violations.Add(why.At(path + field, detail));
}
