using System.Security.Cryptography;
using System.Text;
using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>Signs what is sent, by the Standard Webhooks specification 1.0.</summary>
internal static class WebhookSecret
{
    private const int Length = 32;

    public static byte[] New() => RandomNumberGenerator.GetBytes(Length);

    /// <summary>How a secret is shown, once.</summary>
    public static string Text(byte[] secret) => "whsec_" + Convert.ToBase64String(secret);

    /// <summary>The value of webhook-signature: one signature for each secret that counts.</summary>
    public static string Sign(IEnumerable<byte[]> secrets, string id, Instant at, string body)
    {
        var signed = Encoding.UTF8.GetBytes($"{id}.{at.ToUnixTimeSeconds()}.{body}");
        return string.Join(' ', secrets.Select(secret => "v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, signed))));
    }
}
