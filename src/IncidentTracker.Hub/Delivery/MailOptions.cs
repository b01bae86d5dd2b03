using System.ComponentModel.DataAnnotations;
using IncidentTracker.Access;
using IncidentTracker.Web;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Delivery;

/// <summary>The server that takes the hub's mail. Section <c>Mail</c>.</summary>
public sealed record MailOptions : IValidatableObject
{
    /// <summary>Empty: the hub sends no mail.</summary>
    public string Host { get; init; } = "";

    [Range(1, 65535)]
    public int Port { get; init; } = 587;

    /// <summary>Whether the line is encrypted with STARTTLS. Off only for a server on this machine.</summary>
    public bool Tls { get; init; } = true;

    public string User { get; init; } = "";
    public string Password { get; init; } = "";

    /// <summary>The sender of every mail.</summary>
    public string From { get; init; } = "";

    public bool IsOn => Host.Length > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (IsOn && !Outbox.IsAddress(From)) yield return new($"Mail:From: \"{From}\" is not a mail address such as hub@example.com.");
    }
}

/// <summary>Mails have links, and their readers are elsewhere: a hub that others can reach says where.</summary>
internal sealed class MailNeedsSite(IOptions<MailOptions> mail) : IValidateOptions<DoorOptions>
{
    public ValidateOptionsResult Validate(string? name, DoorOptions options) =>
        mail.Value.IsOn && options.PublicUrl is null && options.Web.IsAbsoluteUri && options.Grpc.IsAbsoluteUri
            && !(LoopbackOnly.IsLoopback(options.Web.Host) && LoopbackOnly.IsLoopback(options.Grpc.Host))
            ? ValidateOptionsResult.Fail("Doors:PublicUrl is missing: mails have links, and with Mail:Host the hub must know the address under which their readers reach it.")
            : ValidateOptionsResult.Success;
}
