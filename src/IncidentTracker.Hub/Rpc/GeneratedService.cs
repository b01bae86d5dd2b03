using System.Reflection;
using Grpc.Core;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace IncidentTracker.Rpc;

/// <summary>What the generated code says about the base class of a service.</summary>
internal static class GeneratedService
{
    /// <summary>Where the service is bound.</summary>
    public static BindServiceMethodAttribute Binding(Type service)
    {
        for (var type = service; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } binding) return binding;
        }
        throw new InvalidOperationException($"{service} does not extend a generated service.");
    }

    /// <summary>The service as its .proto file describes it.</summary>
    public static ServiceDescriptor Descriptor(Type service) =>
        (ServiceDescriptor)Binding(service).BindType.GetProperty("Descriptor", BindingFlags.Static | BindingFlags.Public)!.GetValue(null)!;
}
