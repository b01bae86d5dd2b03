using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace IncidentTracker.Rpc;

/// <summary>The gRPC services on offer and everything their descriptions mention, read off the routes and the generated code.</summary>
internal sealed class ServiceCatalogue
{
    private readonly Lazy<IReadOnlyDictionary<string, ServiceDescriptor>> _services;
    private readonly Lazy<IReadOnlyDictionary<string, FileDescriptor>> _files;
    private readonly Lazy<IReadOnlyDictionary<string, FileDescriptor>> _symbols;

    public ServiceCatalogue(EndpointDataSource routes)
    {
        // Lazy: the routes are complete only once the hub serves.
        _services = new(() => routes.Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType)
            .OfType<Type>().Distinct()
            .Select(GeneratedService.Descriptor)
            .ToDictionary(service => service.FullName));
        _files = new(() =>
        {
            var files = new Dictionary<string, FileDescriptor>();
            foreach (var service in Services.Values) Collect(service.File, files);
            return files;
        });
        _symbols = new(() => Files.Values.SelectMany(file => Names(file).Select(name => (name, file))).ToDictionary(found => found.name, found => found.file));
    }

    /// <summary>The services by full name.</summary>
    public IReadOnlyDictionary<string, ServiceDescriptor> Services => _services.Value;

    /// <summary>Their files, and the files these need, by path.</summary>
    public IReadOnlyDictionary<string, FileDescriptor> Files => _files.Value;

    /// <summary>The file in which a service, method, message or enum is described, by full name.</summary>
    public IReadOnlyDictionary<string, FileDescriptor> Symbols => _symbols.Value;

    /// <summary>A file with everything it needs, needed ones first.</summary>
    public static IEnumerable<FileDescriptor> WithDependencies(FileDescriptor file)
    {
        var files = new Dictionary<string, FileDescriptor>();
        Collect(file, files);
        return files.Values;
    }

    private static void Collect(FileDescriptor file, Dictionary<string, FileDescriptor> files)
    {
        if (files.ContainsKey(file.Name)) return;
        foreach (var needed in file.Dependencies) Collect(needed, files);
        files[file.Name] = file;
    }

    private static IEnumerable<string> Names(FileDescriptor file) =>
    [
        .. file.Services.Select(service => service.FullName),
        .. file.Services.SelectMany(service => service.Methods).Select(method => method.FullName),
        .. file.EnumTypes.Select(type => type.FullName),
        .. file.MessageTypes.SelectMany(Names),
    ];

    private static IEnumerable<string> Names(MessageDescriptor message) =>
        [message.FullName, .. message.EnumTypes.Select(type => type.FullName), .. message.NestedTypes.SelectMany(Names)];
}
