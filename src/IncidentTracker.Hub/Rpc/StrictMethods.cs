using System.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace IncidentTracker.Rpc;

/// <summary>Finds the methods of a generated service as the official server does, and gives each a reader that does not trust the bytes.</summary>
internal sealed class StrictMethods<TService>(Malformed malformed) : IServiceMethodProvider<TService> where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        var binding = GeneratedService.Binding(typeof(TService));
        var bind = binding.BindType
            .GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Single(method => method.Name == binding.BindMethodName && method.GetParameters() is [{ ParameterType: var first }, _] && first == typeof(ServiceBinderBase));
        bind.Invoke(null, [new Binder(context, malformed), null]);
    }

    private sealed class Binder(ServiceMethodProviderContext<TService> context, Malformed malformed) : ServiceBinderBase
    {
        private static readonly bool ChecksText = !typeof(TService).IsDefined(typeof(ChecksItsTextsAttribute));

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, Grpc.Core.UnaryServerMethod<TRequest, TResponse>? handler) =>
            context.AddUnaryMethod(Strict(method), Metadata(method, typeof(TRequest), typeof(ServerCallContext)),
                Handler<Grpc.AspNetCore.Server.Model.UnaryServerMethod<TService, TRequest, TResponse>>(method, typeof(TRequest), typeof(ServerCallContext)));

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, Grpc.Core.ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddClientStreamingMethod(Strict(method), Metadata(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext)),
                Handler<Grpc.AspNetCore.Server.Model.ClientStreamingServerMethod<TService, TRequest, TResponse>>(
                    method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext)));

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, Grpc.Core.ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddServerStreamingMethod(Strict(method), Metadata(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)),
                Handler<Grpc.AspNetCore.Server.Model.ServerStreamingServerMethod<TService, TRequest, TResponse>>(
                    method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)));

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, Grpc.Core.DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddDuplexStreamingMethod(Strict(method), Metadata(method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)),
                Handler<Grpc.AspNetCore.Server.Model.DuplexStreamingServerMethod<TService, TRequest, TResponse>>(
                    method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)));

        private Method<TRequest, TResponse> Strict<TRequest, TResponse>(Method<TRequest, TResponse> method) where TRequest : class where TResponse : class =>
            new(method.Type, method.ServiceName, method.Name, StrictMarshaller.For(method.RequestMarshaller, method.FullName, malformed, ChecksText), method.ResponseMarshaller);

        /// <summary>What authorization and the like read off the service and the method.</summary>
        private static List<object> Metadata(IMethod method, params Type[] parameters) =>
            [.. typeof(TService).GetCustomAttributes(inherit: true), .. Handler(method, parameters).GetCustomAttributes(inherit: true), new HttpMethodMetadata([HttpMethods.Post], acceptCorsPreflight: true)];

        private static TDelegate Handler<TDelegate>(IMethod method, params Type[] parameters) where TDelegate : Delegate =>
            Handler(method, parameters).CreateDelegate<TDelegate>();

        private static MethodInfo Handler(IMethod method, Type[] parameters) =>
            typeof(TService).GetMethod(method.Name, parameters)
            ?? throw new InvalidOperationException($"{typeof(TService)} has no public method for {method.FullName}.");
    }
}
