using System.Data.Common;
using IncidentTracker.Data;
using IncidentTracker.Sla;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Looking for what is due costs what is due, not what waits: asked of the database itself about the statements that the hub sends.</summary>
public sealed class DuePlanTests
{
    private const int Waiting = 1_000_000;

    [Fact]
    public async Task With_a_million_cases_waiting_what_is_due_is_found_by_the_index()
    {
        await using var hub = await Hub.StartAsync();
        await hub.WithDbAsync(db => FillAsync(db, hub.Time.Now));
        var plans = new Plans();
        var engine = hub.Services.GetRequiredService<Engine>();

        await using (var db = Open(engine, plans))
            Assert.Equal(500, (await engine.TakeDueAsync(db, hub.Time.Now, hub.Time.Now + Duration.FromSeconds(10), 500, CancellationToken.None)).Count);
        await using (var db = Open(engine, plans))
            await new SweepWatch(hub.Services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), new One(db), hub.Time, hub.Services.GetRequiredService<Microsoft.Extensions.Logging.ILogger<SweepWatch>>()).LookAsync(CancellationToken.None);

        var ofCases = plans.All.Where(plan => plan.Sql.Contains("look_again", StringComparison.Ordinal)).ToArray();
        Assert.True(ofCases.Length >= 2);
        Assert.Contains(ofCases, plan => plan.Sql.Contains("leased_until", StringComparison.Ordinal));
        Assert.All(ofCases, plan => Assert.Matches("look_again_by_moment|look_again_by_incident|USING PRIMARY KEY", plan.Text));
        Assert.All(ofCases.Where(plan => plan.Sql.Contains("ORDER BY", StringComparison.Ordinal)), plan => Assert.Contains("look_again_by_moment", plan.Text, StringComparison.Ordinal));
        Assert.All(plans.All, plan => Assert.DoesNotMatch("Seq Scan on look_again|(?m)SCAN \\w+$", plan.Text));
    }

    /// <summary>One case in two hundred is due.</summary>
    private static async Task<int> FillAsync(HubDb db, Instant now)
    {
        db.Database.SetCommandTimeout(TimeSpan.FromMinutes(2));
        var (first, last) = (now - Duration.FromMinutes(5), now + Duration.FromHours(16) + Duration.FromMinutes(35));
        var step = (last - first).TotalSeconds / Waiting;
        var filled = TestDatabase.IsPostgres
            ? await db.Database.ExecuteSqlAsync($"INSERT INTO look_again (incident_id, at) SELECT lpad(to_hex(i), 32, '0')::uuid, {first.ToDateTimeUtc()} + i * {TimeSpan.FromSeconds(step)} FROM generate_series(1, {Waiting}) AS i")
            : await db.Database.ExecuteSqlAsync($"INSERT INTO look_again (incident_id, at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {Waiting}) SELECT CAST(printf('%016d', i) AS BLOB), {Moments.ToMicroseconds(first)} + i * {(long)(step * 1_000_000)} FROM n");
        await db.Database.ExecuteSqlAsync($"ANALYZE");
        return filled;
    }

    private static HubDb Open(Engine engine, Plans plans)
    {
        var options = new DbContextOptionsBuilder<HubDb>();
        engine.Configure(options);
        return new(options.AddInterceptors(plans).Options, engine);
    }

    private sealed class One(HubDb db) : IDbContextFactory<HubDb>
    {
        public HubDb CreateDbContext() => db;
    }

    /// <summary>Asks for the plan of every statement before it runs.</summary>
    private sealed class Plans : DbCommandInterceptor
    {
        public List<(string Sql, string Text)> All { get; } = [];

        public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            await ExplainAsync(command);
            return result;
        }

        public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            await ExplainAsync(command);
            return result;
        }

        private async Task ExplainAsync(DbCommand command)
        {
            var sql = command.CommandText;
            if (!sql.Contains("look_again", StringComparison.Ordinal)) return;
            command.CommandText = (TestDatabase.IsPostgres ? "EXPLAIN " : "EXPLAIN QUERY PLAN ") + sql;
            var plan = new List<string>();
            await using (var reader = await command.ExecuteReaderAsync())
                while (await reader.ReadAsync()) plan.Add(reader.GetValue(reader.FieldCount - 1).ToString()!);
            All.Add((sql, string.Join('\n', plan)));
            command.CommandText = sql;
        }
    }
}
