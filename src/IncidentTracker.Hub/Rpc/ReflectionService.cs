using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Asked = Grpc.Reflection.V1.ServerReflectionRequest.MessageRequestOneofCase;

namespace IncidentTracker.Rpc;

/// <summary>Tells tools which services there are and what their messages look like.</summary>
internal sealed class ReflectionService(ServiceCatalogue catalogue) : ServerReflection.ServerReflectionBase
{
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream, IServerStreamWriter<ServerReflectionResponse> responseStream, ServerCallContext context)
    {
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await responseStream.WriteAsync(Answer(catalogue, request));
        }
    }

    internal static ServerReflectionResponse Answer(ServiceCatalogue catalogue, ServerReflectionRequest request)
    {
        var answer = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case Asked.ListServices:
                answer.ListServicesResponse = new() { Service = { catalogue.Services.Keys.Order(StringComparer.Ordinal).Select(name => new ServiceResponse { Name = name }) } };
                break;
            case Asked.FileByFilename when catalogue.Files.TryGetValue(request.FileByFilename, out var file):
                answer.FileDescriptorResponse = Describe(file);
                break;
            case Asked.FileContainingSymbol when catalogue.Symbols.TryGetValue(request.FileContainingSymbol, out var file):
                answer.FileDescriptorResponse = Describe(file);
                break;
            // proto3 has no extensions, so the list of a known type is empty.
            case Asked.AllExtensionNumbersOfType when catalogue.Symbols.ContainsKey(request.AllExtensionNumbersOfType):
                answer.AllExtensionNumbersResponse = new() { BaseTypeName = request.AllExtensionNumbersOfType };
                break;
            case Asked.None:
                answer.ErrorResponse = new() { ErrorCode = (int)StatusCode.InvalidArgument, ErrorMessage = "Nothing was asked." };
                break;
            default:
                answer.ErrorResponse = new() { ErrorCode = (int)StatusCode.NotFound, ErrorMessage = "Not found." };
                break;
        }
        return answer;
    }

    private static FileDescriptorResponse Describe(FileDescriptor file) =>
        new() { FileDescriptorProto = { ServiceCatalogue.WithDependencies(file).Reverse().Select(part => part.SerializedData) } };
}

/// <summary>The same for tools that know the older name only. Both versions look alike on the wire, so one answers for the other.</summary>
internal sealed class ReflectionServiceAlpha(ServiceCatalogue catalogue) : Grpc.Reflection.V1Alpha.ServerReflection.ServerReflectionBase
{
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<Grpc.Reflection.V1Alpha.ServerReflectionRequest> requestStream,
        IServerStreamWriter<Grpc.Reflection.V1Alpha.ServerReflectionResponse> responseStream, ServerCallContext context)
    {
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            var answer = ReflectionService.Answer(catalogue, ServerReflectionRequest.Parser.ParseFrom(request.ToByteString()));
            await responseStream.WriteAsync(Grpc.Reflection.V1Alpha.ServerReflectionResponse.Parser.ParseFrom(answer.ToByteString()));
        }
    }
}
