using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace IncidentTracker.Web;

/// <summary>
/// The style sheet, the icon and the script of the traveller's page, carried inside the program. Their addresses change with their content, so that browsers
/// may keep them for a year.
/// </summary>
internal static class StaticFiles
{
    private static readonly Asset Sheet = new("site", ".css", "text/css; charset=utf-8");
    private static readonly Asset Module = new("site", ".js", "text/javascript; charset=utf-8");
    private static readonly Asset Sign = new("icon", ".svg", "image/svg+xml");

    public static string StyleSheet => Sheet.Address;

    public static string Script => Module.Address;

    public static string Icon => Sign.Address;

    public static void MapStaticFiles(this IEndpointRouteBuilder app)
    {
        foreach (var asset in new[] { Sheet, Module, Sign })
            app.MapGet($"/assets/{asset.Name}.{{version}}{asset.Ending}", (string version, HttpResponse response) => Send(asset, version, response)).ExcludeFromDescription();
    }

    private static FileContentHttpResult Send(Asset asset, string version, HttpResponse response)
    {
        // A page of an older or newer hub asks for another version: better this one than none, but not for a year.
        response.Headers.CacheControl = version == asset.Version ? "public, max-age=31536000, immutable" : "no-cache";
        return TypedResults.Bytes(asset.Content, asset.Type, entityTag: new EntityTagHeaderValue($"\"{asset.Version}\""));
    }

    private sealed class Asset
    {
        public Asset(string name, string ending, string type)
        {
            (Name, Ending, Type) = (name, ending, type);
            using var stream = typeof(StaticFiles).Assembly.GetManifestResourceStream(name + ending) ?? throw new InvalidOperationException($"{name}{ending} is missing from the program.");
            using var content = new MemoryStream();
            stream.CopyTo(content);
            Content = content.ToArray();
            Version = Convert.ToHexStringLower(SHA256.HashData(Content))[..10];
        }

        public string Name { get; }

        public string Ending { get; }

        public string Type { get; }

        public byte[] Content { get; }

        public string Version { get; }

        public string Address => $"/assets/{Name}.{Version}{Ending}";
    }
}
