using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace IncidentTracker.Simulator;

/// <summary>Finds the page the traveller would look at, as soon as there is a case for the bag.</summary>
internal sealed class CustomerLink(HttpClient web, string key, TimeProvider time, TextWriter output)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task<int> PrintAsync(string bagTag, TimeSpan wait, CancellationToken stop)
    {
        var startedAt = time.GetTimestamp();
        while (true)
        {
            var (line, refusal) = await AskAsync(bagTag, stop);
            if (line is not null)
            {
                await output.WriteLineAsync(line);
                return 0;
            }
            if (refusal is not null || time.GetElapsedTime(startedAt) > wait)
            {
                await output.WriteLineAsync(refusal ?? $"There is still no case for the bag tag {bagTag}.");
                return 1;
            }
            await Task.Delay(Pause, time, stop);
        }
    }

    /// <summary>Neither a line nor a refusal: ask again.</summary>
    private async Task<(string? Line, string? Refusal)> AskAsync(string bagTag, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/incidents?bagTag={Uri.EscapeDataString(bagTag)}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        try
        {
            using var response = await web.SendAsync(request, stop);
            if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest)
                return (null, $"The hub does not say which case has the bag tag {bagTag}: {(int)response.StatusCode} {response.ReasonPhrase}.");
            if (!response.IsSuccessStatusCode) return (null, null);

            var found = JsonSerializer.Deserialize<Found>(await response.Content.ReadAsStringAsync(stop), JsonSerializerOptions.Web);
            return found?.Items.FirstOrDefault() is { CustomerLink: { } link } first ? ($"{first.Reference} {link}", null) : (null, null);
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException || (failure is TaskCanceledException && !stop.IsCancellationRequested))
        {
            return (null, null);
        }
    }

    private sealed record Found(Item[] Items);

    private sealed record Item(string Reference, string? CustomerLink);
}
