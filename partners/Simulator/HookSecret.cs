using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace IncidentTracker.Simulator;

/// <summary>
/// The secret by which the demo's receiver knows the hub's webhooks (Standard Webhooks). It is told once, when the endpoint
/// is made, and kept in a file for a demo that goes on.
/// </summary>
internal sealed class HookSecret(string file)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly TaskCompletionSource<string> _secret = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes the endpoint, as soon as there is a hub to ask.</summary>
    public async Task AskForAsync(HttpClient web, string key, string url, TimeProvider time, CancellationToken stop)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/webhook-endpoints") { Content = JsonContent.Create(new { url }) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            try
            {
                using var answer = await web.SendAsync(request, stop);
                if (answer.IsSuccessStatusCode)
                {
                    using var made = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop));
                    Know(made.RootElement.GetProperty("secret").GetString()!);
                    await DemoFiles.WriteAsync(file, made.RootElement.GetProperty("secret").GetString()!);
                    return;
                }
                if ((int)answer.StatusCode is >= 400 and < 500)
                {
                    if (File.Exists(file)) Know((await File.ReadAllTextAsync(file, stop)).Trim());      // it was made in an earlier run
                    return;
                }
            }
            catch (HttpRequestException) { }        // it is not there yet
            await Task.Delay(Pause, time, stop);
        }
    }

    public void Know(string secret) => _secret.TrySetResult(secret);

    /// <summary>Whether this was signed with the secret, and just now. A challenge may come before the secret is known.</summary>
    public async Task<bool> HasSignedAsync(string id, string timestamp, string signatures, string body, DateTimeOffset now, CancellationToken stop)
    {
        string secret;
        try { secret = await _secret.Task.WaitAsync(Patience, stop); }
        catch (TimeoutException) { return false; }
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || (now - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() > Tolerance) return false;

        var expected = Encoding.UTF8.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}"))));
        return signatures.Split(' ').Any(signature => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(signature), expected));
    }
}
