using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Hosting;

namespace IncidentTracker.RpcTests;

/// <summary>Proof of who is calling, added to calls by the official client.</summary>
public sealed class CredentialsTests
{
    private static readonly CallCredentials Token = CallCredentials.FromInterceptor((_, headers) =>
    {
        headers.Add("authorization", "Bearer one");
        return Task.CompletedTask;
    });

    private static readonly CallCredentials Station = CallCredentials.FromInterceptor(async (context, headers) =>
    {
        await Task.Yield();
        headers.Add("x-station", $"{context.MethodName} at {new Uri(context.ServiceUrl).AbsolutePath}");
    });

    [Fact]
    public async Task Credentials_of_one_call_are_added_to_that_call()
    {
        await using var host = await RpcHost.StartAsync(EchoHeaders());
        var client = new TestService.TestServiceClient(host.Channel(options => options.UnsafeUseInsecureChannelCallCredentials = true));

        var with = await client.UnaryCallAsync(new(), new CallOptions(credentials: CallCredentials.Compose(Token, Station)));
        var without = await client.UnaryCallAsync(new());

        Assert.Equal("Bearer one|UnaryCall at /grpc.testing.TestService", with.Username);
        Assert.Equal("|", without.Username);
    }

    [Fact]
    public async Task A_failing_proof_fails_the_call()
    {
        await using var host = await RpcHost.StartAsync();
        var client = new TestService.TestServiceClient(host.Channel(options => options.UnsafeUseInsecureChannelCallCredentials = true));
        var broken = CallCredentials.FromInterceptor((_, _) => throw new InvalidOperationException("no token today"));

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(new(), new CallOptions(credentials: broken)));

        Assert.Contains("no token today", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secure_channel_adds_its_proof_to_every_call()
    {
        using var certificate = SelfSigned();
        await using var host = await RpcHost.StartAsync(EchoHeaders(), listen: port => port.UseHttps(certificate));
        using var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.Equals(certificate) },
        };
        var client = new TestService.TestServiceClient(host.Channel(options =>
        {
            options.HttpHandler = handler;
            options.Credentials = ChannelCredentials.Create(ChannelCredentials.SecureSsl, CallCredentials.Compose(Token, Station));
        }));

        var answer = await client.UnaryCallAsync(new());

        Assert.Equal("Bearer one|UnaryCall at /grpc.testing.TestService", answer.Username);
    }

    [Fact]
    public void Proof_is_never_added_to_a_plain_text_channel_by_accident() =>
        Assert.Throws<ArgumentException>(() => ChannelCredentials.Create(ChannelCredentials.Insecure, Token));

    [Fact]
    public void Composing_takes_two() => Assert.Throws<ArgumentException>(() => CallCredentials.Compose(Token));

    private static Puppet EchoHeaders() => new()
    {
        Unary = (_, context) => Task.FromResult(new SimpleResponse
        {
            Username = $"{context.RequestHeaders.GetValue("authorization")}|{context.RequestHeaders.GetValue("x-station")}",
        }),
    };

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var today = TimeProvider.System.GetUtcNow();
        return new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(today.AddDays(-1), today.AddDays(1));
    }
}
