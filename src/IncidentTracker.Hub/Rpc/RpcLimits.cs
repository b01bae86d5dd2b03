using System.ComponentModel.DataAnnotations;

namespace IncidentTracker.Rpc;

/// <summary>How much one caller may ask of the gRPC doors.</summary>
internal sealed class RpcLimits
{
    /// <summary>The largest message taken from or put on the wire, compressed or not, in bytes.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxMessageBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>A unary call that asks for more time, or for none, gets this much.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan UnaryTimeLimit { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long open streams may say goodbye after the hub was asked to stop, before they are ended.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:08")]
    public TimeSpan DrainFor { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether anyone may ask which services there are and what their messages look like.</summary>
    public bool Reflection { get; set; } = true;
}
