using System.ComponentModel.DataAnnotations;

namespace IncidentTracker.Data;

/// <summary>The databases the hub runs on.</summary>
public enum DatabaseEngine { Sqlite, Postgres }

/// <summary>Where the hub keeps everything. Section <c>Database</c>.</summary>
public sealed record DatabaseOptions
{
    public DatabaseEngine Engine { get; init; } = DatabaseEngine.Sqlite;

    /// <summary>SQLite: a file (<c>Data Source=data/hub.db</c>). PostgreSQL: host, database and credentials.</summary>
    [Required]
    public string Connection { get; init; } = "Data Source=data/hub.db";
}
