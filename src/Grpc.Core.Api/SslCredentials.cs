namespace Grpc.Core;

/// <summary>TLS, with roots and a certificate of one's own where given.</summary>
public sealed class SslCredentials(string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback) : ChannelCredentials
{
    /// <summary>The system's own roots and no client certificate.</summary>
    public SslCredentials() : this(null, null, null) { }

    /// <summary>These roots and no client certificate.</summary>
    public SslCredentials(string rootCertificates) : this(rootCertificates, null, null) { }

    /// <summary>These roots and this client certificate.</summary>
    public SslCredentials(string rootCertificates, KeyCertificatePair keyCertificatePair) : this(rootCertificates, keyCertificatePair, null) { }

    /// <summary>The trusted roots as PEM text.</summary>
    public string? RootCertificates { get; } = rootCertificates;

    /// <summary>The client's own certificate.</summary>
    public KeyCertificatePair? KeyCertificatePair { get; } = keyCertificatePair;

    internal override bool IsComposable => true;

    /// <inheritdoc/>
    public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state)
        => configurator.SetSslCredentials(state, RootCertificates, KeyCertificatePair, verifyPeerCallback);
}

/// <summary>A certificate chain and its private key, both as PEM text.</summary>
public sealed class KeyCertificatePair
{
    /// <summary>Takes both texts.</summary>
    public KeyCertificatePair(string certificateChain, string privateKey)
    {
        ArgumentNullException.ThrowIfNull(certificateChain);
        ArgumentNullException.ThrowIfNull(privateKey);
        CertificateChain = certificateChain;
        PrivateKey = privateKey;
    }

    /// <summary>The chain.</summary>
    public string CertificateChain { get; }

    /// <summary>The key.</summary>
    public string PrivateKey { get; }
}

/// <summary>Decides whether a server's certificate is accepted.</summary>
public delegate bool VerifyPeerCallback(VerifyPeerContext context);

/// <summary>The server whose certificate is in question.</summary>
public class VerifyPeerContext
{
    internal VerifyPeerContext(string targetName, string peerPem)
    {
        TargetName = targetName;
        PeerPem = peerPem;
    }

    /// <summary>The name the client asked for.</summary>
    public string TargetName { get; }

    /// <summary>The certificate as PEM text.</summary>
    public string PeerPem { get; }
}
