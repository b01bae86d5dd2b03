using System.ComponentModel;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace IncidentTracker.Web;

/// <summary>Carries the descriptions beside the properties into the API description.</summary>
internal sealed class Descriptions : ISchemaFilter
{
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        foreach (var property in context.Type.GetProperties())
        {
            if (property.GetCustomAttribute<DescriptionAttribute>() is not { } described) continue;
            var name = System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            if (schema.Properties?.TryGetValue(name, out var shown) == true && shown is OpenApiSchema own) own.Description = described.Description;
        }
    }
}

/// <summary>Says what the parameters mean, which of the two ways in an operation takes, and how an answer is recognised later.</summary>
internal sealed class Parameters : IOperationFilter
{
    private static readonly Dictionary<string, (string Description, string Example)> Known = new(StringComparer.Ordinal)
    {
        ["reference"] = ("Public reference of the case. Case, spaces and hyphens do not matter.", "K7Q-4M2-XDC"),
        ["familyName"] = ("Family name of the traveller. Accents, case, spaces and hyphens do not matter. Leave out with a key.", "Kowalska"),
        ["number"] = ("Number of the clock within its case.", ""),
        ["Idempotency-Key"] = ("The sender's own name for this request, 1 to 128 visible ASCII characters. Required.", "desk-7-000123"),
        ["bagTag"] = ("Ten-digit bag tag; short for scheme=BAG_TAG and value.", "0900123456"),
        ["scheme"] = ("BAG_TAG, WORLDTRACER, PNR, COURIER, PARTNER_CASE or CLAIM.", "WORLDTRACER"),
        ["value"] = ("The identifier.", "FNCXB10457"),
        ["date"] = ("Day it was given out, YYYY-MM-DD. For a bag tag, three days either way are found.", "2026-07-06"),
        ["phase"] = ("Only cases in these phases; repeat it for more than one.", "SEARCHING"),
        ["endpointId"] = ("The endpoint.", "whe_0197f2c9a1b2737d8f4e5a6b7c8d9e0f"),
        ["deliveryId"] = ("The delivery, which is the webhook-id of its attempts.", "dlv_5d41402abc4b2a76b9719d911017c592"),
        ["after"] = ("What is known already: nextAfter of the answer before, or of a case the version of its timeline. Leave out to begin.", ""),
        ["Last-Event-ID"] = ("As after; a browser that comes back sends it by itself.", ""),
        ["appealId"] = ("The appeal.", "apl_0197f2c9a1b2737d8f4e5a6b7c8d9e0f"),
        ["organizationId"] = ("Your identifier. With .csv behind it, the answer is CSV.", "GO"),
        ["from"] = ("First day or moment of the period, UTC. Leave out for thirty days before its end.", "2026-07-01"),
        ["to"] = ("End of the period, which is not part of it any more, UTC. Leave out for now.", "2026-08-01"),
        ["pageSize"] = ("Most cases on a page: 1 to 200, more is taken as 200.", "50"),
        ["pageToken"] = ("nextPageToken of the page before, with the same question.", ""),
    };

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            if (parameter.Name is null || !Known.TryGetValue(parameter.Name, out var known)) continue;
            parameter.Description = known.Description;
            if (known.Example.Length > 0 && parameter.Name != "pageSize") parameter.Example = JsonValue.Create(known.Example);
            if (parameter.Name == "Idempotency-Key") parameter.Required = true;
        }

        var key = new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("key", context.Document)] = [] };
        // What the traveller may read comes without a key: reference and family name are their way in.
        operation.Security = operation.Parameters?.Any(parameter => parameter.Name == "familyName") == true ? [key, []] : [key];
    }
}
