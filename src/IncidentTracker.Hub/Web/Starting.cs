using System.Data.Common;
using System.Net.Sockets;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Web;

/// <summary>A start that fails for a reason the operator can put right ends with one sentence and exit code 1. Anything else is a bug and keeps its stack.</summary>
internal static class Starting
{
    public static void ExplainFailures() => AppDomain.CurrentDomain.UnhandledException += (_, thrown) =>
    {
        if (thrown.ExceptionObject is not Exception failure || Why(failure) is not { } why) return;
        Console.Error.WriteLine($"The hub cannot start. {why}");
        Environment.Exit(1);
    };

    /// <summary>The reason in words for the operator; null for a bug.</summary>
    public static string? Why(Exception failure) => failure switch
    {
        OptionsValidationException wrong => string.Join(' ', wrong.Failures),
        NewerDatabaseException newer => newer.Message,
        SlaFileException agreed => $"Sla:File: {agreed.Message}",
        DbException database => $"The database cannot be used: {database.Message}",
        InvalidDataException file => $"{file.Message} {file.InnerException?.Message}".TrimEnd(),
        // Ports that are taken, files that are missing.
        IOException or UnauthorizedAccessException or SocketException => failure.Message,
        // Values that cannot be read: "Failed to convert configuration value 'x' at 'Ingest:Queue'".
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } => failure.Message,
        // Connections that cannot be read.
        ArgumentException { Source: "Microsoft.Data.Sqlite" or "Npgsql" or "System.Data.Common" } => $"Database:Connection: {failure.Message}",
        _ => null,
    };
}
