namespace IncidentTracker.HubTests;

/// <summary>A file of what parties have agreed on, for as long as a test lasts.</summary>
internal sealed class Agreed : IDisposable
{
    public Agreed(string text) => Write(text);

    public string Name { get; } = Path.Combine(Path.GetTempPath(), $"agreed-{Guid.NewGuid():N}.json");

    public void Write(string text) => File.WriteAllText(Name, text);

    public void Dispose() => File.Delete(Name);
}
