using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;

namespace IncidentTracker.RpcTests;

/// <summary>
/// The official server and client were compiled against assemblies that we supply ourselves. Every type, method and field they refer to there
/// must exist with exactly that signature, or a call would fail in the field with a MissingMethodException.
/// </summary>
public sealed class MemberReferenceTests
{
    public static TheoryData<string> OfficialAssemblies => new() { typeof(GrpcServiceOptions).Assembly.Location, typeof(GrpcChannel).Assembly.Location };

    [Theory]
    [MemberData(nameof(OfficialAssemblies))]
    public void Everything_the_official_assemblies_refer_to_exists(string path)
    {
        var missing = Missing(path, MemberSignatures.Of(typeof(RpcException).Assembly, typeof(ICompressionProvider).Assembly), out var looked);

        Assert.True(missing.Count == 0, string.Join(Environment.NewLine, missing.Prepend($"{Path.GetFileName(path)} refers to what we do not have:")));
        Assert.InRange(looked, 50, 1_000);
    }

    [Theory]
    [MemberData(nameof(OfficialAssemblies))]
    public void A_missing_member_is_noticed(string path)
    {
        var all = MemberSignatures.Of(typeof(RpcException).Assembly, typeof(ICompressionProvider).Assembly);
        foreach (var removed in new[] { "Grpc.Core.Method`2::get_FullName()", "Grpc.Core.Metadata+Entry::get_IsBinary()", "Grpc.Core.WriteOptions" })
        {
            Assert.Contains(all, signature => signature.Contains(removed, StringComparison.Ordinal));

            var missing = Missing(path, [.. all.Where(signature => !signature.Contains(removed, StringComparison.Ordinal))], out _);

            Assert.NotEmpty(missing);
        }
    }

    [Theory]
    [MemberData(nameof(OfficialAssemblies))]
    public void The_official_assemblies_load_every_type_on_ours(string path)
    {
        var types = AssemblyLoadContext.Default.LoadFromAssemblyPath(path).GetTypes(); // throws when an override or an interface does not fit

        Assert.NotEmpty(types);
    }

    [Fact]
    public void Our_assemblies_carry_the_identity_the_official_ones_ask_for()
    {
        var asked = typeof(GrpcServiceOptions).Assembly.GetReferencedAssemblies().Where(name => name.Name is "Grpc.Core.Api" or "Grpc.Net.Common");
        var ours = new[] { typeof(RpcException).Assembly, typeof(ICompressionProvider).Assembly }.Select(assembly => assembly.GetName());

        Assert.Equal(asked.Select(name => name.FullName).Order(), ours.Select(name => name.FullName).Order());
        Assert.All(ours, name => Assert.Equal(typeof(GrpcServiceOptions).Assembly.GetName().GetPublicKey(), name.GetPublicKey()));
    }

    private static List<string> Missing(string path, HashSet<string> ours, out int looked)
    {
        using var file = new PEReader(File.OpenRead(path));
        var references = MemberSignatures.ReferencedBy(file.GetMetadataReader(), "Grpc.Core.Api", "Grpc.Net.Common");
        looked = references.Count;
        return [.. references.Where(reference => !ours.Contains(reference)).Order()];
    }
}
