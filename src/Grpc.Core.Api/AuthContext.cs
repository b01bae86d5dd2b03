using System.Text;

namespace Grpc.Core;

/// <summary>What the transport found out about a peer, from its certificate for example.</summary>
public class AuthContext
{
    private readonly string? _peerIdentityPropertyName;
    private readonly Dictionary<string, List<AuthProperty>> _properties;

    /// <summary>Collects the properties; the named one is the identity, null when the peer is unknown.</summary>
    public AuthContext(string? peerIdentityPropertyName, Dictionary<string, List<AuthProperty>> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        _peerIdentityPropertyName = peerIdentityPropertyName;
        _properties = properties;
    }

    /// <summary>Whether the peer proved who it is.</summary>
    public bool IsPeerAuthenticated => _peerIdentityPropertyName is not null;

    /// <summary>Which property is the identity.</summary>
    public string? PeerIdentityPropertyName => _peerIdentityPropertyName;

    /// <summary>The values of the identity; none when the peer is unknown.</summary>
    public IEnumerable<AuthProperty> PeerIdentity => _peerIdentityPropertyName is null ? [] : FindPropertiesByName(_peerIdentityPropertyName);

    /// <summary>Every property.</summary>
    public IEnumerable<AuthProperty> Properties => _properties.Values.SelectMany(values => values);

    /// <summary>The properties with this name.</summary>
    public IEnumerable<AuthProperty> FindPropertiesByName(string propertyName) =>
        _properties.TryGetValue(propertyName, out var values) ? values : [];
}

/// <summary>One fact about a peer.</summary>
public class AuthProperty
{
    private readonly byte[] _value;

    private AuthProperty(string name, byte[] value)
    {
        Name = name;
        _value = value;
    }

    /// <summary>Makes a property; the bytes are copied.</summary>
    public static AuthProperty Create(string name, byte[] valueBytes)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(valueBytes);
        return new(name, (byte[])valueBytes.Clone());
    }

    /// <summary>What the fact is about.</summary>
    public string Name { get; }

    /// <summary>The fact as UTF-8 text.</summary>
    public string Value => Encoding.UTF8.GetString(_value);

    /// <summary>A copy of the bytes.</summary>
    public byte[] ValueBytes => (byte[])_value.Clone();
}
