using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace IncidentTracker.RpcTests;

/// <summary>Writes types and members as text: what an assembly defines, and what another refers to, in the same words. Generic parameters are numbers.</summary>
internal sealed class MemberSignatures : ISignatureTypeProvider<string, object?>
{
    private static readonly MemberSignatures Words = new();

    /// <summary>Everything visible to others that the assemblies define, each starting with "[assembly]".</summary>
    public static HashSet<string> Of(params Assembly[] assemblies)
    {
        var found = new HashSet<string>();
        foreach (var assembly in assemblies)
        {
            using var file = new PEReader(File.OpenRead(assembly.Location));
            var reader = file.GetMetadataReader();
            foreach (var handle in reader.TypeDefinitions)
            {
                var type = reader.GetTypeDefinition(handle);
                var name = $"[{assembly.GetName().Name}]{Words.GetTypeFromDefinition(reader, handle, 0)}";
                found.Add(name);
                foreach (var method in type.GetMethods().Select(reader.GetMethodDefinition))
                {
                    if ((method.Attributes & MethodAttributes.MemberAccessMask) == MethodAttributes.Private) continue;
                    found.Add(Describe(name, reader.GetString(method.Name), method.DecodeSignature(Words, null)));
                }
                foreach (var field in type.GetFields().Select(reader.GetFieldDefinition))
                {
                    found.Add($"{name}::{reader.GetString(field.Name)} is {field.DecodeSignature(Words, null)}");
                }
            }
        }
        return found;
    }

    /// <summary>What an assembly refers to in those of the given names.</summary>
    public static HashSet<string> ReferencedBy(MetadataReader reader, params string[] assemblies)
    {
        var found = new HashSet<string>();
        foreach (var handle in reader.TypeReferences)
        {
            if (Owner(reader, handle) is { } owner && assemblies.Contains(owner)) found.Add($"[{owner}]{Words.GetTypeFromReference(reader, handle, 0)}");
        }
        foreach (var member in reader.MemberReferences.Select(reader.GetMemberReference))
        {
            if (DeclaringType(reader, member.Parent) is not { } type || Owner(reader, type) is not { } owner || !assemblies.Contains(owner)) continue;
            var name = $"[{owner}]{Words.GetTypeFromReference(reader, type, 0)}";
            found.Add(member.GetKind() == MemberReferenceKind.Field
                ? $"{name}::{reader.GetString(member.Name)} is {member.DecodeFieldSignature(Words, null)}"
                : Describe(name, reader.GetString(member.Name), member.DecodeMethodSignature(Words, null)));
        }
        return found;
    }

    private static string Describe(string type, string method, MethodSignature<string> signature) =>
        $"{type}::{method}{(signature.GenericParameterCount == 0 ? "" : $"`{signature.GenericParameterCount}")}({string.Join(", ", signature.ParameterTypes)}) " +
        $"{(signature.Header.IsInstance ? "" : "static ")}is {signature.ReturnType}";

    /// <summary>The type of a member, also when it stands in a generic instance.</summary>
    private static TypeReferenceHandle? DeclaringType(MetadataReader reader, EntityHandle parent)
    {
        if (parent.Kind == HandleKind.TypeReference) return (TypeReferenceHandle)parent;
        if (parent.Kind != HandleKind.TypeSpecification) return null;

        var signature = reader.GetBlobReader(reader.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
        if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance) return null;
        signature.ReadCompressedInteger();
        var generic = signature.ReadTypeHandle();
        return generic.Kind == HandleKind.TypeReference ? (TypeReferenceHandle)generic : null;
    }

    private static string? Owner(MetadataReader reader, TypeReferenceHandle handle)
    {
        var scope = reader.GetTypeReference(handle).ResolutionScope;
        return scope.Kind switch
        {
            HandleKind.AssemblyReference => reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)scope).Name),
            HandleKind.TypeReference => Owner(reader, (TypeReferenceHandle)scope),
            _ => null,
        };
    }

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        var type = reader.GetTypeDefinition(handle);
        var name = reader.GetString(type.Name);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? $"{GetTypeFromDefinition(reader, outer, rawTypeKind)}+{name}"
            : $"{reader.GetString(type.Namespace)}.{name}";
    }

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
    {
        var type = reader.GetTypeReference(handle);
        var name = reader.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{GetTypeFromReference(reader, (TypeReferenceHandle)type.ResolutionScope, rawTypeKind)}+{name}"
            : $"{reader.GetString(type.Namespace)}.{name}";
    }

    public string GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) => $"{genericType}<{string.Join(",", typeArguments)}>";
    public string GetGenericMethodParameter(object? genericContext, int index) => $"!!{index}";
    public string GetGenericTypeParameter(object? genericContext, int index) => $"!{index}";
    public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => isRequired ? $"{unmodifiedType} modreq({modifier})" : unmodifiedType;
    public string GetArrayType(string elementType, ArrayShape shape) => $"{elementType}[{shape.Rank}]";
    public string GetSZArrayType(string elementType) => $"{elementType}[]";
    public string GetByReferenceType(string elementType) => $"{elementType}&";
    public string GetPointerType(string elementType) => $"{elementType}*";
    public string GetPinnedType(string elementType) => elementType;
    public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();
    public string GetFunctionPointerType(MethodSignature<string> signature) => "function";
}
