using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace IncidentTracker.HubTests;

/// <summary>One line the hub logged.</summary>
internal sealed record LogLine(LogLevel Level, string Category, string Text, Exception? Failure);

/// <summary>Keeps what the hub logs.</summary>
internal sealed class LogCatcher : ILoggerProvider
{
    public ConcurrentQueue<LogLine> Lines { get; } = [];

    public ILogger CreateLogger(string categoryName) => new Catcher(categoryName, Lines);

    public void Dispose() { }

    private sealed class Catcher(string category, ConcurrentQueue<LogLine> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(new(logLevel, category, formatter(state, exception), exception));
    }
}
