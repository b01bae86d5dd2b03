using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>Lets streams be read with await foreach.</summary>
public static class AsyncStreamReaderExtensions
{
    /// <summary>Every message until the end of the stream.</summary>
    public static IAsyncEnumerable<T> ReadAllAsync<T>(this IAsyncStreamReader<T> streamReader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return Read(streamReader, cancellationToken);

        static async IAsyncEnumerable<T> Read(IAsyncStreamReader<T> reader, [EnumeratorCancellation] CancellationToken stop)
        {
            while (await reader.MoveNext(stop)) yield return reader.Current;
        }
    }
}
